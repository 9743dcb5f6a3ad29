"""Bars as files: what is written is what is read, or an error says why not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from adapters.bars import HOT, BarFile, BarStore
from trading.errors import BadDataError, UnavailableError
from trading.panel import BARS_SCHEMA

MONDAY, TUESDAY, WEDNESDAY = date(2010, 1, 4), date(2010, 1, 5), date(2010, 1, 6)


class ListedFiles:
    """A manifest in memory."""

    def __init__(self) -> None:
        self.rows: list[BarFile] = []

    def files(self, first: date | None = None, last: date | None = None) -> list[BarFile]:
        """Files of the range, in order."""
        low, high = first or date.min, last or date.max
        rows = [file for file in self.rows if file.last_session >= low and file.first_session <= high]
        return sorted(rows, key=lambda file: file.first_session)


def _bars(close: float = 25.5) -> pa.Table:
    rows = [(symbol, day, 25.0, 26.0, 24.5, close, 3_475_800) for day in (TUESDAY, MONDAY) for symbol in ("MSFT", "A")]
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
    """All bars are read, by session, then symbol, in the schema of the domain."""
    manifest.rows = store.write(_bars())
    assert [(file.first_session, file.rows) for file in manifest.rows] == [(MONDAY, 2), (TUESDAY, 2)]
    expected = _bars().sort_by([("session", "ascending"), ("symbol", "ascending")])
    assert store.read_all().equals(expected)
    assert store.read(TUESDAY, WEDNESDAY).equals(expected.slice(2))
    assert store.read(WEDNESDAY, WEDNESDAY).equals(BARS_SCHEMA.empty_table())


def test_the_same_bars_make_the_same_files(store: BarStore) -> None:
    """Writing again changes no name and no hash, so a repeated import is harmless."""
    assert store.write(_bars()) == store.write(_bars())


def test_a_new_version_leaves_the_old_one_until_the_manifest_names_it(
    store: BarStore, manifest: ListedFiles, tmp_path: Path
) -> None:
    """Between writing and the manifest's commit readers see the old bars; the sweep removes what is not named."""
    manifest.rows = store.write(_bars())
    newer = store.write(_bars(close=25.9))
    assert store.read_all().column("close").to_pylist() == [25.5] * 4
    manifest.rows = newer
    assert store.read_all().column("close").to_pylist() == [25.9] * 4
    assert store.sweep() == 2
    assert len(list((tmp_path / HOT).iterdir())) == 2


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
    with pytest.raises(BadDataError, match=r"session=2010-01-05.*cannot be read"):
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
