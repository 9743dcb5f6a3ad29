"""Calmar ratio."""

from __future__ import annotations

import math

import numpy as np

from trading.arrays import Floats
from trading.performance.conventions import FLAT
from trading.performance.inputs import Curve
from trading.performance.metric import Metric
from trading.performance.metrics.annual_return import annual_return
from trading.performance.metrics.max_drawdown import max_drawdown


def calmar(returns: Floats) -> float:
    """Annual return over the largest drawdown; NaN without a drawdown.

    Example:
        >>> year = np.zeros(252)
        >>> year[:2] = 0.5, -0.2  # to 1.5 and back to 1.2: a fifth gained over a fifth lost
        >>> round(calmar(year), 4)
        1.0

    Source:
        Young (1991), Calmar Ratio: A Smoother Tool.
    """
    worst = max_drawdown(np.concatenate([[1.0], np.cumprod(1.0 + returns)]))
    return annual_return(returns) / worst if worst > FLAT else math.nan


CALMAR = Metric(
    name="calmar",
    title="Calmar ratio",
    unit="number",
    form="{:.2f}",
    of=Curve,
    measure=lambda curve: calmar(curve.returns),
    says="Annual return over the largest drawdown.",
    backtest_only=True,
)
