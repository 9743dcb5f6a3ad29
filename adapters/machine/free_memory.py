"""How much memory this machine has left, and what of ours goes back to it."""

from __future__ import annotations

import ctypes
import gc

import psutil
import pyarrow as pa

MIB = 1 << 20


def free_memory_mib() -> int:
    """Memory that could be had now without ending anything: what is available, and what is free of the swap."""
    return int((psutil.virtual_memory().available + psutil.swap_memory().free) / MIB)


def give_back() -> None:
    """Memory that this process freed and its allocators keep goes back to the machine, where the C library can."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl and macOS haven't
    if trim is not None:
        trim(0)
