"""Sharpe ratio."""

from __future__ import annotations

import math

import numpy as np

from trading.arrays import Floats
from trading.performance.conventions import FLAT, SESSIONS_A_YEAR
from trading.performance.estimate import Estimate, interval, widening
from trading.performance.inputs import Curve
from trading.performance.metric import Metric, Target


def sharpe(returns: Floats) -> float:
    """Annualised Sharpe ratio over a risk-free rate of zero; NaN when returns don't vary or there are less than two.

    Example:
        >>> round(sharpe(np.array([0.02, 0.00])), 4)  # 0.01 / (0.01 x sqrt(2)) x sqrt(252)
        11.225

    Source:
        Sharpe (1994), The Sharpe Ratio; sample standard deviation, square root of 252.
    """
    return float(sharpes(returns[None, :])[0])


def sharpes(samples: Floats) -> Floats:
    """The annualised ratio of each row of `samples`, shape `(k, n)`."""
    return session_sharpes(samples) * math.sqrt(SESSIONS_A_YEAR)


def session_sharpes(samples: Floats) -> Floats:
    """The ratio per session of each row; NaN where it isn't defined."""
    if samples.shape[1] <= 1:
        return np.full(len(samples), np.nan)
    deviation = samples.std(axis=1, ddof=1)
    varies = deviation > FLAT
    return np.where(varies, samples.mean(axis=1) / np.where(varies, deviation, 1.0), np.nan)


def _with_interval(curve: Curve) -> Estimate:
    return interval(sharpe(curve.returns), sharpes(curve.resamples), widen=widening(len(curve.returns)))


SHARPE = Metric(
    name="sharpe",
    title="Sharpe ratio",
    unit="number",
    form="{:.2f}",
    of=Curve,
    measure=_with_interval,
    says="Annualised, of session returns.",
    target=Target(">", 1.5),
)
