"""The panel: daily bars of a whole universe as a few flat arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trading.arrays import Days, Floats, Ints
from trading.errors import BadDataError

_FIELDS: list[Any] = [
    pa.field("symbol", pa.string()),
    pa.field("session", pa.date32()),
    pa.field("open", pa.float64()),
    pa.field("high", pa.float64()),
    pa.field("low", pa.float64()),
    pa.field("close", pa.float64()),
    pa.field("volume", pa.int64()),
]
BARS_SCHEMA = pa.schema(_FIELDS)
"""One daily bar a row: prices in USD as printed on that day, volume in shares."""


def as_day(session: date | np.datetime64) -> np.datetime64:
    """The session as `datetime64[D]`."""
    day: np.datetime64 = np.datetime64(session).astype("datetime64[D]")
    return day


def as_date(session: np.datetime64) -> date:
    """The session as a `datetime.date`."""
    return date.fromisoformat(str(as_day(session)))


def symbol_codes(column: pa.ChunkedArray[Any]) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.int32]]:
    """The distinct symbols, ascending, and each row's position among them; comparing whole numbers is fast.

    Raises:
        BadDataError: when a symbol is missing.
    """
    if column.null_count:
        raise BadDataError(f"{column.null_count} bars have no symbol; nothing was taken")
    encoded = pa.array(column.combine_chunks()).dictionary_encode()
    names = encoded.dictionary.to_numpy(zero_copy_only=False).astype(np.str_)
    order = np.argsort(names)
    place = np.empty(len(names), dtype=np.int32)
    place[order] = np.arange(len(names), dtype=np.int32)
    codes: npt.NDArray[np.int32] = place[encoded.indices.to_numpy()]
    return names[order], codes


@dataclass(frozen=True)
class Panel:
    """Bars of many symbols, rows sorted by symbol, then by session.

    Attributes:
        symbols: ticker per symbol, ascending, shape `(n_symbols,)`.
        offsets: rows of symbol `i` are `offsets[i]:offsets[i + 1]`, shape `(n_symbols + 1,)`.
        sessions: exchange session of each row, `datetime64[D]`, shape `(n_rows,)`.
        open: price in USD, shape `(n_rows,)`; likewise `high`, `low`, `close`.
        volume: shares, as float because TA-Lib and ratios want it so, shape `(n_rows,)`.
    """

    symbols: npt.NDArray[np.str_]
    offsets: Ints
    sessions: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @classmethod
    def from_arrow(cls, bars: pa.Table) -> Panel:
        """The panel of a table with the columns of `BARS_SCHEMA`, in any order of rows.

        Raises:
            BadDataError: when a (symbol, session) pair stands twice.
        """
        symbols, codes = symbol_codes(bars.column("symbol"))
        session = bars.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]")
        order = np.lexsort((session, codes))
        codes, session = codes[order], session[order]
        twice = (codes[1:] == codes[:-1]) & (session[1:] == session[:-1])
        if twice.any():
            where = int(np.flatnonzero(twice)[0])
            raise BadDataError(f"{symbols[codes[where]]} has more than one bar on {session[where]}")

        def column(name: str) -> Floats:
            values: Floats = bars.column(name).to_numpy(zero_copy_only=False).astype(np.float64)[order]
            return values

        return cls(
            symbols=symbols,
            offsets=np.searchsorted(codes, np.arange(len(symbols) + 1)).astype(np.int64),
            sessions=session,
            open=column("open"),
            high=column("high"),
            low=column("low"),
            close=column("close"),
            volume=column("volume"),
        )

    def __len__(self) -> int:
        return len(self.sessions)

    @property
    def symbol_index(self) -> Ints:
        """Index into `symbols` of each row, shape `(n_rows,)`."""
        return np.repeat(np.arange(len(self.symbols), dtype=np.int64), np.diff(self.offsets))

    @property
    def row_symbols(self) -> npt.NDArray[np.str_]:
        """Ticker of each row, shape `(n_rows,)`."""
        return self.symbols[self.symbol_index]

    @property
    def bar_numbers(self) -> Ints:
        """1 for the first bar of a symbol, 2 for the next …, shape `(n_rows,)`."""
        numbers: Ints = np.arange(1, len(self) + 1, dtype=np.int64) - np.repeat(
            self.offsets[:-1], np.diff(self.offsets)
        )
        return numbers

    def take(self, rows: Ints) -> Panel:
        """The panel of `rows` (ascending) alone; symbols without a row are left out."""
        counts = np.bincount(self.symbol_index[rows], minlength=len(self.symbols))
        present = counts > 0
        return Panel(
            symbols=self.symbols[present],
            offsets=np.concatenate([[0], np.cumsum(counts[present])]).astype(np.int64),
            sessions=self.sessions[rows],
            open=self.open[rows],
            high=self.high[rows],
            low=self.low[rows],
            close=self.close[rows],
            volume=self.volume[rows],
        )

    def rows_at(self, session: np.datetime64) -> Ints:
        """Rows whose bar is of `session`, ascending, at most one per symbol."""
        return np.flatnonzero(self.sessions == session)

    def shifted(self, values: Floats, by: int = 1) -> Floats:
        """Each row's value `by` bars earlier of the same symbol (later if negative); NaN where there is none."""
        out = np.full(len(values), np.nan)
        if abs(by) >= len(values):
            return out
        index = self.symbol_index
        if by >= 0:
            out[by:] = np.where(index[by:] == index[: len(index) - by], values[: len(values) - by], np.nan)
        else:
            out[:by] = np.where(index[:by] == index[-by:], values[-by:], np.nan)
        return out
