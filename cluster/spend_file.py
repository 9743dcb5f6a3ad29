"""The file of the record of costs: whole lines or none, one writer at a time, unreadable bytes set aside.

Every function ends within seconds and raises OSError alone: whoever keeps books decides what a failure means.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from cluster.spend_lines import Piece

LOCK_TRIES, LOCK_PAUSE_S = 40, 0.05
LARGEST = 64 * 1024**2
"""In bytes; a line has about 250, so that is more machines than anyone rents."""
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS)
ASIDE = ".unreadable-"
"""Between a file's name and that of what was set aside of it."""
Signature = tuple[int, int, int]
"""Of a version of the file; another writer's entry changes it."""


def signature(path: Path) -> Signature | None:
    """The version that lies there; None where nothing does. Raises: OSError."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def read_bytes(path: Path) -> bytes:
    """What the file holds; nothing where it isn't. Raises: OSError, also for what is no regular file."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    try:
        _check_regular(handle)
        return read_all(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[int]:
    """A handle on the file, made if need be, that no other process of ours writes to meanwhile. Raises: OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    try:
        _check_regular(handle)
        _lock(handle)
        yield handle
    finally:
        os.close(handle)  # which unlocks it


def read_all(handle: int) -> bytes:
    """The whole file. Raises: OSError."""
    size = os.fstat(handle).st_size
    if size > LARGEST:
        raise OSError(errno.EFBIG, f"it has {size:,} bytes, more than any record of costs")
    content = b""
    while len(content) < size:
        part = os.pread(handle, size - len(content), len(content))
        if not part:
            break
        content += part
    return content


def append(handle: int, line: bytes) -> int:
    """The line is on disk, after a newline. Returns: where it begins. Raises: OSError; the file is as before then."""
    end = os.fstat(handle).st_size
    begins = b"" if end == 0 or os.pread(handle, 1, end - 1) == b"\n" else b"\n"
    try:
        _write(handle, begins + line, end)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(handle, end)
        raise
    return end + len(begins)


def replace(handle: int, offset: int, before: bytes, after: bytes) -> bool:
    """The bytes there are others of the same number, if they were what they were. Raises: OSError."""
    if os.pread(handle, len(before), offset) != before:
        return False
    try:
        _write(handle, after, offset)
    except OSError:
        with contextlib.suppress(OSError):
            os.pwrite(handle, before, offset)
        raise
    return True


def cut_off(handle: int, offset: int, tail: bytes) -> None:
    """The file ends at `offset` if it ended in that tail; otherwise it is as before. Raises: OSError."""
    if os.fstat(handle).st_size == offset + len(tail) and os.pread(handle, len(tail), offset) == tail:
        os.ftruncate(handle, offset)


def set_aside(handle: int, path: Path, pieces: Sequence[Piece]) -> Path:
    """The unreadable bytes are in a file of their own, and blank in this one. Returns: that file. Raises: OSError.

    Its name is made of what it holds, so that a repeat after a crash makes no second.
    """
    content = b"\n".join(piece.unreadable for piece in pieces) + b"\n"
    aside = path.with_name(f"{path.name}{ASIDE}{hashlib.sha256(content).hexdigest()[:8]}")
    kept = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        _write(kept, content, 0)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    finally:
        os.close(kept)
    for piece in pieces:
        replace(handle, piece.offset, piece.unreadable, piece.instead)
    return aside


def found_aside(path: Path) -> list[Path]:
    """The files in which unreadable bytes of this one lie. Raises: OSError."""
    try:
        return sorted(each for each in path.parent.iterdir() if each.name.startswith(f"{path.name}{ASIDE}"))
    except FileNotFoundError:
        return []


def _write(handle: int, content: bytes, offset: int) -> None:
    done = 0
    while done < len(content):  # a full disk takes a part first
        done += os.pwrite(handle, content[done:], offset + done)
    os.fsync(handle)


def _check_regular(handle: int) -> None:
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")


def _lock(handle: int) -> None:
    """Nobody else has the lock. Where files can't be locked nobody has it. Raises: OSError after two seconds."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in NO_LOCKS:
                return
            if error.errno not in (errno.EAGAIN, errno.EACCES, errno.EINTR):
                raise
            time.sleep(LOCK_PAUSE_S)
        else:
            return
    raise OSError(errno.EAGAIN, "another process has it locked")
