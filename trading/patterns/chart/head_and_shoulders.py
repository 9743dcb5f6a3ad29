"""Head and shoulders, top and inverse: three turns, the middle one furthest, and the break of the neckline.

Source: Bulkowski, Encyclopedia of Chart Patterns (2nd ed., 2005), Head-and-shoulders bottoms and tops: shoulders at
about one price and about as far from the head, a trend into the formation, the neckline through the two turns between
them. The measure rule adds the head's distance from the neckline to the breakout price; the stop is the right shoulder.
"""

from __future__ import annotations

import numpy as np

from trading.patterns.chart.view import Found, Line, View, first_break

MIN_HEAD = 0.2
"""How far the head is beyond the further shoulder, of the height."""
MAX_SHOULDER_DIFFERENCE = 0.25
MAX_NECK_SLOPE = 0.3
"""Difference of the neckline's two turns, of the height."""
MAX_TIME_RATIO = 2.5
MAX_BARS = 130
MIN_HEIGHT_ATR = 4.0
WAIT_BARS = 30


def find(view: View) -> Found:
    """Inverse head and shoulders confirmed by a close above the neckline."""
    before, left, armpit_1, head, armpit_2, right = view.sequences(view.major, 6, last_side=-1)
    neck = Line.through(armpit_1, armpit_2)
    height = neck.at(head.row) - head.price
    fits = np.minimum(left.price, right.price) - head.price >= MIN_HEAD * height
    fits &= np.abs(left.price - right.price) <= MAX_SHOULDER_DIFFERENCE * height
    fits &= np.abs(armpit_1.price - armpit_2.price) <= MAX_NECK_SLOPE * height
    fits &= height >= MIN_HEIGHT_ATR * view.atr[right.row]
    rise, fall = head.row - left.row, right.row - head.row
    fits &= np.maximum(rise, fall) <= MAX_TIME_RATIO * np.minimum(rise, fall)
    fits &= right.row - left.row <= MAX_BARS
    fits &= before.price > np.maximum(armpit_1.price, armpit_2.price)
    fits &= right.price < neck.at(right.row)
    left, right, neck, height = left.take(fits), right.take(fits), neck.take(fits), height[fits]
    hit, row = first_break(view, right, neck, right.price, WAIT_BARS)
    level = neck.take(hit).at(row)
    return Found(left.row[hit], row, level, right.price[hit], level + height[hit])
