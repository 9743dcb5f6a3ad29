"""Imports of what real archives look like when something is wrong with them: named, counted, and the rest goes in."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapters.bars.store import BarStore
from adapters.calendar import sessions_between
from adapters.machine.lock import RunLock
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool
from adapters.record import Record
from data.importing.archive import open_archive
from data.importing.importer import BarImporter, ImportCounts
from data.importing.layout import Asked
from data.verification.report import Selection, verify_data
from tests.fakes.importing import HEAD, archive, asked
from trading.errors import BadDataError, InplayError, UnavailableError

NOON = datetime(2020, 6, 1, 16, tzinfo=UTC)
DAYS = [day.item() for day in sessions_between(date(2020, 1, 2), date(2020, 2, 28))]
ROWS = "".join(f"{day},10,10.5,9.5,10.{day.day:02},{1000 + day.day}\n" for day in DAYS)


def _import(home: Path, pool: Pool, path: Path, said: Asked | None = None) -> ImportCounts:
    counts = BarImporter(Record(pool, home), lambda: NOON).run(open_archive(path, said or Asked()))
    report = verify_data(Record(pool, home), Selection(), alive=False, clock=lambda: NOON)
    assert report.ok, report.troubles
    assert counts.rows_in == counts.rows_stored + counts.rows_quarantined + counts.rows_duplicate
    return counts


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("cut.csv.gz", gzip.compress((HEAD + ROWS * 40).encode())[:-200], "is damaged"),
        ("empty.csv", b"", "is empty"),
        ("other.csv", (HEAD + ROWS).replace(",", "~").encode(), "has no column delimiter"),
        ("headless.csv", ROWS.encode(), "the first line holds values"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\x00\x00,\x00\n" + bytes(range(256)) * 40, ""),
    ],
)
def test_a_file_that_is_no_table_of_bars_is_named_and_the_good_one_goes_in(
    home: Path, pool: Pool, tmp_path: Path, *, name: str, content: bytes, reason: str
) -> None:
    """A cut gzip, nothing at all, another delimiter, no header, a picture: none of their rows, all of the others'."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "A.csv").write_text(HEAD + ROWS)
    (folder / f"Z{name}").write_bytes(content)
    counts = _import(home, pool, folder)
    assert counts.rows_stored == len(DAYS)
    assert [(one.path, reason in one.reason) for one in counts.files_refused] == [(f"Z{name}", True)]


def test_a_gzip_that_was_cut_anywhere_is_never_taken_for_a_shorter_one(tmp_path: Path) -> None:
    """A cut of any length, also within the check sum at the end, is an error and not fewer rows."""
    (tmp_path / "A.csv").write_text(HEAD + ROWS)
    packed = gzip.compress((HEAD + ROWS * 40).encode())
    for kept in range(40, len(packed), 7):
        (tmp_path / "B.csv.gz").write_bytes(packed[:kept])
        files = dict(open_archive(tmp_path, Asked()).files())
        with pytest.raises(BadDataError):
            list(files["B.csv.gz"])


def test_a_file_alone_that_cannot_be_read_is_an_error_and_stores_nothing(
    home: Path, pool: Pool, tmp_path: Path
) -> None:
    """Without a header the first line would be taken for names; what to do is said."""
    (tmp_path / "bars.csv").write_text(ROWS)
    with pytest.raises(BadDataError, match=r"--no-header"):
        _import(home, pool, tmp_path / "bars.csv")
    assert BarRecord(pool).files(timeframe=None) == []


def test_dates_of_another_format_are_withheld_one_by_one(home: Path, pool: Pool, tmp_path: Path) -> None:
    """Three rows of sixty say 02/14/2020 in a file of 2020-02-14: each is in quarantine with its text."""
    mixed = ROWS
    for day in DAYS[25:28]:
        mixed = mixed.replace(str(day), f"{day:%m/%d/%Y}")
    (tmp_path / "A.csv").write_text(HEAD + mixed)
    counts = _import(home, pool, tmp_path / "A.csv")
    assert (counts.rows_stored, counts.quarantined) == (len(DAYS) - 3, {"unreadable_time": 3})


def test_a_folder_of_7000_files_with_three_bad_ones(home: Path, pool: Pool, tmp_path: Path) -> None:
    """The three are named, every row of the 6,997 others is stored."""
    folder = tmp_path / "in"
    count = archive(folder, symbols=6_997, first=date(2020, 1, 2), last=date(2020, 1, 8))
    (folder / "BAD1.csv").write_bytes(b"")
    (folder / "BAD2.csv.gz").write_bytes(gzip.compress((HEAD + ROWS).encode())[:-9])
    (folder / "BAD3.csv").write_text("a page that was not found\n")
    counts = _import(home, pool, folder)
    assert [one.path for one in counts.files_refused] == ["BAD1.csv", "BAD2.csv.gz", "BAD3.csv"]
    assert (count, counts.rows_in, counts.quarantined) == (6_997 * 5, 6_997 * 5, {"bad_price": count // 97})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1.5 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1536k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can't be mounted here: it needs root and the right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_in_an_import_loses_nothing(small_disk: Path, pool: Pool, tmp_path: Path) -> None:
    """The error says what to do; what is on record is whole; with room again the same import completes."""
    rows = archive(tmp_path / "in", symbols=150)
    home, filler = small_disk / "home", small_disk / "filler"
    filler.write_bytes(b"x" * 1_480_000)
    source = open_archive(tmp_path / "in", Asked())
    importer = BarImporter(Record(pool, home), lambda: NOON)
    with pytest.raises(UnavailableError, match=r"No space left on device.*untouched"):
        importer.run(source)
    before = verify_data(Record(pool, home), Selection(), alive=True, clock=lambda: NOON)
    assert [one for one in before.troubles if one.check != "import"] == []
    filler.unlink()
    counts = importer.run(source)
    assert counts.rows_in == rows == counts.rows_stored + counts.rows_quarantined
    assert verify_data(Record(pool, home), Selection(), alive=False, clock=lambda: NOON).ok
    assert BarStore(home, BarRecord(pool)).read_all().num_rows == counts.rows_stored


def test_an_import_while_a_run_is_alive_is_refused_with_advice(empty_url: str, home: Path, tmp_path: Path) -> None:
    """Whoever owns the folder is named, nothing is changed, and the way out is said; so it is for a release."""
    archive(tmp_path / "in", symbols=2)
    with RunLock(home, now=NOON):
        release = ["data", "quarantine", "release", "1", "--why", "x"]
        for command in (["import", "bars", str(tmp_path / "in"), "--yes"], release):
            ended = asked(home, *command, "--json", url=empty_url)
            told = json.loads(ended.stdout.splitlines()[-1])
            assert (ended.returncode, told["kind"]) == (1, "AlreadyRunningError")
            assert "Nothing was changed. Stop it with Ctrl-C" in told["error"]


def test_a_clock_that_was_set_back_is_noticed(home: Path, pool: Pool, tmp_path: Path) -> None:
    """Bars of a day that the clock says is to come are on record: nothing more is taken until the clock is right."""
    (tmp_path / "A.csv").write_text(HEAD + ROWS)
    (tmp_path / "B.csv").write_text(HEAD + ROWS)
    _import(home, pool, tmp_path / "A.csv")
    back = BarImporter(Record(pool, home), lambda: datetime(2020, 1, 15, 16, tzinfo=UTC))
    with pytest.raises(InplayError, match=r"2020-02-28 are on record, and this machine's clock says 2020-01-15"):
        back.run(open_archive(tmp_path / "B.csv", Asked()))
