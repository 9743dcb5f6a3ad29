"""Imports of bars into a real PostgreSQL: every row is accounted for, once."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from adapters.bars.store import BarStore
from adapters.calendar import sessions_between
from adapters.feeds.source import Chunk, TableSource
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool
from adapters.record import Record
from data.importing import spill
from data.importing.archive import open_archive
from data.importing.importer import BarImporter, ImportCounts
from data.importing.layout import Asked
from trading.bars.panel import BARS_SCHEMA
from trading.errors import BadDataError, UnavailableError

NOON = datetime(2020, 6, 1, 16, tzinfo=UTC)
DAYS = [day.item() for day in sessions_between(date(2020, 1, 2), date(2020, 3, 31))]


def _bars(close: float = 10.2, symbols: str = "AB", days: list[date] = DAYS) -> pa.Table:
    rows = [(symbol, day, 10.0, 10.5, 9.5, close, 1000) for symbol in symbols for day in days]
    return pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=BARS_SCHEMA.names).cast(BARS_SCHEMA)


@pytest.fixture
def importer(home: Path, pool: Pool) -> BarImporter:
    """An importer on an empty record."""
    return BarImporter(Record(pool, home), lambda: NOON)


def _adds_up(counts: ImportCounts) -> bool:
    return counts.rows_in == counts.rows_stored + sum(counts.quarantined.values()) + counts.rows_duplicate


def test_every_row_is_stored_refused_or_a_duplicate(importer: BarImporter, home: Path, pool: Pool) -> None:
    """A price of zero is refused, a row that stands twice is a duplicate, the rest is stored and read back."""
    zero = _bars(symbols="C", days=DAYS[:1]).set_column(5, "close", pa.array([0.0]))
    given = pa.concat_tables([_bars(), _bars().slice(0, 3), zero])
    counts = importer.run(TableSource("made", "0" * 64, given))
    assert (counts.rows_stored, counts.rows_duplicate, counts.quarantined) == (2 * len(DAYS), 3, {"bad_price": 1})
    assert _adds_up(counts)
    assert BarStore(home, BarRecord(pool)).read(DAYS[0], DAYS[-1]).equals(_bars())
    assert BarRecord(pool).sessions() == DAYS


def test_the_same_again_stores_nothing(importer: BarImporter, pool: Pool) -> None:
    """Neither the very same source nor another one with the same bars adds a file."""
    importer.run(TableSource("made", "0" * 64, _bars()))
    files = BarRecord(pool).files()
    for name, digest in (("made", "0" * 64), ("made again", "1" * 64)):
        counts = importer.run(TableSource(name, digest, _bars()))
        assert (counts.rows_stored, counts.rows_duplicate) == (0, 2 * len(DAYS))
        assert _adds_up(counts)
    assert BarRecord(pool).files() == files


def test_a_correction_is_a_new_version_and_the_old_one_stays_on_record(
    importer: BarImporter, home: Path, pool: Pool
) -> None:
    """The later close is read, the earlier one is in the list of corrections."""
    importer.run(TableSource("made", "0" * 64, _bars()))
    corrected = _bars(close=10.3, symbols="A", days=DAYS[5:6])
    counts = importer.run(TableSource("late", "1" * 64, corrected))
    assert (counts.rows_stored, counts.rows_corrected) == (1, 1)
    store = BarStore(home, BarRecord(pool))
    assert store.read(DAYS[5], DAYS[5]).column("close").to_pylist() == [10.3, 10.2]
    assert store.read(DAYS[0], DAYS[-1]).num_rows == 2 * len(DAYS)
    with pool.connection() as connection:
        assert connection.execute("SELECT symbol, session, close FROM bar_corrections").fetchall() == [
            ("A", DAYS[5], 10.2)
        ]


def test_a_source_that_contradicts_the_record_is_refused(importer: BarImporter, pool: Pool) -> None:
    """All closes differ: nothing is stored unless it is said that the source is right."""
    importer.run(TableSource("made", "0" * 64, _bars()))
    other = TableSource("adjusted", "1" * 64, _bars(close=10.3))
    with pytest.raises(BadDataError, match=r"have other values there, such as A of 2020-01-02.*--replace"):
        importer.run(other)
    assert len(BarRecord(pool).files()) == 3
    assert importer.run(other, replace=True).rows_corrected == 2 * len(DAYS)


def test_parts_are_judged_as_the_whole_is(importer: BarImporter, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A split right after a part's end is seen from the bars of the part before, and is counted."""
    monkeypatch.setattr(spill, "PART_ROWS", 30)
    march = [day for day in DAYS if day.month == 3]
    before = _bars(symbols="A", days=[day for day in DAYS if day.month < 3])
    halves = [("A", day, 5.0, 5.25, 4.75, 5.1, 2000) for day in march]
    after = pa.table([pa.array(c) for c in zip(*halves, strict=True)], names=BARS_SCHEMA.names).cast(BARS_SCHEMA)
    counts = importer.run(TableSource("made", "0" * 64, pa.concat_tables([after, before])))
    assert [(one.gate, one.severity, one.findings) for one in counts.findings if "split" in one.gate] == [
        ("split_guessed", "warning", 1)
    ]
    assert [(split.session, split.factor) for split in BarRecord(pool).splits()] == [(march[0], 2.0)]


class _Stopped(TableSource):
    """A source that is stopped after its first file."""

    def files(self) -> Iterator[tuple[str, Iterator[Chunk]]]:
        yield "one", iter([Chunk(self.table)])
        raise KeyboardInterrupt


def test_a_stopped_import_goes_on(importer: BarImporter, home: Path, pool: Pool) -> None:
    """What was stopped in reading left nothing, and the same import then stores all rows once."""
    with pytest.raises(KeyboardInterrupt):
        importer.run(_Stopped("made", "0" * 64, _bars()))
    assert BarRecord(pool).files() == []
    counts = importer.run(TableSource("made", "0" * 64, _bars()))
    assert (counts.new, counts.rows_stored) == (True, 2 * len(DAYS))
    assert not list((home / "import").glob("*"))


def test_a_folder_gives_what_can_be_read_and_names_what_cannot(importer: BarImporter, tmp_path: Path) -> None:
    """A cut-off gzip, an empty file and a picture are named; of the good files what is a bar is stored."""
    folder = tmp_path / "in"
    folder.mkdir()
    head = "Date,Open,High,Low,Close,Adj Close,Volume\n"
    good = "".join(f"{day},10,10.5,9.5,10.2,9.9,1000\n" for day in DAYS)
    (folder / "A.csv").write_text(head + good)
    (folder / "B.csv").write_text(
        head + f"{DAYS[0]},ten,10.5,9.5,10.2,9.9,1000\n{DAYS[1]},10,10.5\n31/31/2020" + ",1" * 6
    )
    packed = gzip.compress((head + good * 50).encode())
    (folder / "C.csv.gz").write_bytes(packed[: len(packed) // 2])
    (folder / "D.csv").write_bytes(b"")
    (folder / "E.png").write_bytes(b"\x89PNG")
    archive = open_archive(folder, Asked())
    assert archive.guessed == ("the symbol is taken from the file's name",)
    counts = importer.run(archive)
    assert (counts.rows_in, counts.rows_stored) == (len(DAYS) + 3, len(DAYS))
    assert counts.quarantined == {"malformed_row": 1, "not_a_number": 1, "unreadable_time": 1}
    assert _adds_up(counts)
    assert [refused.path for refused in counts.files_refused] == ["E.png", "C.csv.gz", "D.csv"]


def test_a_full_disk_is_an_error_that_says_what_was_kept(pool: Pool) -> None:
    """Bars that can't be written leave no row of the manifest."""
    record = BarRecord(pool)
    with pytest.raises(UnavailableError, match="cannot be written"):
        BarImporter(Record(pool, Path("/dev/full")), lambda: NOON).run(TableSource("made", "0" * 64, _bars()))
    assert record.files() == []


def test_a_symbol_that_was_silent_for_longer_than_the_tail_is_compared_all_the_same(
    importer: BarImporter, pool: Pool
) -> None:
    """Fourteen months after its last bar, in another import, the price is five times as high: a break."""
    early = [day.item() for day in sessions_between(date(2018, 10, 1), date(2018, 11, 15))]
    importer.run(TableSource("early", "0" * 64, _bars(symbols="A", days=early)))
    rows = [("A", day, 50.0, 52.5, 47.5, 51.0 + day.day / 100, 1000) for day in DAYS]
    late = pa.table([pa.array(c) for c in zip(*rows, strict=True)], names=BARS_SCHEMA.names).cast(BARS_SCHEMA)
    importer.run(TableSource("late", "1" * 64, late))
    assert [(cut.symbol, cut.session) for cut in BarRecord(pool).breaks()] == [("A", DAYS[0])]
    assert "symbol_reuse" in {finding.gate for finding in BarRecord(pool).findings()}


def test_adjusted_closes_tell_of_splits_and_dividends(
    importer: BarImporter, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 7-for-1 split and, at the seam of two parts, a dividend of 0.20 USD on a close of 10."""
    monkeypatch.setattr(spill, "PART_ROWS", 30)
    split, paid = DAYS[10], next(day for day in DAYS if day.month == 2)
    lines = ["Date,Open,High,Low,Close,Adj Close,Volume"]
    for at, day in enumerate(DAYS):
        price = 70.0 if day < split else 10.0
        adjusted = price * (1 / 7 if day < split else 1.0) * (0.98 if day < paid else 1.0)
        lines.append(f"{day},{price},{price * 1.01},{price * 0.99},{price},{adjusted:.6f},{100_000 + at}")
    (tmp_path / "A.csv").write_text("\n".join(lines) + "\n")
    importer.run(open_archive(tmp_path / "A.csv", Asked()))
    assert [(one.session, one.numerator, one.denominator) for one in BarRecord(pool).splits()] == [(split, 7, 1)]
    assert BarRecord(pool).breaks() == []
    with pool.connection() as connection:
        ((symbol, session, factor, amount),) = connection.execute(
            "SELECT symbol, session, factor, amount_usd FROM dividends"
        ).fetchall()
    assert (symbol, session, factor, amount) == ("A", paid, pytest.approx(0.98), pytest.approx(0.2))
