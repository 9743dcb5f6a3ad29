"""Annual return."""

from __future__ import annotations

import math

import numpy as np

from trading.arrays import Floats
from trading.performance.conventions import SESSIONS_A_YEAR
from trading.performance.inputs import Curve
from trading.performance.metric import Metric


def annual_return(returns: Floats) -> float:
    """The yearly growth that compounds to the whole, as a fraction; NaN without a session, -1 when all was lost.

    Example:
        >>> round(annual_return(np.full(504, 0.001)), 4)  # two years are as good as one
        0.2864

    Source:
        Arithmetic: the product of one plus each return, to the power of 252 over the sessions, less one.
    """
    if len(returns) == 0:
        return math.nan
    growth = float(np.prod(1.0 + returns))
    return growth ** (SESSIONS_A_YEAR / len(returns)) - 1.0 if growth > 0 else -1.0


ANNUAL_RETURN = Metric(
    name="annual_return",
    title="a year",
    unit="fraction",
    form="{:+.1%}",
    of=Curve,
    measure=lambda curve: annual_return(curve.returns),
    says="The yearly growth that compounds to the whole, as a fraction.",
    backtest_only=True,
)
