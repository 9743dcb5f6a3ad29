"""Cleaning: one plain line of text, one instant of publication, or a reason for refusal that is counted."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from trading.bars.symbols import symbols_of
from trading.news.article import Article, Channel, RawArticle
from trading.news.published import MONTH_FIRST_GUESSED, NO_TIME, Order, Published, published

HEADLINE_CHARS = 1_000
BODY_CHARS = 20_000
"""Some 3,000 words: longer than any wire story; filings beyond it are cut and flagged."""
URL_CHARS = 2_000
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
"""Before it no source has machine-readable news: such a time is a unit mistaken or a zero."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far the clock of a source may be ahead of ours before its time is refused."""
LATE = timedelta(days=3)
FOUND_LATE = "found late"
"""A followed source brought it three days after it could have been known: on record, and no news any more."""

# Tags begin with a letter: "EPS <0.10" and "a < b" are text.
_HIDDEN = re.compile(r"<(script|style|head)\b[^<>]{0,2000}>|<!--", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
_SPACE = re.compile(r"\s+")
_TICKER = re.compile(r"[A-Z][A-Z0-9]{0,5}(?:[.\-][A-Z]{1,2})?")


@dataclass(frozen=True)
class Rules:
    """How raw articles are read.

    Attributes:
        source: name of the source, part of each article's id.
        now: the time of the import; what is published later is refused.
        delay: from publication to the first decision that may use it: transport, parsing, a reader's own eyes.
        timezone: of publication times that carry none; None refuses them.
        fetched_at: when a source that is followed brought the articles: none is knowable before. None for an archive,
            whose articles count as known `delay` after publication.
        order: of day and month in dates such as 08/06/2024; None takes what the articles show.
    """

    source: str
    channel: Channel
    now: datetime
    delay: timedelta = timedelta(minutes=1)
    timezone: tzinfo | None = None
    fetched_at: datetime | None = None
    order: Order | None = None


@dataclass(frozen=True)
class Normalised:
    """Each raw article is in `articles`, in `repeated` or in `refused`, exactly once.

    Attributes:
        articles: by `knowable_at`, then id; each id once, with the symbols of all its rows.
        repeated: rows that were an article already here.
        refused: how many rows, by reason.
        flagged: how many rows were mended, by what was wrong.
    """

    articles: tuple[Article, ...]
    repeated: int
    refused: Counter[str]
    flagged: Counter[str]


def normalise(raws: Iterable[RawArticle], rules: Rules) -> Normalised:
    """The articles of a source, cleaned; nothing is filled in and nothing is dropped without being counted."""
    found: dict[str, Article] = {}
    repeated = 0
    refused: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
    rows = tuple(raws)
    times = published(
        [raw.published_at for raw in rows], rules.timezone, order=rules.order, judged=rules.fetched_at is None
    )
    for raw, at in zip(rows, times, strict=True):
        article = at if isinstance(at, str) else clean(raw, at, rules)
        if isinstance(article, str):
            refused[article] += 1
            continue
        flagged.update(article.flags)
        before = found.get(article.article_id)
        repeated += before is not None
        symbols = article.symbols if before is None else tuple(sorted({*before.symbols, *article.symbols}))
        found[article.article_id] = replace(article, symbols=symbols)
    ordered = sorted(found.values(), key=lambda article: (article.knowable_at, article.article_id))
    return Normalised(tuple(ordered), repeated, refused, flagged)


def clean(raw: RawArticle, when: Published, rules: Rules) -> Article | str:
    """The article, or why it is refused.

    One with a day and no time of day is knowable once the day is over, as earnings days are, unless it was fetched
    earlier: then it was known when it was fetched.
    """
    published_at = when.at
    if published_at > rules.now + CLOCK_SKEW:
        return "published in the future"
    if published_at < EARLIEST:
        return "published before 1980"
    headline, flags_headline = plain(raw.headline, HEADLINE_CHARS)
    body, flags_body = plain(raw.body, BODY_CHARS)
    url, flags_url = plain(raw.url, URL_CHARS)
    if not any(character.isalnum() for character in headline + body):
        return "no text"
    symbols, flags_symbols = _symbols(raw.symbols)
    knowable_at = published_at + max(rules.delay, timedelta(0))
    if when.day_end is not None and rules.fetched_at is None:
        knowable_at = max(knowable_at, when.day_end)
    late = rules.fetched_at is not None and rules.fetched_at - knowable_at > LATE
    identity = f"{rules.source}\x00{published_at.isoformat()}\x00{headline}\x00{body}"
    return Article(
        article_id=hashlib.sha256(identity.encode()).hexdigest(),
        source=rules.source,
        channel=rules.channel,
        published_at=published_at,
        knowable_at=max(knowable_at, rules.fetched_at or knowable_at),
        headline=headline,
        body=body,
        url=url,
        symbols=symbols,
        flags=tuple(sorted(flags_headline | flags_body | flags_url | flags_symbols | _about_time(when, late=late))),
    )


def _about_time(when: Published, *, late: bool) -> set[str]:
    said = {FOUND_LATE: late, NO_TIME: when.day_end is not None, MONTH_FIRST_GUESSED: when.guessed}
    return {flag for flag, holds in said.items() if holds}


def _symbols(given: tuple[str, ...]) -> tuple[tuple[str, ...], set[str]]:
    named = set(symbols_of(given))
    good = {name for name in named if _TICKER.fullmatch(name)}
    return tuple(sorted(good)), {"odd symbol left out"} if named - good else set()


def plain(text: str | bytes | None, limit_chars: int) -> tuple[str, set[str]]:
    """The text on one line without markup and control characters, and what had to be mended.

    Args:
        text: bytes are taken for UTF-8 and, where they can't be, for Windows-1252, which every byte string fits once
            its five unused codes are replaced.
        limit_chars: longer text is cut there, after a bound on the markup that is looked at.
    """
    flags: set[str] = set()
    if text is None:
        return "", flags
    bound = 4 * limit_chars  # markup is rarely more than three quarters; beyond, 10 MB would cost seconds
    if len(text) > 4 * bound:
        text = text[: 4 * bound]
        flags.add("cut")
    if isinstance(text, bytes):
        text = _decoded(text, flags)
    if "<" in text or "&" in text:
        text = _without_markup(text)
    text = unicodedata.normalize("NFC", text)
    text = "".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in text) if _odd(text) else text
    text = _SPACE.sub(" ", text).strip()
    if len(text) > limit_chars:
        text = text[:limit_chars].rstrip()
        flags.add("cut")
    return text, flags


def _odd(text: str) -> bool:
    return not text.isprintable()


def _decoded(data: bytes, flags: set[str]) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and "cut" in flags:
            return data[: error.start].decode("utf-8")
    flags.add("not UTF-8, read as Windows-1252")
    return data.decode("cp1252", errors="replace")


def _without_hidden(text: str) -> str:
    """Without scripts, styles and comments. Searched from each opening on, once: a pattern would be quadratic."""
    kept, at, lower = [], 0, text.lower()
    while match := _HIDDEN.search(text, at):
        closing = f"</{match[1].lower()}>" if match[1] else "-->"
        end = lower.find(closing, match.end())
        if end < 0 or len(lower) != len(text):
            break  # never closed: what looks like an opening is text, and tags in it go their own way
        kept += [text[at : match.start()], " "]
        at = end + len(closing)
    return "".join(kept) + text[at:]


def _without_markup(text: str) -> str:
    text = _TAG.sub(" ", _without_hidden(text))
    unescaped = html.unescape(text)
    # Feeds often escape their markup once more; "&lt;b&gt;" is a tag, "EPS &lt; 0.10" is not.
    return _TAG.sub(" ", _without_hidden(unescaped)) if unescaped != text else text
