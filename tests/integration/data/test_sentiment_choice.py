"""Whose sentiment counts: chosen by a person, for articles on record and for those that come in later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from adapters.postgres.late_data import OTHER_SENTIMENT
from adapters.postgres.pool import Pool, transaction
from adapters.postgres.queries import Queries
from adapters.postgres.sentiment import LEXICON, ChosenScorer, SentimentStore
from data.news.importing import NewsImport
from data.news.known import NewsMemory, news_record
from data.news.sentiment import adopt
from tests.fakes.importing import asked
from trading.arrays import Floats
from trading.errors import ConfigurationError
from trading.news.article import Fetched, RawArticle
from trading.news.normalise import Rules
from trading.news.sentiment import LexiconScorer

AT = datetime(2026, 1, 5, 15, tzinfo=UTC)
GOOD = "ACME beats expectations and raises its guidance"


class Gloomy:
    """Says -0.75 of everything."""

    name = "transformer:gloomy"

    def score(self, texts: Sequence[str]) -> Floats:
        """One answer for all."""
        return np.full(len(texts), -0.75)


def _bring(importer: NewsImport, minute: int, headline: str) -> None:
    at = AT + timedelta(minutes=minute)
    raw = RawArticle(published_at=at.isoformat(), headline=headline, symbols=("ACME",))
    importer.bring(Fetched((raw,)), Rules(source="wire", channel="news", now=at))


def _counting(pool: Pool) -> list[float]:
    rows = news_record(pool, AT + timedelta(days=1)).rows
    return [round(value, 2) for value in rows.column("score").to_pylist()]


def test_the_scorer_that_was_chosen_counts_for_old_and_new_articles(pool: Pool) -> None:
    """First the lexicon; then what was on record and what comes in has the model's; then the lexicon's again."""
    importer = NewsImport(pool, load=lambda chosen: Gloomy() if chosen.folder else LexiconScorer())
    memory = NewsMemory(pool)
    _bring(importer, 0, GOOD)
    assert SentimentStore(pool).chosen() == LEXICON
    (lexicons,) = _counting(pool)
    assert lexicons > 0
    memory.record(AT + timedelta(days=1))
    assert adopt(pool, Gloomy(), "/models/gloomy", at=AT) == 1
    assert SentimentStore(pool).chosen() == ChosenScorer("transformer:gloomy", "/models/gloomy")
    _bring(importer, 1, "ACME opens a plant in Ohio")
    assert _counting(pool) == [-0.75, -0.75]
    assert memory.record(AT + timedelta(days=1)).rows.column("score").to_pylist() == [-0.75, -0.75]
    assert [one.sentiment for one in Queries(pool).news("ACME", 5)] == [-0.75, -0.75]
    assert adopt(pool, LexiconScorer(), "", at=AT) == 1  # of the article that came in meanwhile
    assert _counting(pool)[0] == lexicons
    with transaction(pool) as cursor:
        cursor.execute(OTHER_SENTIMENT.encode(), {"done": AT - timedelta(hours=1)})
        assert cursor.fetchone() == (2,)


def test_a_scorer_chosen_while_articles_are_read_lacks_none_of_them(pool: Pool) -> None:
    """The choice falls between reading and recording: the article has the new scorer's sentiment all the same."""

    class Interrupted(LexiconScorer):
        """The other one is chosen while it reads."""

        def score(self, texts: Sequence[str]) -> Floats:
            """As ever."""
            adopt(pool, Gloomy(), "/models/gloomy", at=AT)
            return super().score(texts)

    _bring(NewsImport(pool, load=lambda chosen: Gloomy() if chosen.folder else Interrupted()), 0, GOOD)
    assert _counting(pool) == [-0.75]


def test_a_scorer_that_is_gone_stops_imports_and_not_silently(pool: Pool, tmp_path: Path) -> None:
    """No article is scored by the lexicon instead; the error names the folder, and nothing was written."""
    adopt(pool, Gloomy(), str(tmp_path / "gone"), at=AT)
    with pytest.raises(ConfigurationError, match="gone is no folder of a model"):
        _bring(NewsImport(pool), 0, GOOD)
    assert Queries(pool).news(None, 5) == []


def test_the_command_says_whose_sentiment_counts_and_refuses_what_is_no_model(
    pool: Pool, empty_url: str, tmp_path: Path
) -> None:
    """The lexicon's by default; a folder without a model changes nothing."""
    said = asked(tmp_path / "home", "news", "sentiment", "--json", url=empty_url)
    assert json.loads(said.stdout) == {"scorer": LEXICON.name, "folder": "", "scores_new": 0}
    refused = asked(tmp_path / "home", "news", "sentiment", "--model", str(tmp_path), "--json", url=empty_url)
    assert (refused.returncode, json.loads(refused.stdout)["kind"]) == (1, "ConfigurationError")
    assert SentimentStore(pool).chosen() == LEXICON


def test_a_later_lexicon_counts_from_the_next_import_on_and_parity_can_name_it(pool: Pool) -> None:
    """Scores of the earlier version count until then and stay on record; the change is a choice with its time."""
    _bring(NewsImport(pool), 0, GOOD)
    with transaction(pool) as cursor:
        cursor.execute("UPDATE news_sentiment SET scorer = 'lexicon-1', score = 0.125")
    assert SentimentStore(pool).chosen() == ChosenScorer("lexicon-1")
    assert _counting(pool) == [0.12]
    assert [one.sentiment for one in Queries(pool).news("ACME", 5)] == [0.125]
    importer = NewsImport(pool)
    _bring(importer, 1, "ACME opens a plant in Ohio")
    assert importer.rescored == 1
    assert SentimentStore(pool).chosen() == LEXICON
    assert 0.125 not in _counting(pool)
    with transaction(pool) as cursor:
        cursor.execute("SELECT count(*) FROM news_sentiment WHERE scorer = 'lexicon-1'")
        assert cursor.fetchone() == (1,)
        cursor.execute(OTHER_SENTIMENT.encode(), {"done": AT})
        assert cursor.fetchone() == (1,)
    again = NewsImport(pool)
    _bring(again, 2, "ACME hires a cook")
    assert again.rescored == 0
