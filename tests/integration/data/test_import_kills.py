"""Kill -9 of a real import at random points: it completes afterwards, and every row is there exactly once.

`INPLAY_IMPORT_KILLS` says how many rounds (default 20; `make chaos` makes 50); the seed is in every failure message.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters.machine.lock import is_held
from adapters.postgres.migrate import erase
from adapters.postgres.pool import open_pool
from adapters.record import Record
from data.verification.report import Selection, verify_data
from tests.fakes.eventually import eventually
from tests.fakes.importing import archive, asked, ended, killed, start
from tests.integration.data.test_data_verify import NOON

ROUNDS = int(os.environ.get("INPLAY_IMPORT_KILLS", "20"))
pytestmark = pytest.mark.timeout(1800)


def _whole(home: Path, url: str) -> None:
    pool = open_pool(url)
    try:
        report = verify_data(Record(pool, home), Selection(), alive=False, clock=lambda: NOON)
    finally:
        pool.close()
    assert report.ok, report.troubles


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Forty files of two years, and how many rows they have."""
    folder = tmp_path_factory.mktemp("archive") / "in"
    return folder, archive(folder)


@pytest.fixture(scope="module")
def undisturbed_s(source: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long the import takes when nobody kills it, on the embedded database."""
    began = time.monotonic()
    ended(start(tmp_path_factory.mktemp("undisturbed") / "home", source[0]))
    return time.monotonic() - began


def _completed(home: Path, folder: Path, url: str) -> dict[str, Any]:
    """What the import told; begun again where a busy server said that it is, which is what that error asks for."""
    for _ in range(3):
        process = start(home, folder, url)
        out, said = process.communicate(timeout=300)
        if process.returncode == 0:
            break
        assert "UnavailableError" in out, f"{out}\n{said}"
    told: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert process.returncode == 0, told
    return told


def _killed_midway(process: subprocess.Popen[str], after_s: float) -> bool:
    """Whether the process was still at work after that long, and is no more."""
    assert process.stdout is not None
    select.select([process.stdout], [], [], after_s)  # it writes when it is done, so this ends early then
    return killed(process) == -signal.SIGKILL


def test_an_import_killed_at_random_points_completes_with_every_row_once(
    empty_url: str, source: tuple[Path, int], undisturbed_s: float, tmp_path: Path
) -> None:
    """Each round kills the same import once more; then it runs to its end, and the check of the data finds nothing."""
    folder, rows = source
    draw = random.Random(4)
    home, kills, longest_s = tmp_path / "home", 0, undisturbed_s
    for number in range(ROUNDS):
        process, began = start(home, folder, empty_url), time.monotonic()
        if _killed_midway(process, draw.uniform(0.3, longest_s * 1.05)):
            kills += 1
        else:  # a part was on record before, or the machine was busier when it was timed
            longest_s = max(min(longest_s, time.monotonic() - began), 0.6)
        if number % 5 == 4:  # complete, check, begin anew with another copy of the rows
            told = _completed(home, folder, empty_url)
            assert told["rows_in"] == rows, f"seed 4, round {number}"
            _whole(home, empty_url)
            home = _anew(home, empty_url, number)
    told = _completed(home, folder, empty_url)
    assert told["rows_in"] == rows == told["rows_stored"] + told["rows_quarantined"] + told["rows_duplicate"]
    _whole(home, empty_url)
    assert kills >= ROUNDS // 3, f"only {kills} of {ROUNDS} came before the end: the range of times is wrong"


def _anew(home: Path, url: str, number: int) -> Path:
    pool = open_pool(url)
    erase(pool)
    pool.close()
    return home.with_name(f"home-{number}")


def test_an_import_that_is_interrupted_says_so_and_goes_on(
    empty_url: str, source: tuple[Path, int], tmp_path: Path
) -> None:
    """Ctrl-C is exit code 130 without a traceback; the next import completes."""
    process = start(tmp_path / "home", source[0], empty_url)
    eventually_locked(tmp_path / "home")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode in {130, 0}, said
    assert "Traceback" not in said
    assert process.returncode == 0 or "stopped: what is on record stays" in said
    assert ended(start(tmp_path / "home", source[0], empty_url))["rows_in"] == source[1]
    _whole(tmp_path / "home", empty_url)


def eventually_locked(home: Path) -> None:
    """An import is at work on the data folder."""
    eventually(lambda: is_held(home), what="the import has the folder", timeout_s=60)


def _has_tables(url: str) -> bool:
    """An import is past its first connection: one that is stopped while it connects gives up, as it should."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT to_regclass('schema_migrations') IS NOT NULL").fetchone()
    return row == (True,)


def test_two_imports_at_once_do_not_mix(empty_url: str, source: tuple[Path, int], tmp_path: Path) -> None:
    """The second is refused with what to do, and the first is not disturbed."""
    first = start(tmp_path / "home", source[0], empty_url)
    eventually(lambda: _has_tables(empty_url), what="the import has its connections", timeout_s=60)
    first.send_signal(signal.SIGSTOP)  # it holds the folder for as long as the second one asks for it
    second = asked(tmp_path / "home", "import", "bars", str(source[0]), "--yes", "--json", url=empty_url)
    first.send_signal(signal.SIGCONT)
    told = json.loads(second.stdout.splitlines()[-1])
    assert (second.returncode, told["kind"]) == (1, "AlreadyRunningError")
    assert "Nothing was changed" in told["error"]
    assert ended(first)["rows_in"] == source[1]
    _whole(tmp_path / "home", empty_url)
