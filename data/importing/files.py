"""Files and folders of bars: CSV, also packed or zipped, and Parquet."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from trading.errors import BadDataError, UnavailableError

TEXT = (".csv", ".txt", ".tsv")
PACKED = (".gz", ".bz2", ".xz", ".zst")


@dataclass(frozen=True)
class BarFileIn:
    """One file, or one member of a zip file.

    Attributes:
        name: relative to what was asked for.
        stem: without folder and endings; the symbol, where no column says it.
        open: the uncompressed text; None for Parquet.
    """

    name: str
    path: Path
    stem: str
    open: Callable[[], AbstractContextManager[IO[bytes]]] | None


def files_of(path: Path) -> tuple[list[BarFileIn], list[tuple[str, str]]]:
    """The files of bars at `path`, by name, and those that aren't any, with the reason.

    Raises:
        BadDataError: when there is nothing at `path`.
    """
    if not path.exists():
        raise BadDataError(f"There is no {path}. Nothing was stored.")
    found: list[BarFileIn] = []
    strange: list[tuple[str, str]] = []
    for one in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        name = one.name if path.is_file() else str(one.relative_to(path))
        try:
            found += _members(one, name)
        except (BadDataError, zipfile.BadZipFile, OSError) as error:
            strange.append((name, str(error)))
    return found, strange


def _members(path: Path, name: str) -> list[BarFileIn]:
    endings = [ending.lower() for ending in path.suffixes]
    last = endings[-1] if endings else ""
    if last == ".zip":
        packed = _Zip(path)
        return [_text(path, f"{name}/{one}", Path(one).name, partial(packed.member, one)) for one in packed.names()]
    if last == ".parquet":
        return [BarFileIn(name, path, _stem(path.name), None)]
    if last in TEXT or (last in PACKED and len(endings) > 1 and endings[-2] in TEXT):
        return [_text(path, name, path.name, partial(_plain, path))]
    raise BadDataError(f"{last or 'no ending'} is no ending of a file of bars: {', '.join(TEXT)}, packed, or .parquet")


def _text(path: Path, name: str, file_name: str, opened: Callable[[], Any]) -> BarFileIn:
    return BarFileIn(name, path, _stem(file_name), opened)


def _stem(name: str) -> str:
    for ending in (*PACKED, *TEXT, ".parquet"):
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    return name


@contextmanager
def _plain(path: Path) -> Iterator[Any]:
    with pa.input_stream(str(path), compression="detect") as stream:
        yield stream


class _Zip:
    """A zip file that is opened once for all of its members."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)

    def names(self) -> list[str]:
        return sorted(info.filename for info in self._archive.infolist() if not info.is_dir())

    @contextmanager
    def member(self, name: str) -> Iterator[Any]:
        with self._archive.open(name) as stream:
            yield stream


@contextmanager
def reading(name: str) -> Iterator[None]:
    """What goes wrong in reading is an error that names the file."""
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, EOFError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise BadDataError(f"{name} is damaged or no file of bars: {error}") from error
    except PermissionError as error:
        raise UnavailableError(f"{name} may not be read: {error.strerror}. Nothing was stored.") from error
    except OSError as error:
        raise BadDataError(f"{name} is damaged or cut off: {error}") from error


def digest_of(files: list[BarFileIn]) -> str:
    """SHA-256 of the only file, or of the names and hashes of all."""
    paths = sorted({file.path for file in files})
    hashes = []
    for path in paths:
        with path.open("rb") as stream:
            hashes.append(hashlib.file_digest(stream, "sha256").hexdigest())
    if len(paths) == 1:
        return hashes[0]
    names = sorted({(file.name, file.path) for file in files}, key=lambda pair: str(pair[1]))
    by_path = dict(zip(paths, hashes, strict=True))
    lines = "".join(f"{name}\0{by_path[path]}\n" for name, path in names)
    return hashlib.sha256(lines.encode()).hexdigest()
