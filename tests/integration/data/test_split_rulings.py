"""Guessed splits and unexplained breaks on record, and what a person says of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from adapters.calendar import sessions_between
from adapters.feeds.source import SPLIT, Chunk, TableSource
from adapters.postgres.pool import Pool
from adapters.postgres.split_rulings import SplitRulings
from adapters.record import Record
from data.importing.importer import BarImporter
from trading.bars.actions import Split
from trading.bars.panel import BARS_SCHEMA

NOON = datetime(2020, 6, 1, 16, tzinfo=UTC)
DAYS = [day.item() for day in sessions_between(date(2020, 1, 2), date(2020, 3, 31))]
DAY = DAYS[40]


def _bars(symbol: str, opens: float, shares: float) -> pa.Table:
    """Quiet bars at 100 USD, then at another price on other shares."""
    rows = []
    for at, day in enumerate(DAYS):
        price, volume = (100.0 * opens, int(1_000_000 * shares)) if at >= 40 else (100.0 + at % 3 / 4, 1_000_000)
        rows.append((symbol, day, price, price * 1.01, price * 0.99, price, volume + at))
    return pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=BARS_SCHEMA.names).cast(BARS_SCHEMA)


@pytest.fixture
def record(home: Path, pool: Pool) -> Record:
    """HALF, a guess; FALL, an unexplained break."""
    record = Record(pool, home)
    bars = pa.concat_tables([_bars("HALF", 0.5, 2.0), _bars("FALL", 0.66, 1.2)])
    BarImporter(record, lambda: NOON).run(TableSource("made", "0" * 64, bars))
    return record


def test_what_bars_alone_suggest_is_listed(record: Record, pool: Pool) -> None:
    """Both, with what the gate saw, and nobody's ruling."""
    assert record.bar_tables.splits() == [Split("HALF", DAY, 2, 1, guessed=True)]
    told = [(one.symbol, one.gate, one.guess, one.ruled_at) for one in SplitRulings(pool).questionable()]
    guess = Split("HALF", DAY, 2, 1, guessed=True)
    assert told == [("FALL", "unexplained_jump", None, None), ("HALF", "split_guessed", guess, None)]
    assert all("times the close" in one.seen for one in SplitRulings(pool).questionable())


def test_a_ruling_outranks_the_gates_and_the_latest_one_stands(record: Record, pool: Pool) -> None:
    """Confirmed, of another ratio, or none at all; a break of which is known what it was is none."""
    tables, rulings = record.bar_tables, SplitRulings(pool)
    for split in (Split("HALF", DAY, 2, 1), Split("HALF", DAY, 3, 2), None, Split("HALF", DAY, 2, 1)):
        rulings.rule("HALF", DAY, split, at=NOON)
        assert tables.splits() == ([split] if split else [])
    rulings.rule("FALL", DAY, Split("FALL", DAY, 3, 2), at=NOON)
    assert tables.splits() == [Split("FALL", DAY, 3, 2), Split("HALF", DAY, 2, 1)]
    assert tables.breaks() == []
    rulings.rule("FALL", DAY, None, at=NOON)
    assert (tables.splits(), tables.breaks()) == ([Split("HALF", DAY, 2, 1)], [])
    assert [one.ruling for one in rulings.questionable()] == [None, Split("HALF", DAY, 2, 1)]


class _Named(TableSource):
    """A table whose rows name their splits."""

    def files(self) -> Iterator[tuple[str, Iterator[Chunk]]]:
        """The table with its column of splits."""
        yield self.name, iter([Chunk(self.table)])


def test_a_source_that_names_the_split_confirms_the_guess(record: Record) -> None:
    """The same bars a cent off, with a column of splits: what was a guess is what the source says."""
    bars = _bars("HALF", 0.5, 2.0)
    other = bars.set_column(5, "close", pa.array([value + 0.01 for value in bars.column("close").to_pylist()]))
    named = other.slice(38, 5).append_column(SPLIT, pa.array([1.0, 1.0, 2.0, 1.0, 1.0]))
    BarImporter(record, lambda: NOON).run(_Named("named", "1" * 64, named), replace=True)
    assert record.bar_tables.splits() == [Split("HALF", DAY, 2, 1)]
