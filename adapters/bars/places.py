"""Where files lie: a folder, or a bucket of an object store that speaks S3. What is written is whole or not there."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import IO, Any, Protocol

from pyarrow import fs
from pydantic import SecretStr

from trading.errors import ConfigurationError, UnavailableError

CHUNK_BYTES = 4 * 1024 * 1024
PART = ".part"
"""Ends the name of a file that is still being written."""
CONNECT_TIMEOUT_S, REQUEST_TIMEOUT_S, ATTEMPTS = 5.0, 30.0, 3
S3 = "s3://"


class Readable(Protocol):
    """Files by relative path, to be read.

    Every method raises OSError as the file system does, FileNotFoundError for a path that isn't there; the caller
    knows what the file means and says it.

    Attributes:
        words: which place it is, for a message.
        remote: it can be away for a while without being damaged.
    """

    words: str
    remote: bool

    def open(self, path: str) -> IO[bytes]:
        """The file, for reading at any position."""
        ...

    def sha256(self, path: str) -> str | None:
        """The file's hash; None where telling it would mean to fetch the file."""
        ...


class Place(Readable, Protocol):
    """Files by relative path, to be written and deleted too."""

    def put(self, path: str, source: IO[bytes]) -> None:
        """What `source` holds from here on is in the file, durably; before, there was the old file or none."""
        ...

    def delete(self, path: str) -> None:
        """The file is not there, nor half of it."""
        ...

    def sizes(self) -> dict[str, int]:
        """Every file with its size in bytes."""
        ...


class FolderPlace:
    """Files below a folder.

    Args:
        root: the folder.
        given: it must exist already: a volume that isn't mounted is not to be mistaken for an empty folder.
    """

    remote = False

    def __init__(self, root: Path, *, given: bool = False) -> None:
        self.root = root
        self.words = str(root)
        self._given = given

    def open(self, path: str) -> IO[bytes]:
        """See `Place`."""
        return (self.root / path).open("rb")

    def put(self, path: str, source: IO[bytes]) -> None:
        """See `Place`."""
        if self._given and not self.root.is_dir():
            raise FileNotFoundError(2, "the folder does not exist (is its volume mounted?)", str(self.root))
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + PART)
        try:
            with part.open("wb") as file:
                shutil.copyfileobj(source, file, CHUNK_BYTES)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        sync(target.parent)

    def delete(self, path: str) -> None:
        """See `Place`."""
        for name in (path, path + PART):
            (self.root / name).unlink(missing_ok=True)

    def sizes(self) -> dict[str, int]:
        """See `Place`; a file that vanishes meanwhile isn't in it."""
        found = {}
        for path in self.root.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file():
                    found[path.relative_to(self.root).as_posix()] = path.stat().st_size
        return found

    def sha256(self, path: str) -> str | None:
        """See `Place`; computed once in a process as long as the file isn't touched."""
        status = (self.root / path).stat()
        return _digest(str(self.root / path), status.st_mtime_ns, status.st_size)


@dataclass(frozen=True)
class S3Access:
    """How to reach an object store; without keys those of the environment (`AWS_…`) or the machine are used."""

    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None


class BucketPlace:
    """Objects below `s3://BUCKET/PREFIX`.

    An object appears when its upload is complete, so half of one is never seen.
    """

    remote = True

    def __init__(self, url: str, access: S3Access) -> None:
        self.words = url.rstrip("/")
        self._root = self.words.removeprefix(S3)
        self._access = access
        if not self._root or self._root.startswith("/"):
            raise ConfigurationError(f"{url} names no bucket. It reads s3://BUCKET/PREFIX.")

    @cached_property
    def _files(self) -> Any:
        given = self._access
        keys: dict[str, Any] = {}
        if given.access_key is not None and given.secret_key is not None:
            keys = {
                "access_key": given.access_key.get_secret_value(),
                "secret_key": given.secret_key.get_secret_value(),
            }
        scheme, _, host = (given.endpoint or "").rpartition("://")
        if given.endpoint:
            keys |= {"endpoint_override": host, "scheme": scheme or "https"}
        return fs.S3FileSystem(
            region=given.region,
            connect_timeout=CONNECT_TIMEOUT_S,
            request_timeout=REQUEST_TIMEOUT_S,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
            **keys,
        )

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"

    def open(self, path: str) -> IO[bytes]:
        """See `Place`."""
        file: IO[bytes] = self._files.open_input_file(self._at(path))
        return file

    def put(self, path: str, source: IO[bytes]) -> None:
        """See `Place`."""
        with self._files.open_output_stream(self._at(path)) as file:
            while chunk := source.read(CHUNK_BYTES):
                file.write(chunk)

    def delete(self, path: str) -> None:
        """See `Place`."""
        with suppress(FileNotFoundError):
            self._files.delete_file(self._at(path))

    def sizes(self) -> dict[str, int]:
        """See `Place`."""
        below = fs.FileSelector(self._root, recursive=True, allow_not_found=True)
        start = len(self._root) + 1
        found = self._files.get_file_info(below)
        return {info.path[start:]: info.size for info in found if info.type == fs.FileType.File}

    def sha256(self, path: str) -> str | None:  # noqa: ARG002 - the port's name
        """See `Place`: not told. Objects carry a checksum in each page of theirs instead."""
        return None


def place_at(where: str, access: S3Access) -> Place:
    """The folder or bucket that a setting names."""
    return BucketPlace(where, access) if where.startswith(S3) else FolderPlace(Path(where), given=True)


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The rest of the file, piece by piece."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def digest_of(file: IO[bytes]) -> str:
    """SHA-256 of the rest of the file."""
    digest = hashlib.sha256()
    for chunk in chunks(file):
        digest.update(chunk)
    return digest.hexdigest()


def put_bytes(place: Place, path: str, data: bytes | memoryview, *, lost: str) -> None:
    """The bytes are in the file.

    Args:
        place: to write to.
        path: in it.
        data: all of the file.
        lost: what of it is not lost, for the message.

    Raises:
        UnavailableError: when the disk is full or the place refuses; no half-written file is left.
    """
    try:
        place.put(path, io.BytesIO(data))
    except OSError as error:
        raise UnavailableError(refused(place, path, error, lost)) from error


def refused(place: Place, path: str, error: OSError, lost: str) -> str:
    """What to say when a place doesn't take a file."""
    what = "Free some space or correct the permissions" if not place.remote else "Check the address, the keys, the net"
    return f"{place.words} does not take {path}: {error.strerror or error}. {lost} {what}, then run again."


@lru_cache(maxsize=65_536)
def _digest(path: str, mtime_ns: int, size: int) -> str:  # noqa: ARG001 - a file that was touched is read again
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(folder: Path) -> None:
    """The renames in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
