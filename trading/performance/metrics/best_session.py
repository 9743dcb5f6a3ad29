"""Best session."""

from __future__ import annotations

import math

from trading.arrays import Floats
from trading.performance.inputs import Curve
from trading.performance.metric import Metric


def best_session(returns: Floats) -> float:
    """The highest return of a session, as a fraction; NaN without a session.

    Example:
        >>> import numpy as np
        >>> best_session(np.array([0.01, -0.02, 0.0]))
        0.01

    Source:
        Arithmetic.
    """
    return float(returns.max()) if len(returns) else math.nan


BEST_SESSION = Metric(
    name="best_session",
    title="best session",
    unit="fraction",
    form="{:+.1%}",
    of=Curve,
    measure=lambda curve: best_session(curve.returns),
    says="The highest return of a session, as a fraction.",
    backtest_only=True,
)
