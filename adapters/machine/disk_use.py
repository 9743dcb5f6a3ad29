"""How much of the disk a data folder takes."""

from __future__ import annotations

import os
from pathlib import Path

BLOCK_BYTES = 512
"""The unit of `st_blocks`, whatever the file system's own block is (stat(2))."""


def bytes_on_disk(folder: Path) -> int | None:
    """What the files below `folder` occupy; 0 when it does not exist, None when a part of it may not be read.

    Files that come and go meanwhile count or don't; a link counts as itself.
    """
    total = 0
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * BLOCK_BYTES
        except FileNotFoundError:
            continue
        except PermissionError:
            return None
    return total
