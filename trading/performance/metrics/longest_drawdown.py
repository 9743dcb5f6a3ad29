"""Longest drawdown."""

from __future__ import annotations

import numpy as np

from trading.arrays import Floats
from trading.performance.conventions import FLAT
from trading.performance.inputs import Curve
from trading.performance.metric import Metric
from trading.performance.metrics.max_drawdown import drawdowns


def longest_drawdown(equity: Floats) -> int:
    """The most sessions in a row below an earlier peak; 0 without one.

    Example:
        >>> longest_drawdown(np.array([100.0, 80.0, 90.0, 95.0, 100.0, 110.0, 99.0]))
        3

    Source:
        Arithmetic: the longest run of sessions whose drawdown is above zero.
    """
    under = drawdowns(equity) > FLAT
    edges = np.flatnonzero(np.diff(np.concatenate([[False], under, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


LONGEST_DRAWDOWN = Metric(
    name="longest_drawdown_sessions",
    title="longest drawdown, sessions",
    unit="count",
    form="{}",
    of=Curve,
    measure=lambda curve: longest_drawdown(curve.equity_usd),
    says="The most sessions in a row below an earlier peak.",
    backtest_only=True,
)
