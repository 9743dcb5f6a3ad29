"""Files that a command is asked to write: whole or not at all, and a refusal in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.machine import whole_files
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
        whole_files.write_whole(path, write)


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
