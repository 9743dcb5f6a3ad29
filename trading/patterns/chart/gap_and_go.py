"""Gap and go: a stock that opens away from yesterday's close and breaks its premarket high within half an hour.

Source: Ross Cameron, How to Day Trade (Warrior Trading), Gap and Go: stocks that gap at least 4 %, the entry is the
break of the premarket high. The low since the open as the stop, the half-hour and the filled gap are ours; his demands
on price, volume and catalyst are the scanner's.
"""

from __future__ import annotations

import numpy as np

from trading.patterns.chart.session_view import REWARD_TO_RISK, SessionView
from trading.patterns.chart.view import Found

MIN_GAP = 0.04
UNTIL_S = 1800


def find(view: SessionView) -> Found:
    """Gaps whose premarket high, or first bar's where that is higher, was broken by a close by 10:00.

    The first bar sets the level and cannot break it.
    """
    gap = view.open[view.first] - view.previous_close
    view = view.take(np.flatnonzero(gap >= MIN_GAP * np.abs(view.previous_close)))
    level = np.fmax(view.premarket_high, view.high[view.first])
    close, low = view.opening(view.close, UNTIL_S), view.opening(view.low, UNTIL_S)
    if close.shape[1] < 2:  # noqa: PLR2004 - the bar that sets the level and one to break it
        nothing = np.zeros(0, dtype=np.int64)
        return Found(nothing, nothing, np.zeros(0), np.zeros(0), np.zeros(0))
    above = close > level[:, None]
    above[:, 0] = False
    lowest = np.fmin.accumulate(low, axis=1)
    failed = lowest <= view.previous_close[:, None]
    at = (above | failed).argmax(axis=1)
    every = np.arange(len(at))
    hit = np.flatnonzero(above[every, at] & ~failed[every, at])
    row, stop = (view.first + at)[hit], lowest[every, at][hit]
    entry = view.close[row]
    return Found(view.first[hit], row, level[hit], stop, entry + REWARD_TO_RISK * (entry - stop))
