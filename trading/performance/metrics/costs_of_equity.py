"""Costs of equity."""

from __future__ import annotations

from trading.arrays import Floats
from trading.performance.metric import Metric
from trading.performance.metrics.turnover import a_year_of_equity
from trading.performance.record import AccountRecord


def costs_of_equity(costs_usd: Floats, equity_usd: Floats) -> float:
    """All costs over mean equity, a year, as a fraction.

    Args:
        costs_usd: of each session, shape `(n,)`.
        equity_usd: see `a_year_of_equity`.

    Example:
        >>> import numpy as np
        >>> costs_of_equity(np.array([0.0, 1.0]), np.array([100.0, 100.0, 100.0]))
        1.26

    Source:
        Arithmetic.
    """
    return a_year_of_equity(costs_usd, equity_usd)


COSTS_OF_EQUITY_A_YEAR = Metric(
    name="costs_of_equity_a_year",
    title="costs a year, of equity",
    unit="fraction",
    form="{:.2%}",
    of=AccountRecord,
    measure=lambda record: costs_of_equity(record.costs_usd, record.equity_usd),
    says="All costs over mean equity, a year.",
)
