"""Files that are there whole, or as they were before."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PART = ".part"


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """The file is there whole and on the disk, in the place of an earlier one, or as it was before; no half stays.

    Args:
        path: where a link leads to another file, that file is replaced. A device or a pipe is written to as it is.
        write: makes the file at the path that it is given.

    Raises:
        OSError: when the file can't be written.
    """
    target = path.resolve()
    if target.exists() and not target.is_file() and not target.is_dir():
        write(target)
        return
    part = target.with_name(f"{target.name}.{os.getpid()}{PART}")
    try:
        write(part)
        _synchronised(part)
        part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _synchronised(part: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
