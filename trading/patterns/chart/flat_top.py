"""Flat-top breakout (flat-bottom breakdown): a steep move, several bars that end at one price, and its break.

Source: Ross Cameron (Warrior Trading), flat top breakout: after a squeeze the candles' tops meet at a level where a
seller sits, the entry is the break of it, the stop the low of the consolidation; the target is Bulkowski's measure rule
of rectangles, the height of the consolidation added to the level (Encyclopedia of Chart Patterns, 2nd ed., 2005).
"""

from __future__ import annotations

import numpy as np

from trading.patterns.chart.pole import poles
from trading.patterns.chart.view import Found, View

MIN_POLE_ATR = 3.0
MAX_RETRACE = 0.5
TOUCH_ATR = 0.25
"""A top is at the level when it is no further than this from it: a quarter of a day's range."""
MIN_TOUCHES = 3
MIN_BARS, MAX_BARS = 4, 25


def find(view: View) -> Found:
    """Consolidations under a level that was touched `MIN_TOUCHES` times before a close went through it."""
    pole = poles(view, MIN_POLE_ATR)
    ahead = np.arange(1, MAX_BARS + 2)
    high, low, close = (
        view.around(values, pole.top.row, 1, MAX_BARS + 1) for values in (view.high, view.low, view.close)
    )
    top, near = pole.top.price[:, None], TOUCH_ATR * view.atr[pole.top.row][:, None]
    ceiling, touches = np.repeat(top, len(ahead), axis=1), np.ones(high.shape, dtype=np.int64)
    ceiling[:, 1:] = np.fmax(top, np.fmax.accumulate(high, axis=1)[:, :-1])
    touches[:, 1:] += np.cumsum(high >= top - near, axis=1)[:, :-1]
    lowest = np.fmin.accumulate(low, axis=1)
    failed = (lowest < top - MAX_RETRACE * pole.height[:, None]) | (ceiling > top + near)
    broken = close > ceiling
    at = (broken | failed).argmax(axis=1)
    every = np.arange(len(at))
    row = pole.top.row + 1 + at
    hit = broken[every, at] & ~failed[every, at] & (row >= pole.top.known_row)
    hit &= (touches[every, at] >= MIN_TOUCHES) & (at >= MIN_BARS)
    level, base = ceiling[every, at][hit], lowest[every, at][hit]
    return Found(pole.start[hit], row[hit], level, base, level + (level - base))
