"""Files that a command is asked to write: whole or not at all, and a refusal in words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trading.errors import ConfigurationError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """The file is there whole, in the place of an earlier one, or as it was before.

    Args:
        path: where a link leads to another file, that file is replaced. A device or a pipe is written to as it is.
        write: makes the file at the path that it is given.

    Raises:
        ConfigurationError: when the file can't be written.
    """
    with told_in_words(path):
        target = path.resolve()
        if target.exists() and not target.is_file() and not target.is_dir():
            write(target)
            return
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            write(part)
            part.replace(target)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


@contextmanager
def told_in_words(path: Path) -> Iterator[None]:
    """Whatever a disk refuses ends the command in a sentence.

    Args:
        path: that was to be written.
    """
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"{path} can't be written: {error.strerror or error}. What was there before is as it was, and so is the "
            "record. Name a place with room that you may write to."
        ) from error
