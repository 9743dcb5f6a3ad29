"""Memory that no process uses goes back to the machine: all services together fit on a head of 4 GB."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable

import pyarrow as pa

FRUGAL = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""For every process of the platform. By default the C library keeps a heap for each thread, and Arrow one of its own.

A fixed `MALLOC_TRIM_THRESHOLD_` would save as much again, and half the time of an analysis would go into fresh pages.
"""
M_ARENA_MAX = -8
"""The number of that option of `mallopt`; source: glibc's malloc.h."""


HAND_BACK_EVERY_S = 60.0


def be_frugal() -> None:
    """This process, and those that it starts, take memory as `FRUGAL` says; what the environment sets already stays."""
    if "ARROW_DEFAULT_MEMORY_POOL" not in os.environ:
        pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # the GNU C library has it
    if mallopt is not None and "MALLOC_ARENA_MAX" not in os.environ:
        mallopt(M_ARENA_MAX, int(FRUGAL["MALLOC_ARENA_MAX"]))
    for name, value in FRUGAL.items():
        os.environ.setdefault(name, value)


def hand_back() -> None:
    """What this process has freed is the machine's again, where the C library can do that."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def keep_handing_back(
    every_s: float = HAND_BACK_EVERY_S, once: Callable[[], None] = hand_back
) -> threading.Thread:  # fmt: skip
    """From now on it does so by itself, in a thread that ends with the process; for one that nobody tells to."""

    def handing_back() -> None:
        pause = threading.Event()
        while not pause.wait(every_s):
            once()

    thread = threading.Thread(target=handing_back, name="hand back", daemon=True)
    thread.start()
    return thread
