"""How much memory this machine has left."""

from __future__ import annotations

import psutil

MIB = 1 << 20


def free_memory_mib() -> int:
    """Memory that could be had now without ending anything: what is available, and what is free of the swap."""
    return int((psutil.virtual_memory().available + psutil.swap_memory().free) / MIB)
