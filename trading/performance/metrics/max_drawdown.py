"""Maximum drawdown."""

from __future__ import annotations

import numpy as np

from trading.arrays import Floats
from trading.performance.inputs import Curve
from trading.performance.metric import Metric, Target


def drawdowns(equity: Floats) -> Floats:
    """How far below its highest value so far each value is, as a positive fraction.

    Example:
        >>> drawdowns(np.array([100.0, 80.0, 110.0])).round(4).tolist()
        [0.0, 0.2, 0.0]

    Source:
        Magdon-Ismail and Atiya (2004), Maximum Drawdown.
    """
    return 1.0 - equity / np.maximum.accumulate(equity)


def max_drawdown(equity: Floats) -> float:
    """The largest fall from a peak, as a positive fraction of the peak; 0 without a fall, or without equity.

    Example:
        >>> max_drawdown(np.array([100.0, 120.0, 90.0, 150.0, 140.0]))
        0.25

    Source:
        Magdon-Ismail and Atiya (2004), Maximum Drawdown.
    """
    return float(np.max(drawdowns(equity))) if len(equity) else 0.0


MAX_DRAWDOWN = Metric(
    name="max_drawdown",
    title="maximum drawdown",
    unit="fraction",
    form="{:.1%}",
    of=Curve,
    measure=lambda curve: max_drawdown(curve.equity_usd),
    says="Largest fall from a peak, as a positive fraction.",
    target=Target("<", 0.10),
)
