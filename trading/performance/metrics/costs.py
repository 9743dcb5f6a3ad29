"""Costs."""

from __future__ import annotations

from trading.arrays import Floats
from trading.performance.metric import Metric
from trading.performance.record import AccountRecord


def costs(costs_usd: Floats) -> float:
    """All costs, in USD.

    Args:
        costs_usd: of each session: commissions, fees, borrowing, and what slippage and spread took.

    Example:
        >>> import numpy as np
        >>> costs(np.array([1.5, 0.0, 2.0]))
        3.5

    Source:
        Arithmetic.
    """
    return float(costs_usd.sum())


COSTS_USD = Metric(
    name="costs_usd",
    title="costs",
    unit="usd",
    form="${:,.2f}",
    of=AccountRecord,
    measure=lambda record: costs(record.costs_usd),
    says="Commissions, fees, borrowing, and what slippage and spread took.",
)
