"""Closed trades."""

from __future__ import annotations

from trading.arrays import Floats
from trading.performance.inputs import Profits
from trading.performance.metric import Metric


def trades(profit_usd: Floats) -> int:
    """How many trades were closed, winners or not.

    Example:
        >>> import numpy as np
        >>> trades(np.array([30.0, -10.0, 0.0]))
        3

    Source:
        Arithmetic.
    """
    return len(profit_usd)


TRADES = Metric(
    name="trades",
    title="closed trades",
    unit="count",
    form="{:,}",
    of=Profits,
    measure=lambda closed: trades(closed.profit_usd),
    says="Closed trades.",
)
