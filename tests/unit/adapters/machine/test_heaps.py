"""Memory that was freed is handed back, in a process of its own: what the test runner holds would blur it."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading

import pytest

from adapters.machine.heaps import keep_handing_back

MEASURE = """
import os
import pyarrow as pa
from adapters.machine.heaps import be_frugal, hand_back

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE")

be_frugal()
blocks = [bytes(4096) for _ in range(50_000)]
blocks = blocks[::20]  # some stay, all over the heap
kept = resident()
hand_back()
print(os.environ["MALLOC_ARENA_MAX"], pa.default_memory_pool().backend_name, kept - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="functions of the GNU C library")
def test_what_was_freed_between_what_is_kept_goes_back() -> None:
    """Of 200 MB in small blocks, some kept in between, over half is the machine's again; the settings are in force."""
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True)
    arenas, pool, back = done.stdout.split()
    assert (arenas, pool) == ("2", "system")
    assert int(back) > 100 * 2**20


def test_a_process_hands_back_by_itself() -> None:
    """Again and again, on a thread that ends with the process."""
    count, came = itertools.count(1), threading.Event()

    def counted() -> None:
        if next(count) == 3:
            came.set()

    assert keep_handing_back(0.001, counted).daemon
    assert came.wait(10)
