"""Cup and handle (inverted: bearish): a rounded fall and rise between two rims, a small pullback, and the break.

Source: O'Neil, How to Make Money in Stocks (1988); Bulkowski, Encyclopedia of Chart Patterns (2nd ed., 2005), Cup with
handle: a rise into the left rim, a cup of 7 to 65 weeks shaped like a U and not a V, rims at about one price, a handle
of at least a week in the upper half of the cup; the target is half the cup's height above the right rim.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from trading.arrays import Flags, Floats, Ints
from trading.indicators.swings import Swings
from trading.patterns.chart.view import Found, Line, View, first_break

MIN_CUP_BARS, MAX_CUP_BARS = 35, 325
MAX_RIM_DIFFERENCE = 0.2
"""Of the depth."""
MIN_DEPTH_ATR = 5.0
MIN_LOWER_HALF = 0.55
"""Share of the cup's closes in its lower half: a V has 0.5, a parabola 0.71, and real cups are ragged."""
MIN_CLEARANCE = 0.25
"""How far swing highs within the cup stay below its lower rim, of the depth: else it is a W with a third rim."""
RIMS_BACK = 12
"""How many swing highs may stand within a cup, plus one."""
HANDLE_BARS, MAX_HANDLE_BARS = 5, 30
MAX_HANDLE = 0.5


@dataclass(frozen=True)
class _Cups:
    """Pairs of rims; `inner` is the highest swing high between them (-inf without one), `bottom` the lowest low."""

    left: Swings
    right: Swings
    inner: Floats
    bottom: Floats

    @property
    def depth(self) -> Floats:
        """From the lower rim to the bottom."""
        depth: Floats = np.minimum(self.left.price, self.right.price) - self.bottom
        return depth

    def take(self, which: Flags) -> _Cups:
        return _Cups(self.left.take(which), self.right.take(which), self.inner[which], self.bottom[which])


def find(view: View) -> Found:
    """Cups whose handle was left by a close above the right rim."""
    cups = _cups(view)
    cups = cups.take(_rounded(view, cups))
    floor = cups.right.price - MAX_HANDLE * cups.depth
    hit, row = first_break(view, cups.right, Line.level(cups.right.row, cups.right.price), floor, MAX_HANDLE_BARS)
    held = row - cups.right.row[hit] > HANDLE_BARS
    hit, row = hit[held], row[held]
    rim = cups.right.price[hit]
    low = np.nanmin(
        np.where(
            np.arange(1, MAX_HANDLE_BARS + 1) <= (row - cups.right.row[hit])[:, None],
            view.around(view.low, cups.right.row[hit], 1, MAX_HANDLE_BARS),
            np.inf,
        ),
        axis=1,
        initial=np.inf,
    )
    return Found(cups.left.row[hit], row, rim, low, rim + cups.depth[hit] / 2)


def _cups(view: View) -> _Cups:
    """Pairs of rims with nothing as high between them, the nearest left rim for each right one."""
    highs = view.major.take(np.flatnonzero(view.major.side > 0))
    found: list[_Cups] = []
    between = np.full(len(highs), -np.inf)
    for back in range(1, min(RIMS_BACK, len(highs) - 1) + 1):
        right = np.arange(back, len(highs))
        left = right - back
        same = view.begin[highs.row[left]] == view.begin[highs.row[right]]
        bars = highs.row[right] - highs.row[left]
        fits = same & (bars >= MIN_CUP_BARS) & (bars <= MAX_CUP_BARS)
        fits &= between[right] < np.minimum(highs.price[left], highs.price[right])
        inner = between[right[fits]]
        cups = _Cups(highs.take(left[fits]), highs.take(right[fits]), inner, np.full(len(inner), np.nan))
        found.append(_shaped(view, cups))
        between[right] = np.maximum(between[right], highs.price[left])
    return _joined(found, highs)


def _joined(found: list[_Cups], highs: Swings) -> _Cups:
    none = highs.take(np.zeros(0, dtype=np.int64))
    parts = [*found, _Cups(none, none, np.zeros(0), np.zeros(0))]

    def side(name: str) -> Swings:
        turns = [getattr(part, name) for part in parts]
        return Swings(
            row=np.concatenate([turn.row for turn in turns]),
            known_row=np.concatenate([turn.known_row for turn in turns]),
            price=np.concatenate([turn.price for turn in turns]),
            side=np.concatenate([turn.side for turn in turns]),
        )

    inner = np.concatenate([part.inner for part in parts])
    return _Cups(side("left"), side("right"), inner, np.concatenate([part.bottom for part in parts]))


def _inside(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """All rows strictly between each pair, one after the other, and where each pair's rows begin in that list."""
    counts = last - first - 1
    begins = np.cumsum(counts) - counts
    return np.repeat(first + 1 - begins, counts) + np.arange(counts.sum()), begins


def _shaped(view: View, cups: _Cups) -> _Cups:
    """Those deep enough, with rims at about one price and an advance as high as the cup is deep before them."""
    if len(cups.left) == 0:
        return cups
    rows, begins = _inside(cups.left.row, cups.right.row)
    cups = replace(cups, bottom=np.minimum.reduceat(view.low[rows], begins))
    fits = np.abs(cups.left.price - cups.right.price) <= MAX_RIM_DIFFERENCE * cups.depth
    fits &= cups.depth >= MIN_DEPTH_ATR * view.atr[cups.left.row]
    fits &= cups.inner <= np.minimum(cups.left.price, cups.right.price) - MIN_CLEARANCE * cups.depth
    return cups.take(fits)


def _rounded(view: View, cups: _Cups) -> Flags:
    """Whether enough of a cup's closes are in its lower half, and price rose by its depth into the left rim."""
    if len(cups.left) == 0:
        return np.zeros(0, dtype=np.bool_)
    rows, begins = _inside(cups.left.row, cups.right.row)
    middle = np.repeat(cups.bottom + cups.depth / 2, cups.right.row - cups.left.row - 1)
    lower = np.add.reduceat((view.close[rows] < middle).astype(np.float64), begins)
    rounded = lower >= MIN_LOWER_HALF * (cups.right.row - cups.left.row - 1)
    before = view.around(view.low, cups.left.row, -MIN_CUP_BARS * 2, -1)
    rose = cups.left.price - np.fmin.reduce(before, axis=1, initial=np.inf) >= cups.depth
    result: Flags = rounded & rose
    return result
