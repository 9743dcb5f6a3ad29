"""A metric that the platform doesn't ship, as its own file would declare it."""

from __future__ import annotations

import numpy as np

from trading.performance.inputs import Curve
from trading.performance.metric import Metric, Target
from trading.performance.metrics.max_drawdown import drawdowns

ULCER = Metric(
    name="ulcer_index",
    title="ulcer index",
    unit="fraction",
    form="{:.2%}",
    of=Curve,
    measure=lambda curve: float(np.sqrt((drawdowns(curve.equity_usd[1:]) ** 2).mean())),
    says="Root of the mean squared drawdown, as a positive fraction.",
    target=Target("<", 0.05),
)
