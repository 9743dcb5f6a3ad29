"""Beta."""

from __future__ import annotations

import math

import numpy as np

from trading.arrays import Floats
from trading.performance.inputs import Pair
from trading.performance.metric import Metric


def beta(returns: Floats, benchmark: Floats) -> float:
    """By how much the account moves when the benchmark does; NaN for less than three sessions or a flat benchmark.

    Example:
        >>> market = np.array([0.01, -0.02, 0.03])
        >>> round(beta(0.5 * market, market), 4)
        0.5

    Source:
        Sharpe (1964), Capital Asset Prices: covariance with the benchmark over its variance, of the sample.
    """
    if len(returns) < 3 or benchmark.std() == 0:  # noqa: PLR2004 - a line through two points says nothing
        return math.nan
    return float(np.cov(returns, benchmark, ddof=1)[0, 1] / benchmark.var(ddof=1))


BETA = Metric(
    name="beta",
    title="beta on the benchmark",
    unit="number",
    form="{:.2f}",
    of=Pair,
    measure=lambda pair: beta(pair.returns, pair.benchmark),
    says="Covariance of the account's and the benchmark's returns over the variance of the benchmark's.",
    backtest_only=True,
)
