"""The rows of several files as one: each in its latest version, in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from adapters.bars.files import BarFile, Shape
from trading.arrays import Days, Flags, Ints
from trading.bars.panel import symbol_codes


def latest(tables: Sequence[pa.Table], shape: Shape) -> pa.Table:
    """The rows of several files in the order of the manifest, each in its latest version, in the order of the shape."""
    if len(tables) == 1:
        return tables[0]
    rows = pa.concat_tables(_last_of_sessions(tables) if shape.whole_sessions else tables)
    return rows.take(pa.array(_latest(rows, shape)))


def ordered_rows(rows: pa.Table, shape: Shape) -> Ints:
    """By symbol, then time; by session before both where sessions are whole."""
    order: Ints = np.lexsort(keys_of(rows, shape))
    return order


def keys_of(rows: pa.Table, shape: Shape) -> tuple[npt.NDArray[Any], ...]:
    """What tells the rows apart, each of shape `(n,)`; the last one orders first."""
    _, codes = symbol_codes(rows.column("symbol"))
    keys = (rows.column(shape.time).to_numpy(zero_copy_only=False), codes)
    return (*keys, sessions_of(rows)) if shape.whole_sessions else keys


def fresh(order: Ints, keys: Sequence[npt.NDArray[Any]]) -> Flags:
    """Of rows in that order, whether each differs from the one before it in a key; the first one does."""
    differs = np.ones(len(order), dtype=np.bool_)
    differs[1:] = False
    for key in keys:
        differs[1:] |= key[order[1:]] != key[order[:-1]]
    return differs


def sessions_of(rows: pa.Table) -> Days:
    """The session of each row."""
    days: Days = rows.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]")
    return days


def identical(one: pa.Table, other: pa.Table) -> bool:
    """Whether two tables have the same columns with the same bits, NaN and the sign of 0 included."""
    if one.schema != other.schema or one.num_rows != other.num_rows:
        return False
    return all(_bits(mine).equals(_bits(theirs)) for mine, theirs in zip(one.columns, other.columns, strict=True))


def spans(files: Sequence[BarFile]) -> list[tuple[date, date]]:
    """First and last session of each group of files that share a session or lie within another's; ascending."""
    found: list[tuple[date, date]] = []
    for first, last in sorted((file.first_session, file.last_session) for file in files):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _bits(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_float32(column.type):
        return column
    return pa.chunked_array([chunk.view(pa.uint32()) for chunk in column.chunks], pa.uint32())


def _last_of_sessions(tables: Sequence[pa.Table]) -> list[pa.Table]:
    """The tables without the sessions that a later one has."""
    later: Days = np.array([], dtype="datetime64[D]")
    kept = []
    for table in reversed(tables):
        days = sessions_of(table)
        superseded = np.isin(days, later)
        kept.append(table.filter(pa.array(~superseded)) if superseded.any() else table)
        later = np.union1d(later, days)
    return kept[::-1]


def _latest(rows: pa.Table, shape: Shape) -> Ints:
    """In the order of the shape; of equal keys the last row alone."""
    keys = keys_of(rows, shape)
    order = np.lexsort(keys)  # stable: equal rows stay in the order of their files
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = fresh(order, keys)[1:]
    found: Ints = order[last]
    return found
