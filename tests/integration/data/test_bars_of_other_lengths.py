"""Bars of five minutes and an hour beside minutes: kept as what they are, and known at their end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from adapters.bars.files import BAR_S, Timeframe
from adapters.calendar import session_hours
from adapters.feeds.source import TableSource
from adapters.postgres.pool import Pool
from adapters.record import Record
from data.importing.importer import BarImporter
from data.tiers.holdings import holdings
from research.recorded_minutes import RecordedMinutes, shortest_length
from research.scan_at import Unseen, scan_at
from research.session_patterns import session_patterns, sessions_with_minutes
from trading.bars.intraday import INTRADAY_SCHEMA
from trading.bars.panel import BARS_SCHEMA
from trading.scanner.rules import large_cap

NOON = datetime(2025, 12, 1, 17, tzinfo=UTC)
HOURS = session_hours(date(2025, 9, 1), date(2025, 10, 3))
TODAY = HOURS.sessions[-1].item()
OPEN = HOURS.open_at[-1].item().replace(tzinfo=UTC)


def _bars(bar_s: int, *, jump_at: int = 1) -> pa.Table:
    """RISE rises by 60 % within the second bar of the last session; REST rests."""
    rows = []
    for opens, closes, day in zip(HOURS.open_at, HOURS.close_at, HOURS.sessions, strict=True):
        starts = np.arange(opens, closes, np.timedelta64(bar_s, "s"))
        for number, at in enumerate(starts.tolist()):
            risen = day.item() == TODAY and number >= jump_at
            close = 8.0 if risen else 5.0
            begun = 8.0 if risen and number > jump_at else 5.0
            rows.append(("RISE", at, begun, max(begun, close), 4.99, close, 90_000_000 if risen else 900_000))
            rows.append(("REST", at, 7.0, 7.05, 6.95, 7.0, 500_000))
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    return pa.table(columns, names=INTRADAY_SCHEMA.names).cast(INTRADAY_SCHEMA)


@pytest.fixture
def record(home: Path, pool: Pool) -> Record:
    """An empty one."""
    return Record(pool, home)


def _import(record: Record, timeframe: Timeframe) -> None:
    counts = BarImporter(record, lambda: NOON).run(
        TableSource(f"made {timeframe}", f"{BAR_S[timeframe]:064d}", _bars(BAR_S[timeframe]), timeframe)
    )
    assert counts.rows_stored == counts.rows_in


@pytest.mark.parametrize("timeframe", ["5m", "15m", "1h"])
def test_a_move_within_a_bar_is_not_seen_before_its_end(record: Record, timeframe: Timeframe) -> None:
    """The second bar has the rise in it: it is in play from that bar's end on, and not a second before."""
    _import(record, timeframe)
    length = timedelta(seconds=BAR_S[timeframe])
    minutes = RecordedMinutes(record.bars, timeframe)
    found = [
        {one.symbol for one in scan_at(record, at, large_cap(), minutes=minutes, usual_sessions=5).scan.in_play}
        for at in (OPEN + length, OPEN + 2 * length - timedelta(seconds=1), OPEN + 2 * length)
    ]
    assert found == [set(), set(), {"RISE"}]
    told = scan_at(record, OPEN + 2 * length, large_cap(), minutes=minutes, usual_sessions=5)
    assert (told.bars, told.known_at) == (timeframe, OPEN + 2 * length)


def test_lengths_lie_beside_each_other_and_the_shortest_answers(record: Record) -> None:
    """Five minutes, then minutes of the same sessions: each is counted once, in its own files."""
    _import(record, "5m")
    assert shortest_length(record.bar_tables, TODAY) == "5m"
    _import(record, "1m")
    assert shortest_length(record.bar_tables, TODAY) == "1m"
    sessions = len(HOURS)
    held = holdings(record.bar_tables.files(timeframe=None), record.home, record.locations)
    assert {(one.timeframe, one.rows) for one in held} == {("5m", sessions * 78 * 2), ("1m", sessions * 390 * 2)}
    assert record.bars.read_all("5m").num_rows == sessions * 78 * 2
    assert sessions_with_minutes(record) == [day.item() for day in HOURS.sessions]


def test_patterns_within_the_session_are_found_in_them(record: Record) -> None:
    """With the length that they were found in, so that those of minutes aren't mixed with them."""
    _import(record, "5m")
    found = session_patterns(record, TODAY, cost_bp_per_side=5.0)
    assert found is not None
    assert found.bars == 2 * 78
    assert set(found.table.column("bar_s").to_pylist()) <= {300}


def test_names_without_minutes_are_counted_and_the_largest_named_once_their_close_is_known(record: Record) -> None:
    """GAPS has days only and opens 40 percent higher: in the session it is counted, after the close it is named."""
    _import(record, "1m")
    days = [(day.item(), 30.0 if day.item() < TODAY else 42.0) for day in HOURS.sessions]
    rows = [
        (symbol, day, price, price * 1.01, price * 0.99, price, 1_000_000)
        for symbol, jumps in (("GAPS", True), ("STAY", False), ("RISE", False), ("REST", False))
        for day, price in ((day, price if jumps else 30.0) for day, price in days)
    ]
    table = pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=BARS_SCHEMA.names)
    BarImporter(record, lambda: NOON).run(TableSource("days", "d" * 64, table.cast(BARS_SCHEMA)))
    minutes = RecordedMinutes(record.bars)
    during, after = (
        scan_at(record, at, large_cap(), minutes=minutes, usual_sessions=5).unseen
        for at in (OPEN + timedelta(minutes=30), OPEN + timedelta(hours=6, minutes=31))
    )
    assert during == Unseen(2, HOURS.sessions[-2].item())
    assert after is not None
    assert (after.count, after.session) == (2, TODAY)
    assert after.movers == (("GAPS", pytest.approx(0.4)), ("STAY", pytest.approx(0.0)))
