"""Triangles: ascending (mirror: descending) and symmetrical, broken by a close before the lines meet.

Source: Bulkowski, Encyclopedia of Chart Patterns (2nd ed., 2005), Triangles: at least five touches of the two lines;
an ascending one has a flat top and a rising bottom; the measure rule adds the formation's height, taken where it is
widest, to the breakout price.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trading.arrays import Flags, Floats, Ints
from trading.indicators.swings import Swings
from trading.patterns.chart.view import Found, Line, View, first_break

FLAT = 0.15
"""A line is flat when it changes less than this over the formation, of the height."""
SLOPING = 0.25
"""A line slopes when it changes at least this much."""
TOUCH = 0.12
"""How far the middle one of three touches may be off its line, of the height."""
CENTRAL = 0.25
"""The middle turn is no nearer than this to either end, of the formation's bars: else a line rests on one far turn."""
MIN_BARS, MAX_BARS = 15, 130
MIN_HEIGHT_ATR = 4.0
WAIT_BARS = 20


@dataclass(frozen=True)
class _Wedge:
    """Five successive turns between two lines; each array of shape `(n,)`."""

    start: Ints
    last: Swings
    last_low: Swings
    upper: Line
    lower: Line
    height: Floats

    def take(self, which: Flags) -> _Wedge:
        return _Wedge(
            start=self.start[which],
            last=self.last.take(which),
            last_low=self.last_low.take(which),
            upper=self.upper.take(which),
            lower=self.lower.take(which),
            height=self.height[which],
        )

    def change(self, line: Line) -> Floats:
        """How much the line rises over the formation, in heights."""
        risen: Floats = line.slope * (self.last.row - self.start) / self.height
        return risen


def find_ascending(view: View) -> Found:
    """Ascending triangles whose flat top was broken upwards."""

    def rises(wedge: _Wedge) -> Flags:
        flat: Flags = (np.abs(wedge.change(wedge.upper)) <= FLAT) & (wedge.change(wedge.lower) >= SLOPING)
        return flat

    return _both_endings(view, rises)


def find_symmetrical(view: View) -> Found:
    """Symmetrical triangles whose falling upper line was broken upwards."""

    def narrows(wedge: _Wedge) -> Flags:
        both: Flags = (wedge.change(wedge.upper) <= -SLOPING) & (wedge.change(wedge.lower) >= SLOPING)
        return both

    return _both_endings(view, narrows)


def _both_endings(view: View, shape: Callable[[_Wedge], Flags]) -> Found:
    """Broken triangles of that shape, whether a low or a high was their last turn."""
    parts = [_broken(view, wedge.take(shape(wedge))) for wedge in (_wedges(view, -1), _wedges(view, 1))]
    return Found(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("start", "row", "level", "stop", "target")
        )
    )


def _wedges(view: View, last_side: int) -> _Wedge:
    """Formations of five touches that end with a low (-1) or a high (+1)."""
    one, two, three, four, five = view.sequences(view.major, 5, last_side)
    outer, inner = Line.through(one, five), Line.through(two, four)
    upper, lower = (outer, inner) if last_side > 0 else (inner, outer)
    height = upper.at(two.row) - lower.at(two.row)  # the widest place where there are two lines
    fits = (height >= MIN_HEIGHT_ATR * view.atr[five.row]) & (upper.at(five.row) > lower.at(five.row))
    fits &= np.abs(three.price - outer.at(three.row)) <= TOUCH * height
    bars = five.row - one.row
    fits &= (bars >= MIN_BARS) & (bars <= MAX_BARS)
    fits &= np.abs((three.row - one.row) / bars - 0.5) <= 0.5 - CENTRAL
    last_low = four if last_side > 0 else five
    return _Wedge(start=one.row, last=five, last_low=last_low, upper=upper, lower=lower, height=height).take(fits)


def _broken(view: View, wedge: _Wedge) -> Found:
    hit, row = first_break(view, wedge.last, wedge.upper, wedge.last_low.price, WAIT_BARS)
    level = wedge.upper.take(hit).at(row)
    open_yet = level > wedge.lower.take(hit).at(row)  # beyond the apex the lines have crossed and mean nothing
    hit, row, level = hit[open_yet], row[open_yet], level[open_yet]
    return Found(wedge.start[hit], row, level, wedge.last_low.price[hit], level + wedge.height[hit])
