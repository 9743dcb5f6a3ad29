"""Profit factor."""

from __future__ import annotations

import math

import numpy as np

from trading.arrays import Floats
from trading.performance.estimate import Estimate, interval
from trading.performance.inputs import Profits
from trading.performance.metric import Metric, Target


def profit_factor(profit_usd: Floats) -> float:
    """Gross profit over gross loss; NaN without trades, infinite without a loss.

    Example:
        >>> profit_factor(np.array([30.0, -10.0, 0.0, -5.0]))
        2.0

    Source:
        Arithmetic.
    """
    gains, losses = float(profit_usd[profit_usd > 0].sum()), float(-profit_usd[profit_usd < 0].sum())
    if losses > 0:
        return gains / losses
    return math.inf if gains > 0 else math.nan


def _with_interval(closed: Profits) -> Estimate:
    return interval(profit_factor(closed.profit_usd), np.array([profit_factor(draw) for draw in closed.resamples]))


PROFIT_FACTOR = Metric(
    name="profit_factor",
    title="profit factor",
    unit="number",
    form="{:.2f}",
    of=Profits,
    measure=_with_interval,
    says="Gross profit / gross loss; null without a losing trade.",
    target=Target(">", 1.5),
)
