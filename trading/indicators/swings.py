"""Swing highs and lows: where a price turned by a multiple of its average true range, and when that was known.

A swing high is the highest high of a rise that was followed by a fall of `multiple` ranges; it is known only at the
close of the bar that completed the fall. Nothing is centred on the turning point, so nothing looks ahead.

Source: the zigzag of chart reading with a volatility filter instead of a percentage; the range is Wilder's, New
Concepts in Technical Trading Systems (1978).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from trading.arrays import Flags, Floats, Ints

ATR_BARS = 14
Signs = npt.NDArray[np.int8]


class Bars(Protocol):
    """What daily and intraday panels share: flat columns, and the offsets of the stretches that belong together."""

    @property
    def offsets(self) -> Ints:
        """Rows of stretch `i` are `offsets[i]:offsets[i + 1]`."""

    @property
    def high(self) -> Floats:
        """Highest price in USD, shape `(n_rows,)`."""

    @property
    def low(self) -> Floats:
        """Lowest price in USD."""

    @property
    def close(self) -> Floats:
        """Last price in USD."""

    @property
    def volume(self) -> Floats:
        """Shares."""


@dataclass(frozen=True)
class Swings:
    """Turning points, highs and lows in turn within a symbol, sorted by row; each array of shape `(n,)`.

    Attributes:
        row: the bar of the extreme price.
        known_row: the bar at whose close it was known to be one; always later than `row`.
        price: the extreme, USD.
        side: +1 a high, -1 a low.
    """

    row: Ints
    known_row: Ints
    price: Floats
    side: Signs

    def __len__(self) -> int:
        return len(self.row)

    def take(self, which: Ints | Flags) -> Swings:
        """Those at the given positions."""
        return Swings(self.row[which], self.known_row[which], self.price[which], self.side[which])

    @property
    def mirrored(self) -> Swings:
        """As seen by a short seller: prices negated, highs are lows."""
        return Swings(self.row, self.known_row, -self.price, np.negative(self.side))


@dataclass
class _Legs:
    """The leg each symbol is in. Prices are times `trend`, so that further is always higher; 0 = no leg yet.

    `reach` is how far a price must come back from the extreme to end the leg. It is fixed at the extreme's own bar, so
    the bar that ends a leg is the extreme one of the next.
    """

    trend: Signs
    extreme: Floats
    extreme_row: Ints
    reach: Floats
    high: Floats
    high_reach: Floats
    low: Floats
    low_reach: Floats

    @classmethod
    def none_yet(cls, count: int) -> _Legs:
        above, below = np.full(count, np.inf), np.full(count, -np.inf)
        rows = np.zeros(count, dtype=np.int64)
        return cls(
            trend=np.zeros(count, dtype=np.int8),
            extreme=below.copy(),
            extreme_row=rows,
            reach=above.copy(),
            high=below,
            high_reach=above.copy(),
            low=above,
            low_reach=above.copy(),
        )


def average_true_range(bars: Bars) -> Floats:
    """Wilder's average true range of 14 bars in USD, NaN for the first 14 of each stretch; shape `(n_rows,)`.

    The same as `trading.indicators.daily.compute(panel)["atr_14"]`, for bars of any length.
    """
    import talib  # noqa: PLC0415  loads pandas, which nobody needs who only knows the names of patterns

    values = np.full(len(bars.close), np.nan)
    for start, end in zip(bars.offsets[:-1].tolist(), bars.offsets[1:].tolist(), strict=True):
        rows = slice(start, end)
        if end > start:
            values[rows] = talib.ATR(bars.high[rows], bars.low[rows], bars.close[rows], timeperiod=ATR_BARS)
    return values


def swings(bars: Bars, atr: Floats, multiple: float) -> Swings:
    """Every turning point of every symbol.

    Each symbol's first leg begins with the first bar whose average true range is known and reaches `multiple` ranges;
    its starting point is not reported, because nothing shows that price came from the other side.

    A wide bar that goes further and comes back is counted as going further: the order within a bar is unknown.

    Args:
        bars: the panel.
        atr: average true range of each bar in USD, NaN where unknown, shape `(n_rows,)`.
        multiple: ranges of the extreme's own bar that end a leg.
    """
    lengths = np.diff(bars.offsets)
    order = np.argsort(-lengths, kind="stable")
    starts, shorter = bars.offsets[:-1][order], -lengths[order]
    legs = _Legs.none_yet(len(order))
    found: list[Swings] = []
    # One pass over bar numbers, each step over all symbols that have that bar: 400 steps for 2.3 million daily bars.
    with np.errstate(invalid="ignore"):
        for number in range(int(lengths.max(initial=0))):
            rows = starts[: np.searchsorted(shorter, -number, side="left")] + number
            reach = multiple * atr[rows]
            # A price that has never moved has a range of zero, and no turning points.
            found.append(_step(legs, rows, bars.high[rows], bars.low[rows], np.where(reach > 0, reach, np.nan)))
    return _sorted(found)


def _sorted(found: list[Swings]) -> Swings:
    if not found:
        nothing = np.zeros(0, dtype=np.int64)
        return Swings(nothing, nothing, np.zeros(0), np.zeros(0, dtype=np.int8))
    row = np.concatenate([some.row for some in found])
    order = np.argsort(row, kind="stable")
    return Swings(
        row[order],
        np.concatenate([some.known_row for some in found])[order],
        np.concatenate([some.price for some in found])[order],
        np.concatenate([some.side for some in found])[order],
    )


def _step(legs: _Legs, rows: Ints, high: Floats, low: Floats, reach: Floats) -> Swings:
    """The swings known with the bars `rows`, one a symbol; `legs` holds them afterwards."""
    count = len(rows)
    trend, extreme, extreme_row = legs.trend[:count], legs.extreme[:count], legs.extreme_row[:count]
    begun = trend != 0
    rising = trend > 0
    ahead, back = np.where(rising, high, -low), np.where(rising, low, -high)
    further = begun & (ahead > extreme)
    turned = begun & ~further & (extreme - back >= legs.reach[:count])
    ended = np.flatnonzero(turned)
    known = Swings(extreme_row[ended], rows[ended], trend[ended] * extreme[ended], trend[ended])
    moved = further | turned
    legs.extreme[:count] = np.where(turned, -back, np.where(further, ahead, extreme))
    legs.extreme_row[:count] = np.where(moved, rows, extreme_row)
    legs.reach[:count] = np.where(moved, reach, legs.reach[:count])
    legs.trend[:count] = np.where(turned, -trend, trend)
    waiting = np.flatnonzero(~begun & np.isfinite(reach))
    if len(waiting):
        _begin(legs, waiting, rows[waiting], np.stack([high, low, reach])[:, waiting])
    return known


def _begin(legs: _Legs, which: Ints, rows: Ints, bar: Floats) -> None:
    """Symbols without a leg get one when this bar is far enough from the extreme of the bars before it.

    Args:
        legs: of all symbols.
        which: positions of the symbols without a leg.
        rows: their bars.
        bar: high, low and reach of those bars, shape `(3, n)`.
    """
    high, low, reach = bar
    rose = high - legs.low[which] >= legs.low_reach[which]
    fell = legs.high[which] - low >= legs.high_reach[which]
    begun = rose != fell  # a bar that does both says nothing about the direction
    some = which[begun]
    legs.trend[some] = np.where(rose[begun], 1, -1)
    legs.extreme[some] = np.where(rose[begun], high[begun], -low[begun])
    legs.extreme_row[some], legs.reach[some] = rows[begun], reach[begun]
    higher, lower = high > legs.high[which], low < legs.low[which]
    legs.high[which[higher]], legs.high_reach[which[higher]] = high[higher], reach[higher]
    legs.low[which[lower]], legs.low_reach[which[lower]] = low[lower], reach[lower]
