"""Total return."""

from __future__ import annotations

import math

import numpy as np

from trading.arrays import Floats
from trading.performance.estimate import Estimate, interval, widening
from trading.performance.inputs import Curve
from trading.performance.metric import Metric


def total_return(returns: Floats) -> float:
    """What all sessions together made, as a fraction of the starting equity; NaN without a session.

    Example:
        >>> round(total_return(np.array([0.10, -0.10])), 4)
        -0.01

    Source:
        Arithmetic: the product of one plus each return, less one.
    """
    return float(np.prod(1.0 + returns) - 1.0) if len(returns) else math.nan


def _with_interval(curve: Curve) -> Estimate:
    sampled = np.prod(1.0 + curve.resamples, axis=1) - 1.0
    widen = widening(len(curve.returns))
    return interval(total_return(curve.returns), sampled, widen=widen, within=(-1.0, math.inf))


TOTAL_RETURN = Metric(
    name="total_return",
    title="total return",
    short="return",
    unit="fraction",
    form="{:+.1%}",
    of=Curve,
    measure=_with_interval,
    says="Fraction of the starting equity.",
)
