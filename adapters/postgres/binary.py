"""Arrow tables as the bytes of PostgreSQL's binary COPY, column by column instead of value by value.

Source: PostgreSQL documentation, COPY, section "Binary Format": a header, then each row as the count of its fields and
each field as its length in bytes (-1 for NULL) and its value in network byte order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trading.arrays import Flags, Ints
from trading.errors import BadDataError

Bytes = npt.NDArray[np.uint8]

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
CHUNK_ROWS = 50_000
EPOCH_DAYS, EPOCH_MICROSECONDS = 10_957, 946_684_800_000_000
"""From 1970-01-01, where Arrow counts from, to 2000-01-01, where PostgreSQL does."""
TEXT = 25


@dataclass(frozen=True)
class _Fixed:
    """A type of fixed width: as what Arrow reads it, as which number, how that goes over the wire, and what is less."""

    meant: Any
    number: Any
    wire: str
    less: int = 0


_FIXED: Mapping[int, _Fixed] = MappingProxyType(
    {
        16: _Fixed(pa.bool_(), pa.uint8(), "u1"),
        20: _Fixed(pa.int64(), pa.int64(), ">i8"),
        21: _Fixed(pa.int16(), pa.int16(), ">i2"),
        23: _Fixed(pa.int32(), pa.int32(), ">i4"),
        701: _Fixed(pa.float64(), pa.float64(), ">f8"),
        1082: _Fixed(pa.date32(), pa.int32(), ">i4", EPOCH_DAYS),
        1184: _Fixed(pa.timestamp("us", tz="UTC"), pa.int64(), ">i8", EPOCH_MICROSECONDS),
    }
)
"""By PostgreSQL's number of the type: bool, int8, int2, int4, float8, date, timestamptz (microseconds)."""


def copy_bytes(table: pa.Table, types: list[int]) -> Iterator[bytes]:
    """The table as what `COPY … FROM STDIN (FORMAT BINARY)` reads, in pieces of bounded size.

    Args:
        table: one column for each of the table in the database, in its order; null is NULL.
        types: PostgreSQL's number of each column's type.

    Raises:
        BadDataError: when a column doesn't fit its type, or the type is none that is known here.
    """
    yield HEADER
    for start in range(0, table.num_rows, CHUNK_ROWS):
        part = table.slice(start, CHUNK_ROWS).combine_chunks()
        fields = [_field(part, number, kind) for number, kind in enumerate(types)]
        yield _rows(fields, part.num_rows).tobytes()
    yield TRAILER


@dataclass(frozen=True)
class _Field:
    """One column on its way: `length` in bytes by row, -1 for NULL, and the bytes of those that aren't, in order."""

    length: Ints
    data: Bytes


def _field(table: pa.Table, number: int, kind: int) -> _Field:
    column = pa.array(table.column(number).combine_chunks())
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    name = table.column_names[number]
    try:
        if kind == TEXT:
            return _text(column.cast(pa.string()), valid)
        if kind in _FIXED:
            return _fixed(column, valid, _FIXED[kind])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadDataError(f"column {name}: {error}; nothing was written") from None
    raise BadDataError(f"column {name} is of a type ({kind}) that can't be copied; nothing was written")


def _fixed(column: Any, valid: Flags, how: _Fixed) -> _Field:
    held = column.drop_null().cast(how.meant).cast(how.number).to_numpy(zero_copy_only=False)
    values = (held - how.less if how.less else held).astype(how.wire)
    width = values.dtype.itemsize
    return _Field(np.where(valid, width, -1), np.frombuffer(values.tobytes(), np.uint8))


def _text(column: Any, valid: Flags) -> _Field:
    held = column.drop_null()
    _, offsets, data = held.buffers()
    at = np.frombuffer(offsets, np.int32)[held.offset : held.offset + len(held) + 1].astype(np.int64)
    length = np.full(len(column), -1, dtype=np.int64)
    length[valid] = np.diff(at)
    raw = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return _Field(length, raw[at[0] : at[-1]] if len(held) else raw[:0])


def _rows(fields: list[_Field], count: int) -> Bytes:
    """The rows one after the other: of each the number of fields, then each field's length and bytes."""
    widths = [np.maximum(field.length, 0) for field in fields]
    size = 2 + sum(widths) + 4 * len(fields)
    end = np.cumsum(size)
    out = np.empty(int(end[-1]) if count else 0, dtype=np.uint8)
    at = end - size
    _put(out, at, np.full(count, len(fields), dtype=">i2").view(np.uint8), 2)
    at = at + 2
    for field, width in zip(fields, widths, strict=True):
        _put(out, at, field.length.astype(">i4").view(np.uint8), 4)
        at = at + 4
        there = field.length > 0
        begins = np.cumsum(width[there]) - width[there]
        target = np.repeat(at[there] - begins, width[there]) + np.arange(len(field.data))
        out[target] = field.data
        at = at + width
    return out


def _put(out: Bytes, at: Ints, data: Bytes, width: int) -> None:
    """`width` bytes of `data` at each position."""
    out[at[:, None] + np.arange(width)] = data.reshape(-1, width)
