"""Rows of files of texts: CSV, Parquet or JSON lines. What is none of them ends in a sentence, never in its bytes."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trading.errors import BadDataError

MOST_BYTES = 4 * 1024**3
FIELD_BYTES = 64 * 1024**2
"""A field beyond it means that a quote was never closed."""
HEAD_BYTES = 4_096
COLUMNS_SHOWN = 20
NAME_CHARS = 40
DELIMITERS = ",;\t|@"
_BINARY = {
    b"\x1f\x8b": "compressed by gzip: unpack it",
    b"PK\x03\x04": "a zip archive or an Excel workbook: unpack it, or save it as CSV",
    b"BZh": "compressed by bzip2: unpack it",
    b"\xfd7zXZ": "compressed by xz: unpack it",
    b"\x28\xb5\x2f\xfd": "compressed by zstd: unpack it",
    b"ARROW1": "an Arrow or Feather file: save it as Parquet",
    b"ORC": "an ORC file: save it as Parquet",
    b"SQLite format 3": "an SQLite database: export the table as CSV",
    b"%PDF": "a PDF: it holds no table that can be read",
    b"\x89HDF": "an HDF5 file: save it as Parquet",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save it as CSV",
    b"\x80\x04": "a Python pickle: save it as Parquet",
    b"\x80\x05": "a Python pickle: save it as Parquet",
}
Named = Callable[[Sequence[str]], Mapping[str, str]]
"""Of the names of a file's columns, which is which of our fields; raises BadDataError when one is lacking."""


@dataclass(frozen=True)
class TextFile:
    """A file of texts.

    Attributes:
        done: what was not done when it can't be read: "imported", "evaluated".
    """

    path: Path
    done: str = "imported"

    def rows(self, named: Named) -> Rows:
        """Every row, by our names; text of a CSV as bytes, since each line may be in an encoding of its own.

        Raises:
            BadDataError: when the file is absent, damaged, too large, binary, or lacks a column.
        """
        try:
            if self.path.stat().st_size > MOST_BYTES:
                raise self.error(f"is over {MOST_BYTES // 1024**3} GiB", "Split it.")
            with self.path.open("rb") as file:
                head = file.read(HEAD_BYTES)
            if head[:4] == b"PAR1" or self.path.suffix.lower() in {".parquet", ".pq"}:
                return self._parquet(named)
            self._require_text(head)
            data = as_utf8(self.path.read_bytes())
        except OSError as error:
            raise self.error(f"can't be read: {error.strerror or error}") from None
        except pa.ArrowException as error:
            raise self.error(f"is no Parquet file: {printable(str(error))}") from None
        if self.path.suffix.lower() in {".jsonl", ".ndjson", ".json"}:
            return self._json(data, named)
        return self._csv(data, named)

    def error(self, what: str, way_out: str = "") -> BadDataError:
        """The error for this file."""
        return BadDataError(f"{self.path} {what}. Nothing was {self.done}. {way_out}".rstrip())

    def _require_text(self, head: bytes) -> None:
        for magic, said in _BINARY.items():
            if head.startswith(magic):
                what, _, way_out = said.partition(": ")
                raise self.error(f"is {what}", f"{way_out[0].upper()}{way_out[1:]}.")
        if b"\0" in head and head[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
            raise self.error("is a binary file of no known kind", "Save it as CSV, Parquet or JSON lines.")

    def _parquet(self, named: Named) -> Rows:
        file = pq.ParquetFile(self.path)
        columns = named(file.schema_arrow.names)
        table = file.read(columns=list(dict.fromkeys(columns.values())))
        values = {field: _plain(table.column(name)) for field, name in columns.items()}
        rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
        return Rows(rows, metadata=dict(file.schema_arrow.metadata or {}))

    def _csv(self, data: bytes, named: Named) -> Rows:
        csv.field_size_limit(FIELD_BYTES)
        # Latin-1 gives each byte its own character, so fields keep their bytes whatever encoding each line is in.
        text = data.decode("latin-1")
        read = Rows()
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, named))
        try:
            header = _header(next(reader, []))
            at = {field: header.index(name) for field, name in named(header).items()}
            for row in reader:
                if len(row) == len(header):
                    read.rows.append({field: row[column].encode("latin-1") for field, column in at.items()})
                elif row:
                    read.refused["other number of fields than the header"] += 1
        except csv.Error as error:
            raise self.error(f"is no CSV at line {reader.line_num}: {printable(str(error))}") from None
        return read

    def _json(self, data: bytes, named: Named) -> Rows:
        """One object a line, or one list of objects."""
        found: list[dict[str, Any]] = []
        refused: Counter[str] = Counter()
        for value in _json_values(data, refused):
            if isinstance(value, dict):
                found.append(value)
            else:
                refused["no JSON object"] += 1
        if not found:
            return Rows([], refused)
        columns = named(list(dict.fromkeys(name for row in found for name in row)))
        return Rows([{field: row.get(name) for field, name in columns.items()} for row in found], refused)


@dataclass(frozen=True)
class Rows:
    """What a file held: each row is in `rows` or counted in `refused`, exactly once.

    Attributes:
        metadata: of a Parquet file, as its writer left it.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    metadata: Mapping[bytes, bytes] = field(default_factory=dict)


def as_utf8(data: bytes) -> bytes:
    """The bytes without a byte-order mark; UTF-16, which says so in its mark, is turned into UTF-8."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def printable(text: str, limit_chars: int = 200) -> str:
    """The text for a message: on one line, without control characters, not too long."""
    shown = "".join(character if character.isprintable() else "\ufffd" for character in text[: limit_chars + 1])
    return shown if len(shown) <= limit_chars else f"{shown[:limit_chars]}\u2026"


def columns_shown(names: Iterable[str]) -> str:
    """The names of a file's columns for a message, the first twenty of them, each cut where it is long."""
    every = list(names)
    shown = ", ".join(repr(printable(name, NAME_CHARS)) for name in every[:COLUMNS_SHOWN])
    more = f" and {len(every) - COLUMNS_SHOWN:,} more" if len(every) > COLUMNS_SHOWN else ""
    return f"[{shown}]{more}"


def _header(row: Sequence[str]) -> list[str]:
    return [name.encode("latin-1").decode("utf-8", errors="replace").strip() for name in row]


def _delimiter(text: str, named: Named) -> str:
    """What stands between the columns: the first with which the header has ours; a comma where none does."""
    line = text[: FIELD_BYTES // 64].split("\n", 1)[0].rstrip("\r")
    for mark in DELIMITERS:
        try:
            named(_header(next(csv.reader([line], delimiter=mark), [])))
        except (BadDataError, csv.Error):
            continue
        return mark
    return ","


def _json_values(data: bytes, refused: Counter[str]) -> Iterable[Any]:
    if data.lstrip()[:1] == b"[":
        try:
            yield from json.loads(_decoded(data))
        except (ValueError, RecursionError):
            refused["not JSON"] += 1
        return
    for line in data.splitlines():
        if line.strip():
            try:
                yield json.loads(_decoded(line))
            except (ValueError, RecursionError):
                refused["not JSON"] += 1


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _plain(column: Any) -> list[Any]:
    """The values as Python's own; times to the microsecond."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values
