"""Prices of a benchmark as one table of sessions by symbols."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trading.arrays import Days, Floats
from trading.errors import BadDataError

PRICES = ("open", "high", "low", "close", "adj_close", "volume")
KEYS = ("symbol", "date", "created_at")
"""What every row has."""
NAMES = {"session": "date", "adj close": "adj_close", "adjusted_close": "adj_close", "adjclose": "adj_close"}
"""Other names of columns, in lower case, and what is meant."""


@dataclass(frozen=True, eq=False)
class PriceGrid:
    """Daily prices, each of shape `(n_sessions, n_symbols)`; NaN where a symbol has no row.

    Attributes:
        sessions: ascending.
        symbols: ascending.
        open, high, low, close: in USD, adjusted for splits.
        adj_close: adjusted for splits and dividends.
        volume: in shares.
    """

    sessions: Days
    symbols: tuple[str, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    adj_close: Floats
    volume: Floats


def read_table(path: Path, needed: tuple[str, ...]) -> pa.Table:
    """The columns of a Parquet file by their names here, whatever their case.

    Raises:
        BadDataError: when the file can't be read, has no row, or lacks a column.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise BadDataError(f"{path} can't be read as a Parquet file ({error}). Nothing was evaluated.") from None
    lower = [name.lower() for name in table.column_names]
    named = [NAMES.get(name, name) for name in lower]
    if twice := sorted({name for name in needed if named.count(name) > 1}):
        raise BadDataError(f"{path} has more than one column for {', '.join(twice)}. Nothing was evaluated.")
    table = table.rename_columns(named)
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        told = f"it has {', '.join(table.column_names)}"
        raise BadDataError(f"{path} has no column {', '.join(missing)}; {told}. Nothing was evaluated.")
    if table.num_rows == 0:
        raise BadDataError(f"{path} has no row. Nothing was evaluated.")
    if nameless := [name for name in needed if name in KEYS and table[name].null_count]:
        raise BadDataError(f"{path} has rows without {', '.join(nameless)}. Nothing was evaluated.")
    return table.select(list(needed))


def read_prices(path: Path) -> PriceGrid:
    """The prices of a Parquet file with a row for each symbol and session.

    Raises:
        BadDataError: when it lacks a column, or has two rows of one symbol and session.
    """
    table = read_table(path, ("symbol", "date", *PRICES))
    try:
        days = pc.cast(table["date"], pa.date32()).to_numpy().astype("datetime64[D]")
        columns = {name: pc.cast(table[name], pa.float64()).to_numpy() for name in PRICES}
        symbol = pc.cast(table["symbol"], pa.string()).to_numpy(zero_copy_only=False).astype(str)
    except pa.ArrowException as error:
        raise BadDataError(f"{path} has a column of another type ({error}). Nothing was evaluated.") from None
    sessions, row = np.unique(days, return_inverse=True)
    symbols, column = np.unique(symbol, return_inverse=True)
    cells = row * len(symbols) + column
    if len(np.unique(cells)) < len(cells):
        raise BadDataError(f"{path} has two rows of one symbol and session. Nothing was evaluated.")
    grids = {}
    for name, values in columns.items():
        grid = np.full(len(sessions) * len(symbols), np.nan)
        grid[cells] = np.where(np.isfinite(values) & ((values > 0) | (name == "volume")), values, np.nan)
        grids[name] = grid.reshape(len(sessions), len(symbols))
    return PriceGrid(sessions, tuple(symbols.tolist()), **grids)
