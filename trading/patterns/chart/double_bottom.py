"""Double bottom (double top): two lows at nearly one price after a fall, and a close above the high between them.

Source: Bulkowski, Encyclopedia of Chart Patterns (2nd ed., 2005), Double bottoms and Double tops: a trend leads into
the formation, the two turns differ by 2 to 5 % where the rise between them is about 10 %, they stand at least two weeks
apart, and only a close beyond the turn between confirms it. The measure rule adds the height to that price. As shares
of the height his differences are 0.2 to 0.5; this takes the strict end.
"""

from __future__ import annotations

import numpy as np

from trading.patterns.chart.view import Found, Line, View, first_break

MAX_DIFFERENCE = 0.2
"""Of the height."""
MIN_BARS, MAX_BARS = 10, 65
MIN_HEIGHT_ATR = 4.0
MIN_FALL = 1.25
"""The fall into the first low, in heights of the formation: it began above the high between the lows."""
WAIT_BARS = 30


def find(view: View) -> Found:
    """Double bottoms confirmed by a close above the high between the lows."""
    before, first, middle, second = view.sequences(view.major, 4, last_side=-1)
    lowest = np.minimum(first.price, second.price)
    height = middle.price - lowest
    fits = np.abs(first.price - second.price) <= MAX_DIFFERENCE * height
    fits &= (second.row - first.row >= MIN_BARS) & (second.row - first.row <= MAX_BARS)
    fits &= height >= MIN_HEIGHT_ATR * view.atr[second.row]
    fits &= before.price - first.price >= MIN_FALL * height
    first, middle, second = first.take(fits), middle.take(fits), second.take(fits)
    lowest, height = lowest[fits], height[fits]
    hit, row = first_break(view, second, Line.level(middle.row, middle.price), lowest, WAIT_BARS)
    return Found(first.row[hit], row, middle.price[hit], lowest[hit], (middle.price + height)[hit])
