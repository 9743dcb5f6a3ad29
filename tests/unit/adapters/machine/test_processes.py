"""Processes of the tests' own: seen as they are, and ended only if they are the ones that were meant."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.machine.processes import STOPPED, ZOMBIE, Process, end, look_at, standing_still, this_process
from tests.fakes.eventually import eventually

SLEEPER = "import sys, time; print('up', flush=True); time.sleep(600)"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    """A process that sleeps."""
    with subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def _identity(pid: int) -> Process:
    """By the field of `man 5 proc` counted by hand: starttime is the 22nd; the name of this one has no space."""
    return Process(pid, int(Path(f"/proc/{pid}/stat").read_text().split()[21]))


def _state(process: Process) -> str:
    sight = look_at(process)
    return sight.state if sight else ""


def test_this_process_is_running_when_it_looks() -> None:
    """It has used the processor, and is found by its own number and start."""
    sight = look_at(this_process())
    assert this_process() == _identity(os.getpid())
    assert sight is not None
    assert sight.running
    assert sight.cpu_s > 0


def test_a_stopped_process_is_seen_and_ended(child: subprocess.Popen[str]) -> None:
    """SIGKILL works on it; afterwards it is a zombie until its parent asks, and then it is gone."""
    process = _identity(child.pid)
    os.kill(child.pid, signal.SIGSTOP)
    eventually(lambda: _state(process) == STOPPED, what="stopped")
    assert end(process)
    eventually(lambda: _state(process) == ZOMBIE, what="ended")
    assert child.wait() == -signal.SIGKILL
    assert look_at(process) is None
    assert not end(process)


def test_another_process_with_the_number_is_not_hit(child: subprocess.Popen[str]) -> None:
    """One that started at another tick is another one."""
    earlier = replace(_identity(child.pid), started_ticks=_identity(child.pid).started_ticks - 1)
    assert look_at(earlier) is None
    assert not end(earlier)
    assert child.poll() is None


def test_only_children_of_the_same_parent_stand_still_beside_us(child: subprocess.Popen[str]) -> None:
    """A stopped child of ours is none of our parent's: whoever it belongs to sees to it."""
    os.kill(child.pid, signal.SIGSTOP)
    eventually(lambda: _state(_identity(child.pid)) == STOPPED, what="stopped")
    assert child.pid not in {process.pid for process in standing_still()}
