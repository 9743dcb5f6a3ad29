"""Bars as files: what is written is what is read, or an error says why not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from adapters.bars.files import HOT, ROW_GROUP_ROWS, SHAPES, BarFile, Timeframe
from adapters.bars.store import BarStore
from trading.bars.intraday import INTRADAY_SCHEMA
from trading.bars.panel import BARS_SCHEMA
from trading.errors import BadDataError, UnavailableError

FRIDAY, MONDAY, TUESDAY = date(2010, 1, 29), date(2010, 2, 1), date(2010, 2, 2)


class ListedFiles:
    """A manifest in memory."""

    def __init__(self) -> None:
        self.rows: list[BarFile] = []

    def files(
        self, first: date | None = None, last: date | None = None, *, timeframe: Timeframe | None = "1d"
    ) -> list[BarFile]:
        """Files of the range, as they were listed."""
        low, high = first or date.min, last or date.max
        rows = [file for file in self.rows if file.last_session >= low and file.first_session <= high]
        return [file for file in rows if timeframe in (None, file.timeframe)]


def _bars(close: float = 25.5) -> pa.Table:
    rows = [(symbol, day, 25.0, 26.0, 24.5, close, 3_475_800) for day in (MONDAY, FRIDAY) for symbol in ("MSFT", "A")]
    return pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=BARS_SCHEMA.names).cast(BARS_SCHEMA)


@pytest.fixture
def manifest() -> ListedFiles:
    """An empty manifest."""
    return ListedFiles()


@pytest.fixture
def store(tmp_path: Path, manifest: ListedFiles) -> BarStore:
    """A store on an empty folder."""
    return BarStore(tmp_path, manifest)


def test_bars_come_back_sorted_and_unchanged(store: BarStore, manifest: ListedFiles) -> None:
    """A file a month; all bars are read, by symbol, then session, in the schema of the domain."""
    manifest.rows = store.write(_bars())
    assert [(file.sessions, file.rows) for file in manifest.rows] == [((FRIDAY,), 2), ((MONDAY,), 2)]
    expected = _bars().sort_by([("symbol", "ascending"), ("session", "ascending")])
    assert store.read_all().equals(expected)
    assert store.read(MONDAY, TUESDAY).column("session").to_pylist() == [MONDAY, MONDAY]
    assert store.read(FRIDAY, MONDAY, symbols=["MSFT"]).equals(expected.slice(2))
    assert store.read(TUESDAY, TUESDAY).equals(BARS_SCHEMA.empty_table())


def test_one_symbol_is_found_in_any_row_group(store: BarStore, manifest: ListedFiles) -> None:
    """A file of three row groups gives the bars of its first, a middle and its last symbol, and none of a stranger."""
    names = [f"S{number:05d}" for number in range(2 * ROW_GROUP_ROWS + 10)]
    count = len(names)
    columns = [names, [MONDAY] * count, *([[10.0] * count] * 4), [100] * count]
    manifest.rows = store.write(pa.table(columns, schema=BARS_SCHEMA))
    for name in (names[0], names[count // 2], names[-1]):
        assert store.read(MONDAY, MONDAY, symbols=[name]).column("symbol").to_pylist() == [name]
    assert store.read(MONDAY, MONDAY, symbols=["T"]).num_rows == 0


def test_minutes_are_filed_by_session(store: BarStore, manifest: ListedFiles) -> None:
    """What comes back are minutes in the schema of the domain, without the session that they are filed by."""
    start = datetime(2010, 1, 29, 14, 30, tzinfo=UTC)
    rows = [("A", start + timedelta(minutes=at), 10.0, 10.0, 10.0, 10.0, 5, FRIDAY) for at in (1, 0)]
    minutes = pa.table([pa.array(c) for c in zip(*rows, strict=True)], names=SHAPES["1m"].stored.names)
    manifest.rows = store.write(minutes.cast(SHAPES["1m"].stored), "1m")
    got = store.read(FRIDAY, FRIDAY, "1m")
    assert (got.schema, got.num_rows) == (INTRADAY_SCHEMA, 2)
    assert got.column("starts_at").to_pylist() == [start, start + timedelta(minutes=1)]
    assert store.read(FRIDAY, FRIDAY).num_rows == 0


def test_the_same_bars_make_the_same_files(store: BarStore) -> None:
    """Writing again changes no name and no hash, so a repeated import is harmless."""
    assert store.write(_bars()) == store.write(_bars())


def test_the_later_file_is_right(store: BarStore, manifest: ListedFiles, tmp_path: Path) -> None:
    """A bar in two files is read once, as the later file has it; the sweep removes what the manifest doesn't name."""
    first = store.write(_bars())
    later = store.write(_bars(close=25.9).slice(0, 1))
    manifest.rows = [*first, *later]
    assert store.read_all().column("close").to_pylist() == [25.5, 25.5, 25.5, 25.9]
    manifest.rows = first
    assert store.read_all().column("close").to_pylist() == [25.5] * 4
    assert store.sweep() == 1
    assert len(list((tmp_path / HOT / "1d").iterdir())) == 2


def test_a_changed_file_is_refused(store: BarStore, manifest: ListedFiles, tmp_path: Path) -> None:
    """One flipped byte is noticed before a bar is used."""
    manifest.rows = store.write(_bars())
    path = tmp_path / manifest.rows[0].path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadDataError, match="does not match the manifest"):
        store.read_all()


def test_a_missing_file_is_named(store: BarStore, manifest: ListedFiles, tmp_path: Path) -> None:
    """A file of the manifest that is gone is an error that names it."""
    manifest.rows = store.write(_bars())
    (tmp_path / manifest.rows[1].path).unlink()
    with pytest.raises(BadDataError, match=r"2010-02-01.*cannot be read"):
        store.read_all()


def test_what_cannot_be_written_leaves_no_half_of_it(manifest: ListedFiles) -> None:
    """/dev/full takes no byte, like a full disk: the error says so and there is no file."""
    store = BarStore(Path("/dev/full"), manifest)
    with pytest.raises(UnavailableError, match="cannot be written"):
        store.write(_bars())


def test_other_columns_are_refused(store: BarStore) -> None:
    """A table that is not of bars is not written."""
    with pytest.raises(BadDataError, match="bars need the columns"):
        store.write(_bars().drop_columns(["volume"]))
