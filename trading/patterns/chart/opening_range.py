"""Opening-range breakout: the first close beyond the range of the first five minutes.

Source: Crabel, Day Trading with Short Term Price Patterns and Opening Range Breakout (1990); the five minutes of
Zarattini and Aziz, Can Day Trading Really Be Profitable? (2023), SSRN 4416622; the stop is the other end of the range.
"""

from __future__ import annotations

import numpy as np

from trading.patterns.chart.session_view import REWARD_TO_RISK, SessionView
from trading.patterns.chart.view import Found

RANGE_S = 300
UNTIL_S = 7200
"""Breakouts after half past eleven are no longer of the opening."""


def find(view: SessionView) -> Found:
    """Breaks to the long side in the first two hours, of ranges that price had not left at the other end before.

    The range is that of the bars there were; a session without one has no range.
    """
    ends_s = view.since_s[view.first]
    view = view.take(np.flatnonzero(ends_s <= RANGE_S))
    high, low = (view.opening(values, RANGE_S) for values in (view.high, view.low))
    top = np.fmax.reduce(high, axis=1, initial=-np.inf)
    bottom = np.fmin.reduce(low, axis=1, initial=np.inf)
    bars = np.isfinite(view.opening(view.since_s.astype(np.float64), RANGE_S)).sum(axis=1)
    close = view.opening(view.close, UNTIL_S)
    after = np.arange(close.shape[1]) >= bars[:, None]
    above, below = (close > top[:, None]) & after, (close < bottom[:, None]) & after
    if close.shape[1] == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return Found(nothing, nothing, np.zeros(0), np.zeros(0), np.zeros(0))
    at = (above | below).argmax(axis=1)
    hit = np.flatnonzero(above[np.arange(len(at)), at])
    row = (view.first + at)[hit]
    entry, stop = view.close[row], bottom[hit]
    return Found(view.first[hit], row, top[hit], stop, entry + REWARD_TO_RISK * (entry - stop))
