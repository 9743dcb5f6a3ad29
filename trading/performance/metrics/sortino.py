"""Sortino ratio."""

from __future__ import annotations

import math

import numpy as np

from trading.arrays import Floats
from trading.performance.conventions import FLAT, SESSIONS_A_YEAR
from trading.performance.inputs import Curve
from trading.performance.metric import Metric


def sortino(returns: Floats) -> float:
    """Annualised mean over downside deviation, for a target of zero; NaN without a loss or for less than two sessions.

    Example:
        >>> round(sortino(np.array([0.02, -0.01])), 4)  # 0.005 / (0.01 / sqrt(2)) x sqrt(252)
        11.225

    Source:
        Sortino and Price (1994): the deviation is the root of the mean square of min(return, 0) over all sessions.
    """
    if len(returns) < 2:  # noqa: PLR2004 - one session has no deviation
        return math.nan
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2)))
    return float(returns.mean()) / downside * math.sqrt(SESSIONS_A_YEAR) if downside > FLAT else math.nan


SORTINO = Metric(
    name="sortino",
    title="Sortino ratio",
    unit="number",
    form="{:.2f}",
    of=Curve,
    measure=lambda curve: sortino(curve.returns),
    says="Annualised mean over downside deviation, for a target of zero.",
    backtest_only=True,
)
