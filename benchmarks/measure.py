"""Timing, peak memory and the tables that benchmarks print."""

from __future__ import annotations

import ctypes
import gc
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

RESET_PEAK = "5"
"""Written to clear_refs it sets the peak resident set back to the present one (proc(5))."""


@dataclass(frozen=True)
class Timing:
    """Wall time of one call.

    Attributes:
        median_s: of the repeats; `low_s` and `high_s` are the fastest and the slowest.
        peak_mb: how far resident memory rose above where the call began, in the repeat where it rose most.
    """

    median_s: float
    low_s: float
    high_s: float
    repeats: int
    peak_mb: float


@dataclass
class Table:
    """What one benchmark found: rows of words and figures, and a ratio that sums it up.

    Attributes:
        name: of the benchmark.
        what: what was measured on what, in words.
        notes: what was checked, and what a reader could misread.
    """

    name: str
    what: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, work: str, timing: Timing, **facts: float | str) -> None:
        """A row for one contender."""
        self.rows.append({"work": work, **asdict(timing), **facts})

    def text(self) -> str:
        """The table for a reader."""
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        cells = [columns, *([_shown(row.get(name)) for name in columns] for row in self.rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
        lines = [
            "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(pairs))
            for pairs in (list(zip(line, widths, strict=True)) for line in cells)
        ]
        return "\n".join([f"{self.name}: {self.what}", *lines, *(f"- {note}" for note in self.notes)])

    def json(self) -> str:
        """The table for a program, on one line."""
        return json.dumps(asdict(self), sort_keys=True)


def _shown(value: float | str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004
    return str(value)


def timed(call: Callable[[], Any], *, repeats: int, warm_up: bool = True) -> Timing:
    """How long the call takes, and how much memory it needs on top of what there is.

    Args:
        call: the work; its answer is dropped.
        repeats: how often it is timed.
        warm_up: do it once before, untimed, so that imports and caches count for no contender.
    """
    if warm_up:
        call()
    walls, peaks = [], []
    for _ in range(repeats):
        _give_back()
        Path("/proc/self/clear_refs").write_text(RESET_PEAK)
        before = _resident_kib("VmRSS")
        started = time.perf_counter()
        call()
        walls.append(time.perf_counter() - started)
        peaks.append(_resident_kib("VmHWM") - before)
    return Timing(statistics.median(walls), min(walls), max(walls), repeats, max(0, *peaks) / 1024)


def _give_back() -> None:
    """Memory that was freed is the system's again, so that the next rise shows; malloc_trim(3) where there is one."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _resident_kib(what: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1])
    raise RuntimeError(f"/proc/self/status has no {what}: benchmarks measure memory on Linux only")


def same(ours: float, theirs: float, what: str) -> None:
    """The two contenders did the same work.

    Raises:
        AssertionError: they didn't, so their times can't be compared.
    """
    if ours != theirs:
        raise AssertionError(f"the contenders differ in {what}: {ours} and {theirs}; nothing can be compared")
