"""The embedded database shared by commands: whoever started it stops it only when nobody else is using it.

A command that finds the data folder owned by another uses the other's server and holds `shared` meanwhile. The owner
holds `exclusive` while its server starts and while it stops, so that nobody connects to one that is half there.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trading.errors import UnavailableError

NAME = "server.lock"
LOOK_EVERY_S = 0.05
LONGEST_S = 3_600.0
"""So long an owner waits for those that use its server; a long backtest beside a short look."""


@contextmanager
def shared(home: Path, *, wait_s: float = 120.0) -> Iterator[None]:
    """The server, if there is one, neither starts nor stops.

    Raises:
        UnavailableError: when it was still starting or stopping after so long.
    """
    with _locked(home, fcntl.LOCK_SH, wait_s):
        yield


@contextmanager
def exclusive(home: Path, *, wait_s: float = LONGEST_S) -> Iterator[None]:
    """Nobody uses the server, and nobody begins to.

    Raises:
        UnavailableError: when somebody still used it after so long.
    """
    with _locked(home, fcntl.LOCK_EX, wait_s):
        yield


@contextmanager
def _locked(home: Path, how: int, wait_s: float) -> Iterator[None]:
    try:
        handle = os.open(home / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UnavailableError(
            f"The data folder {home} cannot be used: {error.strerror}. Nothing was changed. Set INPLAY_HOME to a "
            "folder that you may write."
        ) from None
    try:
        until = time.monotonic() + wait_s
        while not _taken(handle, how):
            if time.monotonic() > until:
                raise UnavailableError(
                    f"Another command is using the database of {home}, or starting or stopping it, for over "
                    f"{wait_s:.0f} s. Nothing was changed. Try again when it has ended."
                )
            time.sleep(LOOK_EVERY_S)
        yield
    finally:
        os.close(handle)


def _taken(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
