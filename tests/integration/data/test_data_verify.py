"""What `inplay data verify` finds: each way in which kept data can be wrong, and nothing where all is well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from adapters.bars.store import BarStore
from adapters.calendar import sessions_between
from adapters.feeds.source import TableSource
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.journal import JournalStore
from adapters.postgres.pool import Pool
from adapters.record import Record
from data.importing.importer import BarImporter
from data.verification.report import Report, Selection, verify_data
from tests.integration.replayed import append_three_sessions
from trading.bars.panel import BARS_SCHEMA
from trading.engine.bookkeeper import deposit
from trading.ledger.double_entry import Draft, chain

NOON = datetime(2020, 6, 1, 16, tzinfo=UTC)
DAYS = [day.item() for day in sessions_between(date(2020, 1, 2), date(2020, 3, 31))]


def _bars(symbols: str = "AB", days: list[date] = DAYS, close: float = 10.2) -> pa.Table:
    rows = [(symbol, day, 10.0, 10.5, 9.5, close, 1000 + day.day) for symbol in symbols for day in days]
    return pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=BARS_SCHEMA.names).cast(BARS_SCHEMA)


@pytest.fixture
def kept(home: Path, pool: Pool) -> Path:
    """A data folder with two symbols of three months, one bar of which was corrected; B lacks 2020-02-03."""
    importer = BarImporter(Record(pool, home), lambda: NOON)
    b = _bars("B", [day for day in DAYS if day != date(2020, 2, 3)])
    importer.run(TableSource("made", "0" * 64, pa.concat_tables([_bars("A"), b])))
    importer.run(TableSource("late", "1" * 64, _bars("A", DAYS[5:6], close=10.3)))
    return home


def _verified(home: Path, pool: Pool, chosen: Selection | None = None) -> Report:
    return verify_data(Record(pool, home), chosen or Selection(), alive=False, clock=lambda: NOON)


def test_what_is_whole_has_no_trouble_and_is_counted(kept: Path, pool: Pool) -> None:
    """Bars, older versions and the session that B lacks are told; the sum is that of the two imports."""
    report = _verified(kept, pool, Selection(("B",)))
    (days,) = report.timeframes
    assert report.ok, report.troubles
    assert (days.bars, days.rows, days.files) == (2 * len(DAYS) - 1, 2 * len(DAYS), 4)
    (b,) = days.symbols
    assert (b.symbol, b.bars, b.sessions_missing, b.missing) == ("B", len(DAYS) - 1, 1, (date(2020, 2, 3),))
    short = [one.session for one in _verified(kept, pool).timeframes[0].sessions if one.symbols_missing]
    assert short == [date(2020, 2, 3)]


def _first_file(home: Path) -> Path:
    return min(home.rglob("*.parquet"))


def _cut(home: Path) -> None:
    path = _first_file(home)
    path.write_bytes(path.read_bytes()[:-1])


def _stray(home: Path) -> None:
    _first_file(home).with_name("left.parquet.part").write_bytes(b"half")


@pytest.mark.parametrize(
    ("harm", "check", "told"),
    [
        (_cut, "file", "does not match the manifest"),
        (lambda home: _first_file(home).unlink(), "file", "cannot be read"),
        (_stray, "stray", "left.parquet.part"),
    ],
)
def test_a_file_that_is_not_as_the_manifest_says_is_named(
    kept: Path, pool: Pool, harm: Callable[[Path], None], check: str, told: str
) -> None:
    """A cut file, a file that is gone and one that nobody knows: one trouble each, with what to do."""
    harm(kept)
    (trouble,) = _verified(kept, pool).troubles
    assert trouble.check == check
    assert told in trouble.detail
    assert trouble.fix


@pytest.mark.parametrize(
    ("statement", "check", "told"),
    [
        ("DELETE FROM bar_corrections", "counts", "rows corrected: the import says 1, the record holds 0"),
        ("UPDATE bar_imports SET rows_stored = rows_stored + 1, rows_in = rows_in + 1 WHERE import_id = 1", "counts",
         "were stored and not replaced"),
        ("DELETE FROM bar_files WHERE file_id = 4", "stray", "in no manifest"),
        ("UPDATE bar_files SET sessions = sessions[1:1] || sessions[3:] WHERE file_id = 1", "sessions",
         "the manifest lists 20"),
        ("UPDATE bar_imports SET state = 'running' WHERE source = 'late'", "import", "stopped before its end"),
    ],
)  # fmt: skip
def test_a_record_that_contradicts_itself_or_the_files_is_told(
    kept: Path, pool: Pool, statement: str, check: str, told: str
) -> None:
    """Sums that don't add up, a file that is not listed, sessions that aren't there, an import that never ended."""
    with pool.connection() as connection:
        connection.execute(statement)
    troubles = _verified(kept, pool).troubles
    assert any(one.check == check and told in one.detail for one in troubles), troubles


def test_a_journal_that_was_altered_is_told(kept: Path, pool: Pool) -> None:
    """An entry that does not follow from the one before breaks the chain."""
    with pool.connection() as connection:
        connection.execute("ALTER TABLE journal DISABLE TRIGGER ALL")
        connection.execute("ALTER TABLE journal DROP CONSTRAINT hash_is_of_this_body")
        connection.execute(
            "INSERT INTO journal (seq, session, kind, command_id, book, body, prev_hash, hash) VALUES "
            "(1, '2020-01-02', 'deposit', 'x', 'rule', '{}', repeat('0', 64), repeat('1', 64))"
        )
    (trouble,) = _verified(kept, pool).troubles
    assert (trouble.check, trouble.detail) == ("journal", "journal entry 1 was altered after it was written")


def test_an_equity_that_is_not_cash_and_positions_is_told(kept: Path, pool: Pool) -> None:
    """Hashes and debits are in order, and still the mark states 5 cents more than the account has."""
    mark = {"book": "rule", "at": "2020-01-02T23:59:59+00:00", "closes_usd_e4": {}, "trails_usd_e4": {},
            "ends_session": True, "cash_cents": 100, "equity_cents": 105}  # fmt: skip
    drafts = [deposit("rule", DAYS[0], 100), Draft("mark", DAYS[0], "mark", mark)]
    JournalStore(pool, clock=lambda: NOON).append(chain(drafts))
    (trouble,) = _verified(kept, pool).troubles
    assert trouble.check == "journal"
    assert "it states 105 cents of equity, there are 100" in trouble.detail


def test_values_that_come_back_after_a_correction_are_the_latest(kept: Path, pool: Pool) -> None:
    """10.3 is corrected to 10.4 and back: the third version is read although it equals the first, file and all."""
    importer = BarImporter(Record(pool, kept), lambda: NOON)
    importer.run(TableSource("later", "2" * 64, _bars("A", DAYS[5:6], close=10.4)))
    importer.run(TableSource("back", "3" * 64, _bars("A", DAYS[5:6], close=10.3)))
    read = BarStore(kept, BarRecord(pool)).read(DAYS[5], DAYS[5], symbols=["A"])
    assert read.column("close").to_pylist() == [10.3]
    assert _verified(kept, pool).ok


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ("UPDATE fills SET price_usd_e4 = price_usd_e4 + 1", "fills"),
        ("DELETE FROM fills", "fills"),
        ("UPDATE equity SET cash_cents = cash_cents + 1, equity_cents = equity_cents + 1", "equity"),
        ("UPDATE orders SET symbol = 'ZZZ'", "orders"),
    ],
)
def test_a_table_that_departs_from_the_journal_is_told(kept: Path, pool: Pool, change: str, table: str) -> None:
    """Fills, equity and orders that say other than the journal, though each row looks right by itself."""
    append_three_sessions(JournalStore(pool, clock=lambda: NOON))
    assert _verified(kept, pool).ok
    with pool.connection() as connection:
        connection.execute("SET session_replication_role = replica")  # constraints and triggers stand aside
        connection.execute(change.encode())
        connection.execute("SET session_replication_role = DEFAULT")
    (trouble,) = _verified(kept, pool).troubles
    assert (trouble.check, trouble.where) == ("journal", table)


@pytest.mark.parametrize("what", ["cash_cents", "equity_cents"])
def test_a_mark_that_states_other_money_is_told(kept: Path, pool: Pool, what: str) -> None:
    """A chain that holds and postings that balance don't help a close whose cash or equity is not the sum."""
    day = DAYS[0]
    stated = {"cash_cents": 100, "equity_cents": 100, what: 101}
    at = f"{day}T23:59:59+00:00"
    told = {"book": "rule", "at": at, "closes_usd_e4": {}, "trails_usd_e4": {}, "ends_session": False, **stated}
    entries = chain([deposit("rule", day, 100), Draft(f"mark:{at}:rule", day, "mark", told)])
    JournalStore(pool, clock=lambda: NOON).append(entries)
    (trouble,) = _verified(kept, pool).troubles
    assert trouble.check == "journal"
    assert "101" in trouble.detail
