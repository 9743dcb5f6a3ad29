"""VWAP reclaim (mirror: VWAP loss): a close back above the average price after ten closes below it.

Source: Ross Cameron (Warrior Trading) and Brian Shannon, Maximum Trading Gains with Anchored VWAP (2023): whoever
bought today is at a profit again; the stop is the low that was made below the line.
"""

from __future__ import annotations

import numpy as np

from trading.patterns.chart.session_view import REWARD_TO_RISK, SessionView
from trading.patterns.chart.view import Found

MIN_BARS_BELOW = 10


def find(view: SessionView) -> Found:
    """Closes above VWAP after at least `MIN_BARS_BELOW` closes below it, on more volume than those bars' mean."""
    rows = np.arange(len(view.close))
    # Each row's last bar that was not below the line; a session's first bar begins a count of its own.
    barrier = np.where(view.close < view.vwap, -1, rows)
    barrier[view.first] = np.maximum(barrier[view.first], view.first - 1)
    last = np.maximum.accumulate(barrier) if len(rows) else barrier
    crossed = np.flatnonzero(view.close > view.vwap)
    crossed = crossed[~np.isin(crossed, view.first)]
    run = crossed - 1 - last[crossed - 1]
    crossed = crossed[run >= MIN_BARS_BELOW]
    start = last[crossed - 1] + 1
    counts = crossed - start
    begins = np.cumsum(counts) - counts
    below = np.repeat(start - begins, counts) + np.arange(counts.sum())
    if len(crossed) == 0:
        return Found(crossed, crossed, np.zeros(0), np.zeros(0), np.zeros(0))
    mean_volume = np.add.reduceat(view.volume[below], begins) / counts
    stop = np.minimum(np.minimum.reduceat(view.low[below], begins), view.low[crossed])
    hit = view.volume[crossed] > mean_volume
    row, stop = crossed[hit], stop[hit]
    entry = view.close[row]
    return Found(start[hit], row, view.vwap[row], stop, entry + REWARD_TO_RISK * (entry - stop))
