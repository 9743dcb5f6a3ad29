"""The gate for minutes at prices that no trade at the market can have been: far from those before on hardly a share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trading.arrays import Flags, Ints
from trading.bars.panel import symbol_codes
from trading.gates.jumps import FEWEST_BARS, MEDIAN_BARS
from trading.gates.prints import FARTHEST_PRINT, NEWS_VOLUME

WIDE = 1 + FARTHEST_PRINT
"""Highest over lowest price of a symbol, below which none of its bars can be too far from another."""
NIGHT = np.timedelta64(5, "h")


def unsupported_minutes(bars: pa.Table, accepted: Flags) -> Ints:
    """Rows of `bars` with a price too far from the close before in their session, until volume supports it.

    A bar is judged by earlier bars of its symbol and session alone. It is refused while the shares traded at the far
    price are fewer than five times those of a usual bar, all bars since it was left counted; from then on the price is
    where the market is. The first five bars of a session are taken as they are.

    Args:
        bars: `INTRADAY_SCHEMA`, rows in any order.
        accepted: rows that no other gate refused, shape `(n,)`.
    """
    kept = bars.filter(pa.array(accepted))
    ranges = kept.select(["symbol", "high", "low"]).group_by("symbol").aggregate([("high", "max"), ("low", "min")])
    wide = pc.greater(pc.divide(ranges.column("high_max"), ranges.column("low_min")), WIDE)
    names = ranges.column("symbol").filter(wide)
    if not len(names):
        return np.empty(0, dtype=np.int64)
    suspects = pc.and_(pc.is_in(bars.column("symbol"), names.combine_chunks()), pa.chunked_array([pa.array(accepted)]))
    rows = np.flatnonzero(pc.fill_null(suspects, False).to_numpy())
    return np.array(sorted(_refused(bars.take(pa.array(rows)), rows)), dtype=np.int64)


def _refused(bars: pa.Table, rows: Ints) -> Iterator[int]:
    _, codes = symbol_codes(bars.column("symbol"))
    starts = bars.column("starts_at").to_numpy(zero_copy_only=False).astype("datetime64[s]")
    days = (starts - NIGHT).astype("datetime64[D]").astype(np.int64)
    order = np.lexsort((starts, codes))
    columns = [bars.column(name).to_numpy(zero_copy_only=False) for name in ("high", "low", "close", "volume")]
    stretch = np.flatnonzero((np.diff(codes[order], prepend=-1) != 0) | (np.diff(days[order], prepend=-1) != 0))
    for start, end in zip(stretch.tolist(), [*stretch[1:].tolist(), len(order)], strict=True):
        mine = order[start:end]
        high, low, close, volume = (column[mine].astype(np.float64) for column in columns)
        if high.max() <= WIDE * low.min():
            continue
        good: list[int] = []
        waiting = 0.0
        for at in range(len(mine)):
            before = good[-MEDIAN_BARS:]
            last = close[before[-1]] if len(before) >= FEWEST_BARS else 0.0
            if last and (high[at] > (1 + FARTHEST_PRINT) * last or low[at] < (1 - FARTHEST_PRINT) * last):
                waiting += volume[at]
                if waiting < NEWS_VOLUME * max(float(np.median(volume[before])), 1.0):
                    yield int(rows[mine[at]])
                    continue
            waiting = 0.0
            good.append(at)
