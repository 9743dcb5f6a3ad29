"""One run per data folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.machine.lock import RunLock
from trading.errors import AlreadyRunningError

ROOT = Path(__file__).parents[4]
BEGAN = datetime(2010, 1, 4, 14, 30, tzinfo=UTC)
HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from adapters.machine.lock import RunLock
RunLock(Path(sys.argv[1]), now=datetime(2010, 1, 4, 14, 30, tzinfo=UTC)).acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_run_is_told_who_owns_the_folder(tmp_path: Path) -> None:
    """The error names process and beginning of the run that owns the folder."""
    with RunLock(tmp_path, now=BEGAN), pytest.raises(AlreadyRunningError) as caught:
        RunLock(tmp_path, now=BEGAN).acquire()
    assert f"process {os.getpid()}, since 2010-01-04T14:30:00+00:00" in str(caught.value)


def test_a_run_that_ended_frees_the_folder(tmp_path: Path) -> None:
    """After release the next run takes the folder."""
    with RunLock(tmp_path, now=BEGAN):
        pass
    with RunLock(tmp_path, now=BEGAN):
        assert (tmp_path / "run.lock").read_text().startswith(f"process {os.getpid()},")


def test_kill_9_frees_the_folder(tmp_path: Path) -> None:
    """The kernel releases the lock of a killed run; a file left behind means nothing."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(AlreadyRunningError, match=f"process {holder.pid}"):
        RunLock(tmp_path, now=BEGAN).acquire()
    holder.send_signal(signal.SIGKILL)
    holder.wait(10)
    with RunLock(tmp_path, now=BEGAN):
        assert (tmp_path / "run.lock").exists()
