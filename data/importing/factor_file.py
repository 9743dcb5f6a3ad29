"""A table of factors beside raw prices, as LEAN's factor files have it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from trading.arrays import Ints
from trading.bars.symbols import spelt
from trading.errors import BadDataError
from trading.gates import Finding

NEEDED = ("symbol", "date", "price_factor", "split_factor")
_SPAN = 1 << 24
"""More than any day of `YYYYMMDD` counted since 0001."""

WITHOUT_FACTOR = "the file of factors lacks the symbol: splits and breaks are judged by price and dollar volume alone"
FACTORS_END = "the factors end before the bars: those after are judged by price and dollar volume alone"


@dataclass(frozen=True)
class FactorFile:
    """Factors by symbol and day, sorted by both.

    Attributes:
        symbols: ascending.
        key: symbol's position times a span, plus the day since 1970; ascending.
        factor: adjusted price / price of the days up to that one.
        sha256: of the file.
    """

    symbols: npt.NDArray[np.str_]
    key: Ints
    factor: npt.NDArray[np.float64]
    sha256: str

    def of(self, symbol: pa.ChunkedArray, day: pa.ChunkedArray) -> pa.Array:
        """The factor of each bar: that of the symbol's first row whose date isn't before the bar's; null without one.

        Args:
            symbol: of each bar, may be null.
            day: its date, `date32`, may be null.
        """
        encoded = symbol.combine_chunks().dictionary_encode()
        names = np.asarray(encoded.dictionary.to_pylist(), dtype=str)
        place = np.searchsorted(self.symbols, names)
        known = place < len(self.symbols)
        known[known] = self.symbols[place[known]] == names[known]
        codes = pc.fill_null(encoded.indices, 0).to_numpy()
        at = np.where(known, place, -1)[codes] if len(names) else np.full(len(symbol), -1)
        days = pc.fill_null(day.cast(pa.int32()), 0).to_numpy().astype(np.int64)
        row = np.searchsorted(self.key, at * _SPAN + days + _SPAN // 2)
        found = (at >= 0) & (row < len(self.key)) & symbol.is_valid().to_numpy() & day.is_valid().to_numpy()
        found[found] = self.key[row[found]] // _SPAN == at[found]
        values = np.full(len(found), np.nan)
        values[found] = self.factor[row[found]]
        return pa.array(values, mask=~found)

    def lacking(self, symbol: pa.ChunkedArray, day: pa.ChunkedArray, factor: pa.Array) -> tuple[Finding, ...]:
        """What is said of bars that the file has no factor for, one finding for each symbol.

        Args:
            symbol: of each bar, may be null.
            day: its date, may be null.
            factor: as `of` found it.
        """
        without = pc.and_(pc.is_null(factor), pc.and_(symbol.is_valid(), day.is_valid()))
        counted = symbol.filter(without).value_counts().to_pylist()
        known = set(self.symbols.tolist()) if counted else set()
        return tuple(self._lacks(str(one["values"]), one["counts"], known) for one in counted)

    @staticmethod
    def _lacks(symbol: str, rows: int, known: set[str]) -> Finding:
        gate, words = ("factors_end", FACTORS_END) if symbol in known else ("without_factor", WITHOUT_FACTOR)
        return Finding(gate=gate, severity="warning", symbol=symbol, session=None, rows=rows, detail=words)


def read_factors(path: Path) -> FactorFile:
    """The factors of a CSV or Parquet file with the columns symbol, date, price_factor and split_factor.

    A price of a day is adjusted by price_factor x split_factor of the symbol's first row whose date isn't before it.

    Raises:
        BadDataError: when it can't be read, lacks a column, has a date twice, or a factor that isn't above zero.

    Source:
        QuantConnect LEAN, `LocalDiskFactorFileProvider`, factor files.
    """
    try:
        data = path.read_bytes()
        table = pq.read_table(pa.BufferReader(data)) if data[:4] == b"PAR1" else _csv(data)
    except (OSError, pa.ArrowInvalid) as error:
        raise BadDataError(f"The factors in {path} can't be read: {error}. Nothing was stored.") from None
    missing = [name for name in NEEDED if name not in table.column_names]
    if missing:
        raise BadDataError(f"The factors in {path} lack the column(s) {missing}. Nothing was stored.")
    symbol = spelt(table.column("symbol").cast(pa.string()))[0].to_numpy(zero_copy_only=False).astype(str)
    days = _days(table.column("date"), path).astype(np.int64)
    factor = np.asarray(table.column("price_factor").to_numpy(), dtype=np.float64)
    factor = factor * np.asarray(table.column("split_factor").to_numpy(), dtype=np.float64)
    symbols, codes = np.unique(symbol, return_inverse=True)
    key = codes.astype(np.int64) * _SPAN + days + _SPAN // 2
    order = np.argsort(key, kind="stable")
    bad = np.flatnonzero(~(np.isfinite(factor) & (factor > 0)))
    twice = order[1:][np.diff(key[order]) == 0]
    for rows, words in ((bad, "has a factor that isn't above zero"), (twice, "stands twice")):
        if len(rows):
            which = f"{symbol[rows[0]]} of {table.column('date')[int(rows[0])]}"
            raise BadDataError(f"The factors in {path}: {which} {words}. Nothing was stored.")
    return FactorFile(symbols, key[order], factor[order], hashlib.sha256(data).hexdigest())


def _csv(data: bytes) -> pa.Table:
    """The table; a symbol is text, whatever it looks like: TRUE and NA are tickers."""
    text = pa_csv.ConvertOptions(column_types={"symbol": pa.string()}, strings_can_be_null=False)
    return pa_csv.read_csv(pa.BufferReader(data), convert_options=text)


def _days(column: pa.ChunkedArray, path: Path) -> npt.NDArray[np.datetime64]:
    """Dates, or numbers and texts such as 20200131 and 2020-01-31, as days."""
    if pa.types.is_date(column.type):
        return np.asarray(column.to_numpy().astype("datetime64[D]"))
    text = pc.replace_substring(column.cast(pa.string()), "-", "")
    parsed = pc.strptime(text, format="%Y%m%d", unit="s", error_is_null=True)
    if parsed.null_count:
        wrong = column.filter(parsed.is_null())[0]
        raise BadDataError(f"The factors in {path}: {wrong} is no date such as 20200131. Nothing was stored.")
    return np.asarray(parsed.to_numpy().astype("datetime64[D]"))
