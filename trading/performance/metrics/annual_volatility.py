"""Annual volatility."""

from __future__ import annotations

import math

from trading.arrays import Floats
from trading.performance.conventions import SESSIONS_A_YEAR
from trading.performance.inputs import Curve
from trading.performance.metric import Metric


def annual_volatility(returns: Floats) -> float:
    """Standard deviation of a year's return, as a fraction; NaN for less than two sessions.

    Example:
        >>> import numpy as np
        >>> round(annual_volatility(np.array([0.01, -0.01])), 4)  # 0.01 x sqrt(2) x sqrt(252)
        0.2245

    Source:
        The sample's standard deviation times the square root of 252, as if returns were independent.
    """
    return float(returns.std(ddof=1)) * math.sqrt(SESSIONS_A_YEAR) if len(returns) > 1 else math.nan


ANNUAL_VOLATILITY = Metric(
    name="annual_volatility",
    title="volatility a year",
    unit="fraction",
    form="{:.1%}",
    of=Curve,
    measure=lambda curve: annual_volatility(curve.returns),
    says="Standard deviation of session returns, times the square root of 252.",
    backtest_only=True,
)
