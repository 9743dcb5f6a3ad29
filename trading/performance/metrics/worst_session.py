"""Worst session."""

from __future__ import annotations

import math

from trading.arrays import Floats
from trading.performance.inputs import Curve
from trading.performance.metric import Metric


def worst_session(returns: Floats) -> float:
    """The lowest return of a session, as a fraction; NaN without a session.

    Example:
        >>> import numpy as np
        >>> worst_session(np.array([0.01, -0.02, 0.0]))
        -0.02

    Source:
        Arithmetic.
    """
    return float(returns.min()) if len(returns) else math.nan


WORST_SESSION = Metric(
    name="worst_session",
    title="worst session",
    unit="fraction",
    form="{:+.1%}",
    of=Curve,
    measure=lambda curve: worst_session(curve.returns),
    says="The lowest return of a session, as a fraction.",
    backtest_only=True,
)
