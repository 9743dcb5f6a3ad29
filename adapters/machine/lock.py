"""The lock of the data folder: one run at a time, released by the kernel however the run ends."""

from __future__ import annotations

import fcntl
import os
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from trading.errors import AlreadyRunningError, UnavailableError

NAME = "run.lock"


class RunLock:
    """The exclusive right to a data folder, as a context manager.

    Args:
        home: the data folder; made if absent.
        now: what the second run is told as the beginning of the first.
    """

    def __init__(self, home: Path, *, now: datetime) -> None:
        self._path = home / NAME
        self._now = now
        self._handle: int | None = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def acquire(self) -> None:
        """The folder is ours until `release` or the end of this process; children don't inherit it.

        Raises:
            AlreadyRunningError: naming the run that owns it.
            UnavailableError: when the folder cannot be made or written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise UnavailableError(
                f"The data folder {self._path.parent} cannot be used: {error.strerror}. Nothing was changed. Set "
                "INPLAY_HOME to a folder that you may write."
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(handle, 200, 0).decode(errors="replace").strip() or "which has just begun"
            os.close(handle)
            raise AlreadyRunningError(
                f"Another run ({owner}) owns {self._path.parent}. Nothing was changed. Stop it with Ctrl-C or "
                "`kill -INT` its process, or give this one another INPLAY_HOME."
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()}, since {self._now.isoformat(timespec='seconds')}\n".encode(), 0)
        self._handle = handle

    def release(self) -> None:
        """The folder is free for the next run."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def is_held(home: Path) -> bool:
    """Whether a run owns the data folder now, which a process id alone can't tell: ids are used again.

    The lock is tried, shared and for an instant. A run that starts in that very instant is refused and says so.

    Raises:
        UnavailableError: when the lock's file may not be read.
    """
    path = home / NAME
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise UnavailableError(
            f"Whether a run owns {home} can't be told: {path}: {error.strerror}. Nothing was changed. Ask as the user "
            "who started the run."
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
