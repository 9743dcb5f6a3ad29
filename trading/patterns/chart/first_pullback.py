"""First pullback: after the opening surge, the first bar to close above the bar before it ends the first rest.

Source: Ross Cameron (Warrior Trading), first pullback: a surge to a new high of the day, two or more bars of rest that
give back at most half of it and hold above VWAP, the entry is the first candle to make a new high, the stop the low of
the pullback. A second pullback is another, weaker, trade.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trading.arrays import Flags, Floats, Ints
from trading.patterns.chart.session_view import REWARD_TO_RISK, SessionView
from trading.patterns.chart.view import Found

MIN_SURGE = 0.04
"""From the low to the high of the day, of yesterday's close."""
MAX_RETRACE = 0.5
MIN_REST_BARS = 2
UNTIL_S = 5400


@dataclass
class _Surge:
    """How far each session has come."""

    base: Floats
    base_row: Ints
    top: Floats
    rest_low: Floats
    rest_bars: Ints
    over: Flags


def find(view: SessionView) -> Found:
    """First pullbacks that ended by 11:00."""
    view = view.take(np.flatnonzero(np.isfinite(view.previous_close)))
    count = len(view.first)
    surge = _Surge(
        base=view.low[view.first],
        base_row=view.first.copy(),
        top=view.high[view.first],
        rest_low=np.full(count, np.inf),
        rest_bars=np.zeros(count, dtype=np.int64),
        over=np.zeros(count, dtype=np.bool_),
    )
    hits: list[tuple[Ints, Ints]] = []
    stops: list[Floats] = []
    # One pass over the bars of the first hour and a half, each step over all sessions at once.
    for number in range(1, view.opening(view.close, UNTIL_S).shape[1]):
        row = np.minimum(view.first + number, view.end - 1)
        there = (view.first + number < view.end) & (view.since_s[row] <= UNTIL_S) & ~surge.over
        which = np.flatnonzero(there)
        found = _step(view, surge, which, row[which])
        hits.append((surge.base_row[found], row[found]))
        stops.append(surge.rest_low[found])
    empty = np.zeros(0, dtype=np.int64)
    start, row = (np.concatenate([empty, *parts]) for parts in (zip(*hits, strict=True) if hits else ((), ())))
    stop = np.concatenate([np.zeros(0), *stops])
    entry = view.close[row]
    return Found(start, row, view.high[row - 1], stop, entry + REWARD_TO_RISK * (entry - stop))


def _step(view: SessionView, surge: _Surge, which: Ints, row: Ints) -> Ints:
    """Which sessions trigger at their bars `row`; `surge` holds those bars afterwards."""
    high, low, close = view.high[row], view.low[row], view.close[row]
    height = surge.top[which] - surge.base[which]
    surged = height >= MIN_SURGE * np.abs(view.previous_close[which])
    rest_low = np.minimum(surge.rest_low[which], low)
    failed = surged & (surge.top[which] - rest_low > MAX_RETRACE * height)
    rested = surged & ~failed & (surge.rest_bars[which] >= MIN_REST_BARS)
    triggered = rested & (close > view.high[row - 1]) & (close > view.vwap[row])
    higher = high > surge.top[which]
    # A rest that a new high of the day ended without a close above the bar before it was the first pullback all the
    # same, and it is gone.
    surge.over[which] = failed | triggered | (rested & higher)
    surge.rest_low[which] = np.where(higher & ~triggered, np.inf, rest_low)
    surge.rest_bars[which] = np.where(higher, 0, surge.rest_bars[which] + 1)
    lower = ~surged & (low < surge.base[which])
    surge.top[which] = np.where(higher | lower, high, surge.top[which])
    surge.base[which] = np.where(lower, low, surge.base[which])
    surge.base_row[which] = np.where(lower, row, surge.base_row[which])
    fresh = which[lower]
    surge.rest_low[fresh], surge.rest_bars[fresh] = np.inf, 0
    return which[triggered]
