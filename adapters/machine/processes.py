"""Processes of this machine, as `/proc` tells them: whether one is still the same, at work, or standing still.

Source: `man 5 proc`, the fields of `/proc/PID/stat`.
"""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
STOPPED, TRACED, ZOMBIE = "T", "t", "Z"
"""Letters of states: stopped by a signal, held by a debugger, ended."""
RUNNING = frozenset("RD")
"""On a core or waiting for one, or for a disk."""
_STATE, _PARENT, _USER_TIME, _SYSTEM_TIME, _STARTED = 0, 1, 11, 12, 19
"""Places after the closing bracket of the name."""


@dataclass(frozen=True, order=True)
class Process:
    """One process for good: a number is used again, a number with its start isn't.

    Attributes:
        pid: its number.
        started_ticks: when it was started, in clock ticks since the machine was.
    """

    pid: int
    started_ticks: int


@dataclass(frozen=True)
class Sight:
    """What a look at a process tells.

    Attributes:
        state: letter of its main thread.
        cpu_s: processor time of all its threads so far, in seconds.
        running: a thread is on a core, waits for one, or for a disk.
    """

    state: str
    cpu_s: float
    running: bool


def this_process() -> Process:
    """The one that asks."""
    fields = _fields(PROC / "self" / "stat")
    return Process(os.getpid(), int(fields[_STARTED]) if fields else 0)


def look_at(process: Process) -> Sight | None:
    """How it does; None when it is gone, whoever has its number now."""
    folder = PROC / str(process.pid)
    fields = _fields(folder / "stat")
    if not fields or int(fields[_STARTED]) != process.started_ticks:
        return None
    cpu_s = (int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])) / TICKS_PER_S
    return Sight(fields[_STATE], cpu_s, any(state in RUNNING for state in _thread_states(folder)))


def standing_still() -> dict[Process, str]:
    """Children of this process's parent that a signal has stopped, with the title that each shows."""
    found = {}
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        fields = _fields(folder / "stat")
        if fields and fields[_STATE] == STOPPED and int(fields[_PARENT]) == os.getppid():
            found[Process(int(folder.name), int(fields[_STARTED]))] = title_of(int(folder.name))
    return found


def title_of(pid: int) -> str:
    """What the process calls itself; empty when it is gone."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")[0].decode(errors="replace")
    except OSError:
        return ""


def end(process: Process) -> bool:
    """It is killed, which works on one that is stopped too; False, and nothing is done, when it is gone already.

    The kernel's handle of a process is opened before its start is compared, so that no other one is ever hit.
    """
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return False
    try:
        if look_at(process) is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            return True
        return False
    finally:
        os.close(handle)


def _fields(path: Path) -> list[str]:
    """From the state on; the name before it may hold spaces and brackets. Empty when there is no such process."""
    try:
        return path.read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _thread_states(folder: Path) -> list[str]:
    try:
        threads = list((folder / "task").iterdir())
    except OSError:
        return []
    return [fields[_STATE] for thread in threads if (fields := _fields(thread / "stat"))]
