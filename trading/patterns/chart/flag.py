"""Bull flag, bear flag: a steep move, a short drift against it on lighter volume, and the break of the drift's line.

Source: Bulkowski, Encyclopedia of Chart Patterns (2nd ed., 2005), chapter Flags: shorter than three weeks, mostly on
falling volume, and the measure rule: the height of the pole added to the low of the flag. Ross Cameron (Warrior
Trading), bull flag: the pullback gives back at most half of the move, on lighter volume, and its low is the stop. The
pole's height in ranges is ours.
"""

from __future__ import annotations

import numpy as np

from trading.arrays import Flags, Floats, Ints
from trading.patterns.chart.pole import Poles, poles
from trading.patterns.chart.view import Found, View

MIN_POLE_ATR = 4.0
MAX_RETRACE = 0.5
MIN_FLAG_BARS, MAX_FLAG_BARS = 3, 15


def find(view: View) -> Found:
    """Flags whose upper line, from the pole's top along the highs of the flag, was broken by a close."""
    pole = poles(view, MIN_POLE_ATR)
    ahead = np.arange(1, MAX_FLAG_BARS + 2)
    high, low, close, volume = (
        view.around(values, pole.top.row, 1, MAX_FLAG_BARS + 1)
        for values in (view.high, view.low, view.close, view.volume)
    )
    top = pole.top.price[:, None]
    slope = np.maximum.accumulate((high - top) / ahead, axis=1)
    line = np.full(high.shape, np.inf)
    line[:, 1:] = top + slope[:, :-1] * ahead[1:]
    lowest = np.fmin.accumulate(low, axis=1)
    failed = lowest < top - MAX_RETRACE * pole.height[:, None]
    failed[:, 1:] |= np.maximum.accumulate(high, axis=1)[:, :-1] > top
    broken = (close > line) & (ahead > MIN_FLAG_BARS)
    at = (broken | failed).argmax(axis=1)
    every = np.arange(len(at))
    row = pole.top.row + 1 + at
    hit = broken[every, at] & ~failed[every, at] & (row >= pole.top.known_row)
    hit &= _quieter(volume, at, pole)
    base = lowest[every, at]
    return Found(pole.start[hit], row[hit], line[every, at][hit], base[hit], (base + pole.height)[hit])


def _quieter(volume: Floats, bars: Ints, pole: Poles) -> Flags:
    """Whether the first `bars` bars of the flag traded less than those of the pole on average."""
    inside = np.arange(volume.shape[1]) < bars[:, None]
    mean = np.where(inside, volume, 0.0).sum(axis=1) / np.maximum(bars, 1)
    quieter: Flags = mean < pole.volume
    return quieter
