"""Who may take files away: the sweep of an import, a move, a compaction and a backup never meet."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "files.lock"


@contextmanager
def files_lock(home: Path) -> Iterator[None]:
    """No other process takes a file of bars away meanwhile; the kernel frees the lock however this one ends.

    A folder that can't hold a lock (a read-only one, or none) can't lose a file either and needs none.
    """
    folder = home / "bars"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        yield
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
