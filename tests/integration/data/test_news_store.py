"""News through the command's own path into PostgreSQL and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from adapters.news.files import FileNews
from adapters.postgres.news import ON_RECORD, REPEATED, Incoming, NewsCounts, NewsStore
from adapters.postgres.pool import Pool, transaction
from data.news.importing import NewsImport
from data.news.known import NewsMemory, news_record
from tests.integration.shared_data import shared_frame
from trading.errors import BadDataError
from trading.news.digest import digest
from trading.news.normalise import Rules, normalise
from trading.news.sentiment import LexiconScorer
from trading.news.tickers import Linker

NOW = datetime(2026, 1, 5, tzinfo=UTC)
RULES = Rules("wire", "news", NOW, delay=timedelta(minutes=5))
STORY = "Acme Robotics beats quarterly estimates and raises its outlook for the whole year, shares jump in New York"


def _file(folder: Path, *rows: dict[str, object]) -> FileNews:
    path = folder / "news.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return FileNews(path, {})


def _row(text: str, at: str = "2024-05-01T12:00:00Z", symbol: str = "ACME") -> dict[str, object]:
    return {"published_at": at, "headline": text, "symbols": [symbol]}


def _adds_up(counts: NewsCounts) -> bool:
    return counts.rows_in == counts.stored + sum(counts.duplicate.values()) + sum(counts.refused.values())


def test_each_row_is_stored_duplicate_or_refused(pool: Pool, tmp_path: Path) -> None:
    """Five rows: two stories of which one is a copy, one repeated row, one from the future, one without text."""
    source = _file(
        tmp_path,
        _row(STORY),
        _row(STORY, symbol="NYSE"),
        _row(STORY + " today", "2024-05-01T13:00:00Z"),
        _row("later", "2030-01-01T00:00:00Z"),
        _row("<b></b>"),
    )
    counts = NewsImport(pool).bring(source.fetch(), RULES)[0]
    assert (counts.rows_in, counts.stored, counts.near_duplicate) == (5, 2, 1)
    assert counts.duplicate == {REPEATED: 1, ON_RECORD: 0}
    assert counts.refused == {"published in the future": 1, "no text": 1}
    assert _adds_up(counts)


def test_importing_again_changes_nothing(pool: Pool, tmp_path: Path) -> None:
    """The second time every article is on record already, and the tables are as they were."""
    source = _file(tmp_path, _row(STORY), _row("Acme recalls robots", "2024-05-02T12:00:00Z"))
    NewsImport(pool).bring(source.fetch(), RULES)[0]
    before = NewsStore(pool).load(NOW, scorer=LexiconScorer.name)
    again = NewsImport(pool).bring(source.fetch(), RULES)[0]
    assert (again.stored, again.links, again.duplicate[ON_RECORD]) == (0, 0, 2)
    assert _adds_up(again)
    assert NewsStore(pool).load(NOW, scorer=LexiconScorer.name).equals(before)


def test_news_are_loaded_only_once_they_were_knowable(pool: Pool, tmp_path: Path) -> None:
    """Published at 12:00 with a delay of five minutes: absent for a decision at 12:05, there a second later."""
    NewsImport(pool).bring(_file(tmp_path, _row(STORY)).fetch(), RULES)[0]
    store, five_past = NewsStore(pool), datetime(2024, 5, 1, 12, 5, tzinfo=UTC)
    assert store.load(five_past, scorer=LexiconScorer.name).num_rows == 0
    loaded = store.load(five_past + timedelta(seconds=1), scorer=LexiconScorer.name).to_pylist()
    assert [(row["symbol"], row["knowable_at"], row["catalyst_kind"]) for row in loaded] == [
        ("ACME", five_past, "guidance")
    ]
    assert loaded[0]["score"] > 0
    assert loaded[0]["is_copy"] is False
    assert store.load(NOW, scorer="another").to_pylist()[0]["score"] is None


def test_counts_that_do_not_add_up_are_refused(pool: Pool) -> None:
    """An import that lost a row on its way is not recorded at all."""
    nothing = digest(normalise([], RULES).articles, Linker({}), LexiconScorer())
    empty = normalise([], RULES)
    incoming = Incoming("wire", "news", 3, 1, empty.refused, empty.flagged)
    with pytest.raises(BadDataError, match="3 rows came in"):
        NewsStore(pool).record(nothing, incoming, imported_at=NOW)
    with transaction(pool) as cursor:
        cursor.execute("SELECT count(*) FROM news_imports")
        assert cursor.fetchone() == (0,)


def test_real_tweets_keep_every_row_accounted_for_and_find_their_company(pool: Pool, tmp_path: Path) -> None:
    """Of 5,000 real tweets none is lost, and nearly all name, as cashtag, the company they were collected for."""
    frame = shared_frame("stocknet_tweets_to_2015_09").iloc[::19].head(5_000)
    path = tmp_path / "tweets.parquet"
    frame.to_parquet(path)
    source = FileNews(path, {})
    counts = NewsImport(pool).bring(source.fetch(), Rules("stocknet", "social", NOW))[0]
    assert counts.rows_in == len(frame)
    assert _adds_up(counts)
    linker = Linker({})
    marked = [row.symbols[0] in linker.find(str(row.headline)) for row in source.fetch().articles]
    assert np.mean(marked) > 0.99


def test_what_is_kept_in_memory_is_what_the_record_says(pool: Pool, tmp_path: Path) -> None:
    """At any time, before and after another import, the kept rows are those read anew."""
    memory = NewsMemory(pool)
    five_past = datetime(2024, 5, 1, 12, 5, tzinfo=UTC)
    for text in (STORY, "Acme recalls robots"):
        NewsImport(pool).bring(_file(tmp_path, _row(text)).fetch(), RULES)
        for at in (five_past, five_past + timedelta(seconds=1), NOW):
            assert memory.record(at).rows.equals(news_record(pool, at).rows)
    assert memory.record(NOW).rows.num_rows == 2
    assert memory.record(five_past).rows.num_rows == 0
