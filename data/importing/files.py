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
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from trading.errors import BadDataError, UnavailableError

BLOCK_BYTES = 16 * 2**20
BATCH_ROWS = 500_000
TEXT = (".csv", ".txt", ".tsv")
PACKED = (".gz", ".bz2", ".xz", ".zst")
DELIMITERS = ",;\t|"
HEAD_BYTES = 64 * 2**10


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
        with zipfile.ZipFile(path) as archive:
            inside = sorted(info.filename for info in archive.infolist() if not info.is_dir())
        return [_text(path, f"{name}/{one}", Path(one).name, partial(_zipped, path, one)) for one in inside]
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


@contextmanager
def _zipped(path: Path, member: str) -> Iterator[Any]:
    with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
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


def head_of(file: BarFileIn, *, header: bool) -> tuple[list[str], pa.Table]:
    """Names of the columns and some of the first rows, text where the file is text.

    Raises:
        BadDataError: when the file is empty, damaged, or its lines have no delimiter.
    """
    with reading(file.name):
        if file.open is None:
            with pq.ParquetFile(file.path) as parquet:
                first = next(parquet.iter_batches(batch_size=5_000), None)
                names = parquet.schema_arrow.names
                return names, parquet.schema_arrow.empty_table() if first is None else pa.Table.from_batches([first])
        with file.open() as stream:
            head = stream.read(HEAD_BYTES)
    if not head.strip():
        raise BadDataError(f"{file.name} is empty")
    lines = pa.py_buffer(bytes(head).rsplit(b"\n", 1)[0] + b"\n")
    options = {
        "read_options": _names(header=header),
        "parse_options": pa_csv.ParseOptions(delimiter=delimiter_of(file, head), invalid_row_handler=lambda _: "skip"),
    }
    try:
        lines.to_pybytes().decode()
    except UnicodeDecodeError as error:
        raise BadDataError(
            f"{file.name} is no UTF-8 text (byte {error.start + 1} is {head[error.start]:#x}). None of its rows was "
            "taken. Convert it, for example with iconv -f WINDOWS-1252 -t UTF-8"
        ) from None
    with reading(file.name):
        names = pa_csv.read_csv(pa.BufferReader(lines), **options).column_names
        text = pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        return names, pa_csv.read_csv(pa.BufferReader(lines), convert_options=text, **options)


def delimiter_of(file: BarFileIn, head: bytes) -> str:
    """The delimiter of the first line.

    Raises:
        BadDataError: when there is none.
    """
    line = bytes(head).lstrip(b"\xef\xbb\xbf\r\n").split(b"\n", 1)[0].decode("utf-8", "replace")
    counts = {mark: line.count(mark) for mark in DELIMITERS}
    best = max(counts, key=lambda mark: counts[mark])
    if not counts[best]:
        raise BadDataError(f"{file.name} has no column delimiter in its first line: {line[:80]!r}")
    return best


def _names(*, header: bool) -> pa_csv.ReadOptions:
    return pa_csv.ReadOptions(block_size=BLOCK_BYTES, autogenerate_column_names=not header)


def rows_of(file: BarFileIn, columns: list[str], *, header: bool, odd: list[str]) -> Iterator[pa.Table]:
    """The rows in tables of bounded size, text where the file is text.

    Args:
        file: to read.
        columns: to read.
        header: whether the first line names the columns.
        odd: the text of each row that has too few or too many columns is appended here.

    Raises:
        BadDataError: when the file can't be read to its end or lacks a column.
    """
    with reading(file.name):
        if file.open is None:
            with pq.ParquetFile(file.path) as parquet:
                _require(file.name, columns, parquet.schema_arrow.names)
                for batch in parquet.iter_batches(batch_size=BATCH_ROWS, columns=columns):
                    yield pa.Table.from_batches([batch])
            return
        with file.open() as stream:
            head = stream.read(HEAD_BYTES)
        if not head.strip():
            raise BadDataError(f"{file.name} is empty")
        yield from _csv_rows(file, columns, delimiter_of(file, head), header=header, odd=odd)


def _csv_rows(
    file: BarFileIn, columns: list[str], delimiter: str, *, header: bool, odd: list[str]
) -> Iterator[pa.Table]:
    def set_aside(row: Any) -> str:
        odd.append(row.text or "")
        return "skip"

    assert file.open is not None  # noqa: S101 - text files are opened by it
    options = {
        "read_options": _names(header=header),
        "parse_options": pa_csv.ParseOptions(delimiter=delimiter, invalid_row_handler=set_aside),
        "convert_options": pa_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False, include_columns=columns
        ),
    }
    with file.open() as stream:
        try:
            reader = pa_csv.open_csv(stream, **options)
        except KeyError as error:
            raise BadDataError(f"{file.name} has no column {error}") from error
        for batch in reader:
            yield pa.Table.from_batches([batch])


def _require(name: str, columns: list[str], there: list[str]) -> None:
    missing = [column for column in columns if column not in there]
    if missing:
        raise BadDataError(f"{name} has no column {', '.join(map(repr, missing))}; it has {', '.join(there)}")


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


def plain(rows: pa.Table, time: tuple[str, ...]) -> pa.Table:
    """The rows with each value as itself: categories as what they stand for, numbers that are times as text.

    Raises:
        BadDataError: when a column holds lists or the like.
    """
    for at, field in enumerate(rows.schema):
        column, kind = rows.column(at), field.type
        if pa.types.is_nested(kind):
            raise BadDataError(f"the column {field.name!r} holds {kind}, which is no value of a bar.")
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
        if field.name in time and pa.types.is_floating(column.type):
            column = pc.round(column).cast(pa.int64())  # epoch seconds, as pandas keeps them beside missing values
        if field.name in time and pa.types.is_integer(column.type):
            column = column.cast(pa.string())
        rows = rows.set_column(at, field.name, column)
    return rows


def joined_time(rows: pa.Table, time: tuple[str, ...]) -> Any:
    """The column of times; two columns of text are joined by a blank."""
    if len(time) == 1:
        return rows.column(time[0])
    day, clock = (rows.column(name).cast(pa.string()) for name in time)
    return pc.binary_join_element_wise(day, clock, " ")
