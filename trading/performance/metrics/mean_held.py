"""Time that trades were held."""

from __future__ import annotations

import math

import numpy as np

from trading.arrays import Days
from trading.performance.metric import Metric
from trading.performance.record import AccountRecord


def mean_held_sessions(sessions: Days, opened: Days, closed: Days) -> float:
    """Mean sessions from opening to closing, both counted; NaN without a closed trade.

    Args:
        sessions: ascending.
        opened: sessions in which trades were opened, one a trade.
        closed: likewise of their closing.

    Example:
        >>> days = np.arange("2020-01-06", "2020-01-09", dtype="datetime64[D]")
        >>> mean_held_sessions(days, opened=days[[0, 0]], closed=days[[1, 2]])
        2.5

    Source:
        Arithmetic.
    """
    first, last = np.searchsorted(sessions, opened), np.searchsorted(sessions, closed)
    return float((last - first + 1).mean()) if len(opened) else math.nan


MEAN_HELD_SESSIONS = Metric(
    name="mean_held_sessions",
    title="sessions a trade was held",
    unit="number",
    form="{:.1f}",
    of=AccountRecord,
    measure=lambda record: mean_held_sessions(record.sessions, record.trades.opened, record.trades.closed),
    says="Mean sessions of closed trades from opening to closing, both counted.",
)
