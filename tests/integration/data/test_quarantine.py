"""The way out of quarantine: once, as a later version, with every sum still right."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest

from adapters.bars.store import BarStore
from adapters.calendar import sessions_between
from adapters.feeds.source import TableSource
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool
from adapters.postgres.quarantine_record import QuarantineRecord, Which
from adapters.record import Record
from data.importing.importer import BarImporter
from data.quarantine import Quarantine
from data.verification.report import Selection, verify_data
from trading.bars.intraday import INTRADAY_SCHEMA
from trading.bars.panel import BARS_SCHEMA
from trading.errors import BadDataError

NOON = datetime(2020, 6, 1, 16, tzinfo=UTC)
DAYS = [day.item() for day in sessions_between(date(2020, 1, 2), date(2020, 2, 28))]
ROWS = [
    *(("A", day, 10.0, 10.5, 9.5, 10.2, 1000 + day.day) for day in DAYS),
    ("B", DAYS[3], 12.0, 11.0, 10.0, 10.5, 1000),  # the open is 9 % above the high
    ("C", DAYS[4], 0.0, 11.0, 10.0, 10.5, 1000),
    ("D", DAYS[5], 10.0, 10.5, 9.5, 10.2, 1000),
    ("D", DAYS[5], 10.0, 10.5, 9.5, 10.3, 1000),  # contradicts the one before
]


def _table(rows: list[tuple[object, ...]], schema: pa.Schema = BARS_SCHEMA) -> pa.Table:
    return pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=schema.names).cast(schema)


@pytest.fixture
def kept(home: Path, pool: Pool) -> Path:
    """A data folder with four rows in quarantine: 1 outside its range, 2 of price zero, 3 and 4 contradicting."""
    BarImporter(Record(pool, home), lambda: NOON).run(TableSource("made", "0" * 64, _table(ROWS)))
    return home


def _sums(pool: Pool) -> tuple[int, ...]:
    with pool.connection() as connection:
        row = connection.execute(
            "SELECT rows_in, rows_stored, rows_quarantined, rows_duplicate, rows_corrected, rows_released "
            "FROM bar_imports WHERE import_id = 1"
        ).fetchone()
    return row or ()


def _is_whole(home: Path, pool: Pool) -> bool:
    return verify_data(Record(pool, home), Selection(), alive=False, clock=lambda: NOON).ok


def test_a_released_row_is_read_counted_and_explained(kept: Path, pool: Pool) -> None:
    """The range now holds the open; one row more is stored and one less held, and the record says why and when."""
    (done,) = Quarantine(Record(pool, kept)).release(Which((1,)), why="the auction print stood", now=NOON)
    assert done.changed == "range 10 .. 11 is now 10 .. 12"
    (bar,) = BarStore(kept, BarRecord(pool)).read(DAYS[3], DAYS[3], symbols=["B"]).to_pylist()
    assert (bar["open"], bar["high"], bar["low"], bar["close"]) == (12.0, 12.0, 10.0, 10.5)
    assert _sums(pool) == (len(DAYS) + 4, len(DAYS) + 1, 3, 0, 0, 1)
    (held,) = QuarantineRecord(pool).rows(Which((1,)))
    assert (held.why, held.released_at) == ("the auction print stood", NOON)
    assert QuarantineRecord(pool).counts(Which()) == [
        ("bad_price", 1, 0), ("contradicting_duplicate", 2, 0), ("print_outside_range", 0, 1),
    ]  # fmt: skip
    assert _is_whole(kept, pool)


def test_a_row_is_released_once(kept: Path, pool: Pool) -> None:
    """The second time is an error that changes nothing, whether it is named or all of its gate are."""
    quarantine = Quarantine(Record(pool, kept))
    quarantine.release(Which((1,)), why="right", now=NOON)
    with pytest.raises(BadDataError, match=r"Row 1 was released on 2020-06-01 16:00 UTC"):
        quarantine.release(Which((1,)), why="right", now=NOON)
    with pytest.raises(BadDataError, match="Nothing in quarantine is like that"):
        quarantine.release(Which(gate="print_outside_range"), why="right", now=NOON)
    assert _sums(pool)[1:3] == (len(DAYS) + 1, 3)


@pytest.mark.parametrize(
    ("which", "told"),
    [
        (Which((2,)), r"2 \(bad_price\): a price is missing, zero or negative"),
        (Which((1, 2)), r"1 of 2 can't be released"),
        (Which(gate="contradicting_duplicate"), "2 of them are bars of D at 2020-01-09"),
        (Which((99,)), "No row in quarantine has the number 99"),
    ],
)
def test_what_cannot_be_a_bar_stays_where_it_is(kept: Path, pool: Pool, which: Which, told: str) -> None:
    """One of them that can't be released holds back the others that were asked for with it."""
    with pytest.raises(BadDataError, match=told):
        Quarantine(Record(pool, kept)).release(which, why="right", now=NOON)
    assert _sums(pool) == (len(DAYS) + 4, len(DAYS), 4, 0, 0, 0)
    assert _is_whole(kept, pool)


def test_a_second_version_of_a_bar_keeps_the_first_among_the_corrections(kept: Path, pool: Pool) -> None:
    """Of two contradicting rows the one released later is read, the other one is kept."""
    quarantine = Quarantine(Record(pool, kept))
    quarantine.release(Which((3,)), why="as the exchange says", now=NOON)
    (second,) = quarantine.release(Which((4,)), why="no, this one", now=NOON)
    assert second.replaced
    assert BarStore(kept, BarRecord(pool)).read(DAYS[5], DAYS[5], symbols=["D"]).column("close").to_pylist() == [10.3]
    assert _sums(pool) == (len(DAYS) + 4, len(DAYS) + 2, 2, 0, 1, 2)
    assert _is_whole(kept, pool)


def test_a_minute_is_released_as_a_minute(home: Path, pool: Pool) -> None:
    """An open outside the range at 09:31 New York time; the session is that of the exchange."""
    at = datetime(2020, 1, 3, 14, 31, tzinfo=UTC)
    rows: list[tuple[object, ...]] = [("A", at, 12.0, 11.0, 10.0, 10.5, 100)]
    BarImporter(Record(pool, home), lambda: NOON).run(
        TableSource("made", "0" * 64, _table(rows, INTRADAY_SCHEMA), timeframe="1m")
    )
    Quarantine(Record(pool, home)).release(Which(symbol="A"), why="right", now=NOON)
    (bar,) = BarStore(home, BarRecord(pool)).read(date(2020, 1, 3), date(2020, 1, 3), "1m").to_pylist()
    assert (bar["starts_at"], bar["high"]) == (at, 12.0)
    assert _is_whole(home, pool)


def test_the_same_import_again_knows_the_released_row(kept: Path, pool: Pool) -> None:
    """Another file with the row that was released finds it on record."""
    Quarantine(Record(pool, kept)).release(Which((3,)), why="right", now=NOON)
    counts = BarImporter(Record(pool, kept), lambda: NOON).run(
        TableSource("again", "1" * 64, _table([ROWS[-2]]))
    )  # fmt: skip
    assert (counts.rows_stored, counts.rows_duplicate, counts.rows_quarantined) == (0, 1, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO bar_quarantine (import_id, timeframe, gate, reason) VALUES (99, '1d', 'x', 'y')",
        "UPDATE bar_quarantine SET close = 1",
        "UPDATE bar_quarantine SET import_id = 99",
        "DELETE FROM bar_imports",
        "UPDATE bar_imports SET rows_released = 500",
        "INSERT INTO bar_releases VALUES (99, 'right', NULL, false, now())",
    ],
)
def test_the_database_refuses_what_cannot_be(kept: Path, pool: Pool, statement: str) -> None:
    """Rows of no import, rows that change, imports that vanish, more released than stored, releases of nothing."""
    assert kept.exists()
    with pool.connection() as connection:
        connection.execute("UPDATE bar_imports SET rows_stored = rows_stored")  # counts may change, within bounds
        with pytest.raises(psycopg.Error):
            connection.execute(statement)
        connection.rollback()
