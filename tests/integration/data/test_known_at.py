"""What was known at a close is the same on a record that ends there and on one that goes on, kind by kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from adapters.calendar import close_of
from adapters.news.files import FileNews
from adapters.postgres.bars_record import ImportedFile
from adapters.postgres.news_coverage import Heard
from adapters.postgres.pool import Pool, transaction
from adapters.record import Record
from data.known_at import Known, known_at_close
from data.news.importing import NewsImport
from data.news.known import NewsMemory
from research.backtest.recorded import Recorded, read_recorded
from trading.bars.panel import BARS_SCHEMA
from trading.market.vix import VixRows
from trading.news.coverage import Followed, silence_known
from trading.news.normalise import Rules
from trading.news.record import NewsRecord

BEFORE, DAY, LATER = date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 3)
CLOSE = close_of(DAY)
NOW = datetime(2026, 1, 5, tzinfo=UTC)
SYMBOLS = np.array(["AA", "BB"])


def _bars(record: Record, *days: date) -> None:
    rows = [(symbol, day, 10.0, 11.0, 9.0, 10.5, 1_000) for symbol in SYMBOLS.tolist() for day in days]
    columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), BARS_SCHEMA, strict=True)]
    files = record.bars.write(pa.table(columns, schema=BARS_SCHEMA))
    record.bar_tables.record_files(files, written_at=NOW)


def _jumps(record: Record, day: date) -> None:
    number = record.bar_tables.begin_import(ImportedFile(f"made of {day}", "0" * 64, "1d"), at=NOW).import_id
    split = "INSERT INTO splits (import_id, symbol, session, numerator, denominator) VALUES (%s, 'AA', %s, 2, 1)"
    cut = "INSERT INTO bar_breaks (import_id, symbol, session, reason) VALUES (%s, 'BB', %s, 'a jump')"
    with transaction(record.pool) as cursor:
        for query in (split, cut):
            cursor.execute(query.encode(), [number, day])


def _events(record: Record, symbol: str, *days: date) -> None:
    events = pa.table({"symbol": [symbol] * len(days), "event_date": pa.array(days, pa.date32())})
    record.events.record_earnings(events, source="made", at=NOW)


def _news(record: Record, folder: Path, *stories: tuple[str, datetime]) -> None:
    path = folder / "news.jsonl"
    rows = [{"published_at": at.isoformat(), "headline": text, "symbols": ["AA"]} for text, at in stories]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    NewsImport(record.pool).bring(FileNews(path, {}).fetch(), Rules("wire", "news", NOW, delay=timedelta()))


def _heard(record: Record, source: str, at: datetime) -> None:
    record.coverage.heard(Heard(source, "news", ["AA"], at, None, 0, joined=True))


def _vix(record: Record, **closes: float) -> None:
    days = {date.fromisoformat(day.replace("_", "-")[1:]): close for day, close in closes.items()}
    record.vix.record(VixRows(len(days), days, 0, {}), source="made", imported_at=NOW)


def fill_up_to_the_close(record: Record, folder: Path) -> None:
    """All that was known at the close of `DAY`, and not an instant more."""
    _bars(record, BEFORE, DAY)
    _jumps(record, DAY)
    _vix(record, d2024_05_01=15.0)
    _events(record, "AA", date(2024, 4, 25), BEFORE)
    _news(record, folder, ("Acme wins a large order from the navy", CLOSE - timedelta(seconds=1)))
    for minutes in (90, 40):
        _heard(record, "wire", CLOSE - timedelta(minutes=minutes))
    instruments = {"symbol": ["AA"], "name": ["Acme"], "sector": ["Industrials"], "industry": ["Robots"]}
    record.bar_tables.record_instruments(pa.table(instruments))


def fill_after_the_close(record: Record, folder: Path) -> None:
    """What came later, and what became known with the close itself or later: the day's own VIX, events, stories."""
    _bars(record, LATER)
    _jumps(record, LATER)
    _vix(record, d2024_05_02=16.0, d2024_05_03=17.0)
    _events(record, "BB", DAY, LATER)
    at_the_close = ("Acme recalls every robot it has ever built", CLOSE)
    _news(record, folder, at_the_close, ("Acme sells its bakery to a rival", CLOSE + timedelta(hours=1)))
    _heard(record, "wire", CLOSE + timedelta(minutes=15))  # which makes a span longer that the close lies in
    _heard(record, "wire", CLOSE + timedelta(hours=9))
    _heard(record, "blog", CLOSE + timedelta(hours=1))


def _spans(source: Followed) -> tuple[Any, ...]:
    return source.channel, source.symbols, source.begin.tolist(), source.complete_from.tolist()


def followed(news: NewsRecord) -> tuple[Any, ...]:
    """The spans, and which silences they vouch for up to the close.

    When a span ended is compared by that alone: one that is heard again within the hour has no end there, whether the
    record knows yet or not.
    """
    at_s = np.arange(int(CLOSE.timestamp()) - 7_200, int(CLOSE.timestamp()) + 1, 600)
    company = np.zeros(len(at_s), dtype=np.int64)
    vouched = silence_known(news.followed, "news", SYMBOLS, company, at_s=at_s, since_s=at_s - 1_200)
    return [_spans(one) for one in news.followed], vouched.tolist()


def _vix_of(vix: tuple[Any, Any] | None) -> list[Any] | None:
    return None if vix is None else [part.tolist() for part in vix]


def _ordered(bars: pa.Table) -> list[dict[str, Any]]:
    return bars.sort_by([("session", "ascending"), ("symbol", "ascending")]).to_pylist()


KINDS: dict[str, Callable[[Known], Any]] = {
    "bars": lambda known: _ordered(known.bars()),
    "splits": lambda known: known.splits,
    "breaks": lambda known: known.breaks,
    "vix": lambda known: _vix_of(known.vix),
    "events": lambda known: known.events.to_pylist(),
    "covered": lambda known: known.covered,
    "news": lambda known: known.news.rows.to_pylist(),
    "followed": lambda known: followed(known.news),
    "sectors": lambda known: known.sectors,
}
UNDATED = {"sectors"}
"""Since when they are known isn't kept, so nobody can look ahead in them, nor be caught at it."""


@pytest.fixture
def record(pool: Pool, tmp_path: Path) -> Record:
    """A record that ends with the close of `DAY`."""
    made = Record(pool, tmp_path / "home")
    fill_up_to_the_close(made, tmp_path)
    return made


def test_a_record_that_goes_on_changes_nothing_that_was_known(record: Record, tmp_path: Path) -> None:
    """All nine kinds at the close, with and without a memory of the news that was filled before."""
    memory = NewsMemory(record.pool)
    then = {kind: told(known_at_close(record, DAY)) for kind, told in KINDS.items()}
    assert all(then.values()), "a kind without a fact would prove nothing"
    assert then["news"] == known_at_close(record, DAY, memory).news.rows.to_pylist()
    fill_after_the_close(record, tmp_path)
    for known in (known_at_close(record, DAY), known_at_close(record, DAY, memory)):
        assert {kind: told(known) for kind, told in KINDS.items()} == then


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - UNDATED))
def test_who_looks_a_session_ahead_is_caught(record: Record, tmp_path: Path, kind: str) -> None:
    """For a reader that reads at the next close the comparison above fails, in each kind; else it proved nothing."""
    then = KINDS[kind](known_at_close(record, DAY))
    fill_after_the_close(record, tmp_path)
    assert KINDS[kind](known_at_close(record, LATER)) != then


def test_what_a_backtest_keeps_in_memory_is_cut_as_the_record_is_read(record: Record, tmp_path: Path) -> None:
    """`Recorded.until` of a longer record gives what reading up to that session gives, kind by kind."""
    fill_after_the_close(record, tmp_path)
    longer = read_recorded(record, LATER)
    assert _told(longer) != _told(longer.until(DAY))
    assert _told(longer.until(DAY)) == _told(read_recorded(record, DAY))


def _told(recorded: Recorded) -> dict[str, Any]:
    return {
        "bars": recorded.bars.to_pylist(),
        "splits": recorded.splits,
        "breaks": recorded.breaks,
        "vix": _vix_of(recorded.vix),
        "events": recorded.events.to_pylist(),
        "news": recorded.news.rows.to_pylist(),
        "followed": followed(recorded.news),
        "ends": [one.end.tolist() for one in recorded.news.followed],
        "sectors": recorded.sectors,
    }
