"""The rows of one file as tables: where its columns begin, how they are called, some of the first rows, all rows."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from adapters.feeds.source import NoBarsError
from data.importing.files import BarFileIn, reading
from trading.errors import BadDataError

BLOCK_BYTES = 16 * 2**20
BATCH_ROWS = 500_000
HEAD_BYTES, HEAD_ROWS = 64 * 2**10, 5_000
DELIMITERS = ",;\t|"
LONG = '.rename_axis(["date", "symbol"]).to_csv("long.csv")'
TWO_HEADS = f'pd.read_csv("wide.csv", header=[0, 1], index_col=0).stack(1, future_stack=True).dropna(how="all"){LONG}'
"""Lines of pandas that make a table with a column a symbol long."""
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Columns:
    """The columns of a file, and where its rows begin.

    Attributes:
        names: as they stand in the file.
        delimiter: between them; empty for Parquet.
        skipped: lines before the first row.
        quoted: a value may hold a line's end.
        symbol: of all rows, where lines above them say it; else empty.
    """

    names: tuple[str, ...]
    delimiter: str = ""
    skipped: int = 0
    quoted: bool = False
    symbol: str = ""

    @property
    def told_apart(self) -> list[str]:
        """The names, those that stand there before with a number."""
        seen: Counter[str] = Counter()
        apart = []
        for name in self.names:
            seen[name] += 1
            apart.append(name if seen[name] == 1 else f"{name}\0{seen[name]}")
        return apart

    @property
    def nameless(self) -> Columns:
        """The same of a text whose first line is one of values: `f0`, `f1`, … ."""
        if not self.delimiter:
            return self
        return replace(self, names=tuple(f"f{at}" for at in range(len(self.names))), skipped=self.skipped - 1)


def columns_of(file: BarFileIn) -> Columns:
    """The columns of a file, its first line taken for their names.

    Raises:
        BadDataError: when it is empty, damaged, in another encoding, or its lines have no delimiter.
    """
    with reading(file.name):
        if file.open is None:
            with pq.ParquetFile(file.path) as parquet:
                return Columns(tuple(parquet.schema_arrow.names))
        with file.open() as stream:
            head = bytes(stream.read(HEAD_BYTES))
    _refuse_other_encodings(file.name, head)
    if not head.removeprefix(UTF8_MARK).strip():
        raise NoBarsError(f"{file.name} is empty")
    lines = head.removeprefix(UTF8_MARK).decode("utf-8", "replace").splitlines()
    first = next(at for at, line in enumerate(lines) if line.strip())
    told = lines[first].lower().strip().removeprefix("sep=")
    if len(told) == 1 and told in DELIMITERS and len(lines) > first + 1:  # as spreadsheets write it
        first += 1
    line = lines[first]
    counts = {mark: line.count(mark) for mark in DELIMITERS}
    delimiter = max(counts, key=lambda mark: counts[mark])
    if not counts[delimiter]:
        raise BadDataError(f"{file.name} has no column delimiter in its first line: {line[:80]!r}")
    heads = [next(csv.reader(io.StringIO(one), delimiter=delimiter), []) for one in lines[first : first + 3]]
    return _of_three_lines(heads, delimiter, first, b'"' in head) or Columns(
        tuple(heads[0]), delimiter, first + 1, b'"' in head
    )


def _of_three_lines(heads: list[list[str]], delimiter: str, first: int, quoted: bool) -> Columns | None:  # noqa: FBT001
    """Names, symbols and the name of the time on a line each, as yfinance writes its tables; None for another head."""
    if [head[:1] for head in heads[:2]] != [["Price"], ["Ticker"]] or heads[2][:1] not in (["Date"], ["Datetime"]):
        return None
    symbols = set(heads[1][1:])
    if len(symbols) > 1:
        raise BadDataError(
            f"the table is wide: its second line names {len(symbols)} symbols. None of its rows was taken. This makes "
            f"it one that can be imported: import pandas as pd; {TWO_HEADS}"
        )
    names = (heads[2][0], *heads[0][1:])
    return Columns(names, delimiter, first + 3, quoted, symbols.pop() if len(symbols) == 1 else "")


def _refuse_other_encodings(name: str, head: bytes) -> None:
    if head.startswith(UTF16_MARKS):
        raise BadDataError(
            f"{name} is UTF-16, which is no UTF-8 text (byte 1 is {head[0]:#x}). None of its rows was taken. Convert "
            f"it: iconv -f UTF-16 -t UTF-8 {name}"
        )
    try:
        head.rsplit(b"\n", 1)[0].decode()
    except UnicodeDecodeError as error:
        raise BadDataError(
            f"{name} is no UTF-8 text (byte {error.start + 1} is {head[error.start]:#x}). None of its rows was taken. "
            "Convert it, for example with iconv -f WINDOWS-1252 -t UTF-8"
        ) from None


def head_of(file: BarFileIn, columns: Columns, used: list[str], odd: list[str]) -> tuple[pa.Table, bool]:
    """Some of the first rows, text where the file is text, and whether they are all; see `rows_of`.

    Raises:
        BadDataError: when the file is damaged.
    """
    with reading(file.name):
        if file.open is None:
            with pq.ParquetFile(file.path) as parquet:
                first = next(parquet.iter_batches(batch_size=HEAD_ROWS, columns=used), None)
                rows = parquet.schema_arrow.empty_table().select(used) if first is None else pa.table(first)
                return rows, parquet.metadata.num_rows == rows.num_rows
        with file.open() as stream:
            head = bytes(stream.read(HEAD_BYTES))
            whole = not stream.read(1)
        lines = head if whole else head.rsplit(b"\n", 1)[0] + b"\n"
        if len(lines.splitlines()) <= columns.skipped:
            return pa.table({name: pa.array([], pa.string()) for name in used}), True
        options = _options(columns, used, _set_aside(odd))
        return pa_csv.read_csv(pa.BufferReader(lines), **options), whole


def _options(columns: Columns, used: list[str], odd_row: Any) -> dict[str, Any]:
    return {
        "read_options": pa_csv.ReadOptions(
            block_size=BLOCK_BYTES, column_names=columns.told_apart, skip_rows=columns.skipped
        ),
        "parse_options": pa_csv.ParseOptions(
            delimiter=columns.delimiter, invalid_row_handler=odd_row, newlines_in_values=columns.quoted
        ),
        "convert_options": pa_csv.ConvertOptions(
            column_types=dict.fromkeys(used, pa.string()), strings_can_be_null=False, include_columns=used
        ),
    }


def _set_aside(odd: list[str]) -> Callable[[Any], str]:
    def set_aside(row: Any) -> str:
        odd.append(row.text or "")
        return "skip"

    return set_aside


def rows_of(file: BarFileIn, columns: Columns, used: list[str], *, odd: list[str]) -> Iterator[pa.Table]:
    """The rows in tables of bounded size, text where the file is text.

    Args:
        file: to read.
        columns: that it has.
        used: those to read.
        odd: the text of each row that has too few or too many columns is appended here.

    Raises:
        BadDataError: when the file can't be read to its end.
    """
    with reading(file.name):
        if file.open is None:
            with pq.ParquetFile(file.path) as parquet:
                for batch in parquet.iter_batches(batch_size=BATCH_ROWS, columns=used):
                    yield pa.Table.from_batches([batch])
            return
        with file.open() as stream:
            for batch in pa_csv.open_csv(stream, **_options(columns, used, _set_aside(odd))):
                yield pa.Table.from_batches([batch])


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
            whole = pc.if_else(pc.is_finite(column), pc.round(column), None)
            column = whole.cast(pa.int64())  # epoch seconds, as pandas keeps them beside missing values
        if field.name in time and pa.types.is_integer(column.type):
            column = column.cast(pa.string())
        rows = rows.set_column(at, field.name, column)
    return rows


def line_of(file: BarFileIn, columns: Columns, names: Sequence[str], text: str) -> str:
    """Where the text stands first in one of the columns, such as ` on line 7`; empty where that can't be told.

    Args:
        file: that has it.
        columns: of the file.
        names: of the columns that are looked at.
        text: as it stands there, but for blanks around it.
    """
    if file.open is None:
        return ""
    at = [columns.names.index(name) for name in names if name in columns.names]
    with file.open() as stream:
        rows = csv.reader(io.TextIOWrapper(stream, "utf-8", "replace", newline=""), delimiter=columns.delimiter)
        with suppress(csv.Error):
            for row in rows:
                if rows.line_num > columns.skipped and any(row[one].strip() == text for one in at if one < len(row)):
                    return f" on line {rows.line_num:,}"
    return ""


def joined_time(rows: pa.Table, time: tuple[str, ...]) -> Any:
    """The column of times; two columns of text are joined by a blank."""
    if len(time) == 1:
        return rows.column(time[0])
    day, clock = (rows.column(name).cast(pa.string()) for name in time)
    return pc.binary_join_element_wise(day, clock, " ")
