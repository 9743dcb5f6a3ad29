"""Cleaning, duplicates and tickers of news."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.news.article import Article, RawArticle
from trading.news.digest import digest
from trading.news.normalise import BODY_CHARS, HEADLINE_CHARS, Rules, normalise, plain
from trading.news.published import instant
from trading.news.sentiment import LexiconScorer
from trading.news.tickers import Linker

NOW = datetime(2026, 1, 5, tzinfo=UTC)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
RULES = Rules("wire", "news", NOW, delay=timedelta(minutes=5))
NAMES = {
    "AAPL": "Apple Inc.",
    "A": "Agilent Technologies Inc.",
    "ON": "ON Semiconductor Corp",
    "ALL": "Allstate Corporation (The)",
    "TGT": "Target Corp.",
    "JNJ": "Johnson & Johnson",
    "T": "AT&T Inc.",
    "IBM": "International Business Machines",
}


def _article(raw: RawArticle, rules: Rules = RULES) -> Article:
    (article,) = normalise([raw], rules).articles
    return article


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("<b>Apple</b> &amp; IBM<br/>rise", "Apple & IBM rise"),
        ("EPS < 0.10 and > 0.05", "EPS < 0.10 and > 0.05"),
        ("&lt;p&gt;Apple rises&lt;/p&gt;", "Apple rises"),
        ("<script>alert('up')</script>Apple", "Apple"),
        ("Apple\x00\n\t rises\u200b", "Apple rises\u200b"),
        ("cafe\u0301", "caf\u00e9"),
    ],
)
def test_text_is_one_plain_line(given_text: str, expected: str) -> None:
    """Markup, entities and control characters are gone; what only looks like markup stays."""
    assert plain(given_text, HEADLINE_CHARS) == (expected, set())


def test_an_unknown_encoding_is_read_and_flagged() -> None:
    """UTF-8 is read as such; bytes that can't be UTF-8 are read as Windows-1252, and the row says so."""
    assert plain("Nestl\u00e9 \u20ac5".encode(), 100) == ("Nestl\u00e9 \u20ac5", set())
    text, flags = plain("Nestl\u00e9 \u20ac5".encode("cp1252"), 100)
    assert (text, flags) == ("Nestl\u00e9 \u20ac5", {"not UTF-8, read as Windows-1252"})


@pytest.mark.parametrize("unit", ["word ", "<b", "<", "&amp;", "<b>x</b>", "\u00e9", "<!--"])
def test_ten_megabytes_are_cut_and_flagged_quickly(unit: str) -> None:
    """10 MB of anything takes below two seconds, becomes at most the bound, and is flagged; so do its bytes."""
    text = unit * (10_000_000 // len(unit))
    began = time.perf_counter()
    for given_text in (text, text.encode()):
        cleaned, flags = plain(given_text, BODY_CHARS)
        assert len(cleaned) <= BODY_CHARS
        assert flags == {"cut"}
    assert time.perf_counter() - began < 2


@given(st.one_of(st.text(), st.binary()))
def test_no_text_crashes_and_cleaning_leaves_one_line(given_text: str | bytes) -> None:
    """Whatever comes in, what comes out fits into a text column: one line, no control character, no surrogate."""
    cleaned, _ = plain(given_text, 200)
    assert len(cleaned) <= 200
    cleaned.encode()
    assert not any(character in cleaned for character in "\x00\n\r\t")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (RawArticle(NOW + timedelta(hours=1), "x1"), "published in the future"),
        (RawArticle(0, "x1"), "published before 1980"),
        (RawArticle(None, "x1"), "no publication time"),
        (RawArticle("2024-05-01 12:00", "x1"), "publication time without a time zone"),
        (RawArticle("soon", "x1"), "publication time not readable"),
        (RawArticle(float("nan"), "x1"), "publication time not readable"),
        (RawArticle(1e300, "x1"), "publication time not readable"),
        (RawArticle(NOON, "<p> - </p>"), "no text"),
        (RawArticle(NOON, None), "no text"),
    ],
)
def test_what_cannot_be_an_article_is_refused_with_a_counted_reason(raw: RawArticle, reason: str) -> None:
    """A row without a time or a text is counted under why, and not mended."""
    result = normalise([raw, raw], RULES)
    assert (result.articles, result.refused) == ((), Counter({reason: 2}))


@pytest.mark.parametrize(
    "text", ["2024-05-01T08:00:00-04:00", "2024-05-01T12:00:00Z", "Wed, 01 May 2024 12:00:00 GMT", "1714564800"]
)
def test_times_are_read_in_every_usual_form(text: str) -> None:
    """Noon UTC of 2024-05-01 is 1,714,564,800 s after 1970: 19,844 days and 12 hours."""
    assert 19_844 * 86_400 + 12 * 3_600 == 1_714_564_800
    assert instant(text, None) == NOON
    assert instant("2024-05-01 08:00", ZoneInfo("America/New_York")) == NOON


def test_the_delay_is_between_publication_and_knowledge() -> None:
    """A decision may use an article five minutes after its publication where the delay says so."""
    assert _article(RawArticle(NOON, "Apple rises")).knowable_at == NOON + timedelta(minutes=5)


def test_a_repeated_row_counts_once_and_keeps_all_companies() -> None:
    """The same text of the same second under two tickers is one article about both."""
    rows = [RawArticle(NOON, "Both rise", symbols=(name,)) for name in ("IBM", "aapl", "IBM", "n/a!")]
    result = normalise(rows, RULES)
    assert (len(result.articles), result.repeated) == (1, 3)
    assert result.articles[0].symbols == ("AAPL", "IBM")
    assert result.flagged == {"odd symbol left out": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$AAPL up", {"AAPL": "cashtag"}),
        ("rt AT_USER $ aapl $ brk.b up , $ 5b", {"AAPL": "cashtag", "BRK.B": "cashtag"}),
        ("costs US$ and $5 and co$t and $ billion", {}),
        ("Maker (NASDAQ: AAPL) and NYSE:T rise", {"AAPL": "exchange", "T": "exchange"}),
        ("A new day ON the floor for ALL", {}),
        ("$A and $ on and (NYSE: ALL)", {"A": "cashtag", "ON": "cashtag", "ALL": "exchange"}),
        ("IBM and AAPL gain", {"IBM": "ticker", "AAPL": "ticker"}),
        ("IBM AND AAPL GAIN", {}),
        ("ZZZQ gains", {}),
        ("Apple's profit beats", {"AAPL": "name"}),
        ("an apple a day hits target", {}),
        ("Target price raised", {}),
        ("johnson & johnson approves buyback; AT&T too", {"JNJ": "name", "T": "name"}),
    ],
)
def test_companies_are_found_by_mark_ticker_and_name(text: str, expected: dict[str, str]) -> None:
    """Marks always count, capitals and names only for known companies, ambiguous words never without a mark."""
    assert Linker(NAMES).find(text) == expected


def _digest(*rows: tuple[int, str, str]) -> list[int | None]:
    """For `(minutes since noon, company, text)`: which row each repeats."""
    raws = [RawArticle(NOON + timedelta(minutes=at), text, symbols=(name,)) for at, name, text in rows]
    articles = normalise(raws, RULES).articles
    read = digest(articles, Linker({}), LexiconScorer())
    where = {article.article_id: at for at, article in enumerate(articles)}
    return [None if name is None else where[name] for name in read.duplicate_of]


STORY = "Acme Robotics beats quarterly estimates and raises its outlook for the whole year as orders grow in Asia"


def test_a_story_told_again_is_a_copy_of_the_earlier_one() -> None:
    """A retweet and a lightly edited text repeat the first; another company, week or story doesn't."""
    assert _digest(
        (0, "ACME", STORY),
        (1, "ACME", "RT @desk: " + STORY + " https://t.co/x1"),
        (2, "OTHER", STORY),
        (3, "ACME", "Acme recalls ten thousand robots after two of them walked away from the factory in Ohio"),
        (5 * 24 * 60, "ACME", STORY + " again"),
    ) == [None, 0, None, None, None]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(1, 59))
def test_later_articles_never_make_an_earlier_one_a_copy(seed: int, cut: int) -> None:
    """Which story an article repeats is the same with and without what came after it."""
    rng = np.random.default_rng(seed)
    words = np.array(STORY.split())
    rows = []
    for at in range(60):
        kept = words.copy()
        kept[rng.integers(0, len(words), int(rng.integers(0, 4)))] = rng.choice(["up", "down", "flat"])
        rows.append((at, str(rng.choice(["ACME", "ZETA"])), " ".join(kept)))
    whole = _digest(*rows)
    assert _digest(*rows[:cut]) == whole[:cut], seed
    assert any(name is not None for name in whole), "without a copy this proves nothing"
