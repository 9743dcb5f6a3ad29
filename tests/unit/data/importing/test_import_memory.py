"""What an import holds in memory: the last bars of each symbol, and few of the rows that are no bars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from adapters.feeds.source import UNREAD_SCHEMA
from data.importing.set_aside import FLUSH_ROWS, SetAside
from data.importing.tail import TAIL_BARS, TAIL_DAYS, Tail
from trading.bars.panel import BARS_SCHEMA

FIRST = date(2024, 1, 1)


def _bars(symbol: str, days: range) -> pa.Table:
    rows = [
        {"symbol": symbol, "session": FIRST + timedelta(days=day), "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0,
         "volume": day}
        for day in days
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, BARS_SCHEMA)


RECORD = pa.concat_tables([_bars("B", range(0, 400, 2)), _bars("A", range(300)), _bars("OLD", range(3))])


class _Store:
    """Days on record, ten at a time, and which of them were read."""

    def __init__(self) -> None:
        self.read: list[date] = []

    def days(self, first: date, last: date) -> Iterator[pa.Table]:
        day = first
        while day <= last:
            end = min(day + timedelta(days=9), last)
            session = RECORD.column("session")
            within = pc.and_(pc.greater_equal(session, pa.scalar(day)), pc.less_equal(session, pa.scalar(end)))
            self.read += [day + timedelta(days=n) for n in range((end - day).days + 1)]
            yield RECORD.filter(within)
            day = end + timedelta(days=1)


def _looked_up(first: date) -> list[tuple[str, int]]:
    """The last bars of each symbol before `first`, looked up row by row."""
    start = first - timedelta(days=TAIL_DAYS)
    found = []
    for symbol in ("A", "B", "OLD"):
        rows = [row for row in RECORD.to_pylist() if row["symbol"] == symbol and start <= row["session"] < first]
        found += sorted((symbol, row["volume"]) for row in rows)[-TAIL_BARS:]
    return found


def test_the_tail_is_what_a_look_up_finds_and_no_session_is_read_twice() -> None:
    """Parts of uneven length, one after a silence longer than the tail, one twice, and one before the calendar."""
    store = _Store()
    tail = Tail(store.days)
    assert tail.before(date(1990, 1, 2)).num_rows == 0
    for day in (5, 6, 40, 40, 171, 399, 700):
        first = FIRST + timedelta(days=day)
        found = tail.before(first)
        assert list(zip(*found.select(["symbol", "volume"]).to_pydict().values(), strict=True)) == _looked_up(first)
    assert len(store.read) == len(set(store.read))


def _unread(count: int, start: int = 0) -> pa.Table:
    return pa.table([[f"{start + n}" for n in range(count)], ["gate"] * count, ["why"] * count], schema=UNREAD_SCHEMA)


def test_of_rows_set_aside_few_are_in_memory(tmp_path: Path) -> None:
    """Two and a half times what memory holds, taken over from a file's own: all come out, in steps."""
    size = FLUSH_ROWS // 4
    with SetAside(tmp_path / "all") as kept:
        kept.add(_unread(3))
        with SetAside(tmp_path / "one") as own:
            for number in range(10):
                own.add(_unread(size, number * size))
                assert own._waiting_rows < FLUSH_ROWS
            kept.take_over(own)
        assert kept._waiting_rows < FLUSH_ROWS
        parts = list(kept.parts())
        assert [name for name, _ in parts] == ["unread", "unread 2", "unread 3"]
        raw = pa.concat_tables([table for _, table in parts]).column("raw").to_pylist()
        assert sorted(map(int, raw)) == sorted([*range(3), *range(10 * size)])
        assert max(table.num_rows for _, table in parts) <= FLUSH_ROWS + size
    assert list(tmp_path.iterdir()) == []
