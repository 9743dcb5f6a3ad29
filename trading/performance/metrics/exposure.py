"""Exposure."""

from __future__ import annotations

from trading.arrays import Floats
from trading.performance.metric import Metric
from trading.performance.record import AccountRecord


def exposure(long_usd: Floats, short_usd: Floats, equity_usd: Floats) -> float:
    """Mean of long and short value over equity, as a fraction; 0 without a session.

    Args:
        long_usd: value of long positions at each close, shape `(n,)`.
        short_usd: likewise of short ones, never negative.
        equity_usd: at each close, shape `(n,)`.

    Example:
        >>> import numpy as np
        >>> exposure(np.array([60.0, 40.0]), np.array([0.0, 20.0]), np.array([100.0, 100.0]))
        0.6

    Source:
        Arithmetic.
    """
    return float(((long_usd + short_usd) / equity_usd).mean()) if len(equity_usd) else 0.0


EXPOSURE = Metric(
    name="exposure",
    title="exposure, long and short over equity",
    unit="fraction",
    form="{:.1%}",
    of=AccountRecord,
    measure=lambda record: exposure(record.long_usd, record.short_usd, record.equity_usd[1:]),
    says="Mean of long and short value over equity.",
)
