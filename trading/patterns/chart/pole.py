"""The pole: the steep advance that flags and flat tops need before them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trading.arrays import Flags, Floats, Ints
from trading.indicators.swings import Swings
from trading.patterns.chart.view import View

POLE_BARS = 12
"""A pole takes at most so many bars. Bulkowski asks for a pole that is unusually steep and takes several days; the
number is ours, a little less than the three weeks that he allows the flag itself."""


@dataclass(frozen=True)
class Poles:
    """Advances that ended at a swing high; each array of shape `(n,)`.

    Attributes:
        start: row of the lowest low.
        top: the swing high.
        height: top less the lowest low.
        volume: mean volume of the bars after `start` up to the top.
    """

    start: Ints
    top: Swings
    height: Floats
    volume: Floats

    def take(self, which: Ints | Flags) -> Poles:
        """Those at the given positions."""
        return Poles(self.start[which], self.top.take(which), self.height[which], self.volume[which])


def poles(view: View, min_height_atr: float) -> Poles:
    """Every advance of at least `min_height_atr` ranges in at most `POLE_BARS` bars to a high above all of them.

    The ranges are those of the bar where it started: the advance itself makes them larger.
    """
    tops = view.minor.take(np.flatnonzero(view.minor.side > 0))
    lows = view.around(view.low, tops.row, -POLE_BARS, 0)
    # Reversed, so that of equal lows the latest counts: the pole starts where price left them.
    back = np.where(np.isnan(lows), np.inf, lows)[:, ::-1].argmin(axis=1)
    start = tops.row - back
    height = tops.price - view.low[start]
    steep = np.flatnonzero((height >= min_height_atr * view.atr[start]) & (back > 0))
    tops, start, height, back = tops.take(steep), start[steep], height[steep], back[steep]
    highs = view.around(view.high, tops.row, -POLE_BARS, -1)
    leads = np.flatnonzero(~(highs > tops.price[:, None]).any(axis=1))
    tops, start, height, back = tops.take(leads), start[leads], height[leads], back[leads]
    inside = np.arange(-POLE_BARS + 1, 1) > -back[:, None]
    traded = np.where(inside, view.around(view.volume, tops.row, -POLE_BARS + 1, 0), 0.0)
    return Poles(start, tops, height, traded.sum(axis=1) / back)
