"""Support and resistance: the nearest prices at which a symbol has turned before."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from trading.arrays import Floats
from trading.indicators.daily import Indicator
from trading.indicators.swings import Bars, Swings

RECENT_TURNS = 8
"""How many of the latest known turns are levels."""

LEVELS: Mapping[str, Indicator] = MappingProxyType(
    {
        "support_distance": Indicator(
            17, f"close / highest of the last {RECENT_TURNS} swing prices at or below it - 1; NaN without one"
        ),
        "resistance_distance": Indicator(
            17, f"lowest of the last {RECENT_TURNS} swing prices above the close / close - 1; NaN without one"
        ),
    }
)
"""What `compute_levels` returns.

Warm-up: the average true range is known from bar 15 on, a leg begins at the next bar at the earliest and its end is
known a bar later. Most symbols need more, and a price above all its turns has no resistance: NaN is usual here.
"""


def compute_levels(bars: Bars, turns: Swings) -> dict[str, Floats]:
    """Every value of `LEVELS` for every bar. Highs and lows count alike: a broken resistance is a support.

    Args:
        bars: the panel.
        turns: `trading.indicators.swings.swings` of the panel.

    Returns:
        Arrays of shape `(n_rows,)`, NaN where there is no such level.
    """
    count = len(bars.close)
    known = np.zeros(count, dtype=np.int64)
    known[turns.known_row] = 1
    so_far = np.cumsum(known)  # two turns of one symbol are never known at one bar
    begin = np.repeat(bars.offsets[:-1], np.diff(bars.offsets))
    support, resistance = np.full(count, -np.inf), np.full(count, np.inf)
    for back in range(1, RECENT_TURNS + 1):
        at = so_far - back
        there = at >= 0
        there[there] = turns.row[at[there]] >= begin[there]
        price = np.full(count, np.nan)
        price[there] = turns.price[at[there]]
        support = np.where((price <= bars.close) & (price > support), price, support)
        resistance = np.where((price > bars.close) & (price < resistance), price, resistance)
    close = np.where(bars.close > 0, bars.close, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "support_distance": np.where(support > 0, close / support - 1, np.nan),
            "resistance_distance": np.where(np.isfinite(resistance), resistance / close - 1, np.nan),
        }
