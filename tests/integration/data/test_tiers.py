"""Moves and merges over a real database and real folders: every bar is readable, once, whatever happens."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pytest

from adapters.bars.files import BarFile, Kind
from adapters.bars.locations import TierLocations
from adapters.bars.places import FolderPlace
from adapters.bars.store import BarStore
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool
from adapters.postgres.tier_record import TierRecord
from data.tiers.archive import Archive
from tests.integration.data.tier_bars import NOON, SESSIONS, TODAY, WARM, bars_of, strays, write_small_files
from trading.errors import BadDataError, UnavailableError


@pytest.fixture
def locations(tmp_path: Path) -> TierLocations:
    """A volume and an archive outside the data folder."""
    for name in ("volume", "archive"):
        (tmp_path / name).mkdir()
    return TierLocations(warm=tmp_path / "volume", cold=str(tmp_path / "archive"))


def test_files_go_where_they_belong_and_become_one_a_month(home: Path, pool: Pool, locations: TierLocations) -> None:
    """April and May of the year before are cold, April is warm, May hot; each month is one file and reads the same."""
    expected = write_small_files(home, pool)
    done = Archive(home, TierRecord(pool), locations).run(TODAY)
    files = BarRecord(pool).files()
    assert {(file.tier, file.first_session.strftime("%Y-%m")) for file in files} == {
        ("cold", "2019-04"),
        ("cold", "2019-05"),
        ("warm", "2020-04"),
        ("hot", "2020-05"),
        ("hot", "2020-06"),
    }
    assert len(files) == 5
    assert done.rows_superseded == len(SESSIONS[::3]) - (SESSIONS.index(TODAY) % 3 == 0)
    store = BarStore(home, BarRecord(pool), locations)
    assert store.read_all().equals(expected)
    assert (
        pa.concat_tables(store.stream(date.min, date.max))
        .sort_by([("symbol", "ascending"), ("session", "ascending")])
        .equals(expected)
    )
    assert store.read(date(2019, 5, 1), date(2020, 5, 4), symbols=["B"]).num_rows == sum(
        date(2019, 5, 1) <= day <= date(2020, 5, 4) for day in SESSIONS
    )
    assert strays(home, pool, locations) == set()
    assert Archive(home, TierRecord(pool), locations).run(TODAY).moved == 0


def test_a_correction_of_an_old_bar_follows_it_and_wins(home: Path, pool: Pool, locations: TierLocations) -> None:
    """Written after the month went cold, it is read at once, and still after it is merged into the cold file."""
    days = SESSIONS[:5]
    write_small_files(home, pool, days)
    archive = Archive(home, TierRecord(pool), locations)
    archive.run(TODAY)
    store = BarStore(home, BarRecord(pool), locations)
    BarRecord(pool).record_files(store.write(bars_of(days[:1], 9.9, ["B"])), written_at=NOON)
    assert store.read(days[0], days[0]).column("close").to_pylist() == [10.4, 9.9]
    archive.run(TODAY)
    assert {file.tier for file in BarRecord(pool).files()} == {"cold"}
    assert len(BarRecord(pool).files()) == len({day.month for day in days})
    assert store.read(days[0], days[0]).column("close").to_pylist() == [10.4, 9.9]


def test_erasing_leaves_no_file_in_any_tier(home: Path, pool: Pool, locations: TierLocations, tmp_path: Path) -> None:
    """Also not on the volume and in the archive, which lie outside the data folder."""
    write_small_files(home, pool)
    archive = Archive(home, TierRecord(pool), locations)
    archive.run(TODAY)
    assert list((tmp_path / "archive").rglob("*.parquet"))
    archive.erase()
    assert not list(tmp_path.rglob("*.parquet"))


class _CorrectsMeanwhile(TierRecord):
    """A record into which a correction comes between the reading of the files and the change of the manifest."""

    meanwhile: list[Callable[[], None]]

    def swap(self, sources: Any, target: BarFile) -> None:
        """The correction first."""
        if self.meanwhile:
            self.meanwhile.pop()()
        super().swap(sources, target)


def test_a_merged_file_does_not_outrank_a_correction_written_meanwhile(home: Path, pool: Pool) -> None:
    """The correction is later than every source of the merged file, so it is right."""
    days = SESSIONS[-6:-2]
    write_small_files(home, pool, days)
    store, bars = BarStore(home, BarRecord(pool)), BarRecord(pool)
    record = _CorrectsMeanwhile(pool)
    record.meanwhile = [lambda: bars.record_files(store.write(bars_of(days[:1], 9.9, ["B"])), written_at=NOON)]
    Archive(home, record).run(TODAY + timedelta(days=29))
    assert store.read(days[0], days[0]).column("close").to_pylist() == [10.4, 9.9]


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@dataclass
class _Steps:
    """Counts what is done to files and record, and ends the process before a step or after it."""

    left: int

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


class _DyingPlace(FolderPlace):
    """A folder whose user may die at any call."""

    steps: _Steps

    def put(self, path: str, source: IO[bytes]) -> None:
        self.steps.step()
        super().put(path, source)
        self.steps.step()

    def delete(self, path: str) -> None:
        self.steps.step()
        super().delete(path)
        self.steps.step()


class _DyingRecord(TierRecord):
    """A record whose user may die at any call."""

    steps: _Steps

    def begin_change(self, paths: Any) -> int:
        self.steps.step()
        number = super().begin_change(paths)
        self.steps.step()
        return number

    def swap(self, sources: Any, target: BarFile) -> None:
        self.steps.step()
        super().swap(sources, target)
        self.steps.step()

    def end_change(self, change_id: int) -> None:
        self.steps.step()
        super().end_change(change_id)
        self.steps.step()


def _dying(home: Path, pool: Pool, left: int) -> Archive:
    steps = _Steps(left)
    record, place = _DyingRecord(pool), _DyingPlace(home)
    record.steps = place.steps = steps
    archive = Archive(home, record)
    archive._places = dict.fromkeys(("hot", "warm", "cold"), place)  # type: ignore[assignment]
    return archive


def test_an_end_before_or_after_any_step_leaves_every_bar_readable_once(home: Path, pool: Pool) -> None:
    """Step by step through a whole pass: the bars are the same after each end, and nothing is left over."""
    days = [*SESSIONS[:2], *WARM[:1]]
    for left in range(200):
        with pool.connection() as connection:
            connection.execute("TRUNCATE bar_files")
        shutil.rmtree(home, ignore_errors=True)
        expected = write_small_files(home, pool, days)
        store = BarStore(home, BarRecord(pool))
        try:
            _dying(home, pool, left).run(TODAY)
        except Killed:
            assert store.read_all().equals(expected), f"after {left} steps"
            Archive(home, TierRecord(pool)).recover()
            assert store.read_all().equals(expected), f"after {left} steps and the recovery"
            assert strays(home, pool) == set(), f"after {left} steps"
        else:
            break
    assert 20 < left < 200
    assert store.read_all().equals(expected)


class _MovedBetween(BarRecord):
    """A manifest that is out of date once: the files are moved right after it was read."""

    moves: list[Callable[[], Any]]

    def files(
        self, first: date | None = None, last: date | None = None, *, timeframe: Kind | None = "1d",
        written_by: datetime | None = None,
    ) -> list[BarFile]:  # fmt: skip
        """The manifest, then the move."""
        found = super().files(first, last, timeframe=timeframe, written_by=written_by)
        if self.moves:
            self.moves.pop()()
        return found


def test_a_file_that_moves_while_it_is_read_is_looked_up_again(home: Path, pool: Pool) -> None:
    """The reader gets all bars; a file that is really gone is an error that names it."""
    expected = write_small_files(home, pool)
    manifest = _MovedBetween(pool)
    manifest.moves = [lambda: Archive(home, TierRecord(pool)).run(TODAY)]
    assert BarStore(home, manifest).read_all().equals(expected)
    gone = BarRecord(pool).files()[0]
    (home / gone.path).unlink()
    with pytest.raises(BadDataError, match=gone.path):
        BarStore(home, BarRecord(pool)).read_all()


def test_a_damaged_file_is_not_moved(home: Path, pool: Pool) -> None:
    """One flipped byte and the file stays where it is, named in the error."""
    write_small_files(home, pool, SESSIONS[:1])
    file = BarRecord(pool).files()[0]
    data = bytearray((home / file.path).read_bytes())
    data[len(data) // 2] ^= 1
    (home / file.path).write_bytes(data)
    with pytest.raises(BadDataError, match="was not moved"):
        Archive(home, TierRecord(pool)).run(TODAY)
    assert (home / file.path).exists()
    assert TierRecord(pool).changes() == []


def test_a_volume_that_is_not_mounted_takes_nothing(home: Path, pool: Pool, tmp_path: Path) -> None:
    """The bars stay where they were and the error names the folder."""
    expected = write_small_files(home, pool, WARM)
    locations = TierLocations(warm=tmp_path / "absent")
    with pytest.raises(UnavailableError, match=r"absent does not take .*mounted"):
        Archive(home, TierRecord(pool), locations).run(TODAY)
    assert BarStore(home, BarRecord(pool), locations).read_all().equals(expected)
    assert strays(home, pool) == set()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 128 KiB; the test is skipped where none can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_in_a_move_loses_nothing(home: Path, pool: Pool, small_disk: Path) -> None:
    """What fitted is on the small disk, the rest where it was, all of it readable; with room again the pass goes on."""
    draw = random.Random(7)
    names = [f"S{number:05d}" for number in range(3_000)]
    store, record = BarStore(home, BarRecord(pool)), BarRecord(pool)
    days = [WARM[0], SESSIONS[0]]
    for day in days:
        shape = bars_of([day], symbols=names)
        closes = pa.array([draw.uniform(9.5, 10.5) for _ in names])  # 24 kB that don't compress
        record.record_files(store.write(shape.set_column(5, "close", closes)), written_at=NOON)
    expected = store.read_all()
    locations = TierLocations(warm=small_disk, cold=str(small_disk))
    (small_disk / "ballast").write_bytes(b"x" * 64_000)
    with pytest.raises(UnavailableError, match="No space left"):
        Archive(home, TierRecord(pool), locations).run(TODAY)
    tiered = BarStore(home, BarRecord(pool), locations)
    assert sorted(file.tier for file in record.files()) == ["hot", "warm"]
    assert tiered.read_all().equals(expected)
    assert strays(home, pool, locations) == set()
    (small_disk / "ballast").unlink()
    assert Archive(home, TierRecord(pool), locations).run(TODAY).moved == 1
    assert tiered.read_all().equals(expected)
