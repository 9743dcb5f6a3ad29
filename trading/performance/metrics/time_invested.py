"""Time invested."""

from __future__ import annotations

from trading.arrays import Floats
from trading.performance.metric import Metric
from trading.performance.record import AccountRecord


def time_invested(long_usd: Floats, short_usd: Floats) -> float:
    """Share of sessions that closed with a position; 0 without a session.

    Args:
        long_usd: value of long positions at each close, shape `(n,)`.
        short_usd: likewise of short ones, never negative.

    Example:
        >>> import numpy as np
        >>> time_invested(np.array([60.0, 0.0]), np.array([0.0, 0.0]))
        0.5

    Source:
        Arithmetic.
    """
    return float((long_usd + short_usd > 0).mean()) if len(long_usd) else 0.0


TIME_INVESTED = Metric(
    name="time_invested",
    title="sessions with a position",
    unit="fraction",
    form="{:.1%}",
    of=AccountRecord,
    measure=lambda record: time_invested(record.long_usd, record.short_usd),
    says="Share of sessions that closed with a position.",
)
