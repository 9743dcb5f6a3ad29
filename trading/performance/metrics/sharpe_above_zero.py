"""Probabilistic Sharpe ratio."""

from __future__ import annotations

import math

from scipy import special, stats

from trading.arrays import Floats
from trading.performance.inputs import Curve
from trading.performance.metric import Metric
from trading.performance.metrics.sharpe import session_sharpes


def probabilistic_sharpe(returns: Floats, benchmark: float = 0.0) -> float:
    """Probability that the true Sharpe ratio is above `benchmark`, a ratio per session; NaN when undefined.

    It is undefined for less than three sessions, for returns that don't vary, and for a skew and kurtosis that no
    estimate of the ratio's spread allows.

    Example:
        >>> import numpy as np
        >>> probabilistic_sharpe(np.tile([0.01, -0.01], 50))  # no mean: above zero as often as not
        0.5

    Source:
        Bailey and López de Prado (2012), The Sharpe Ratio Efficient Frontier, equation 11.
    """
    ratio = float(session_sharpes(returns[None, :])[0])
    if len(returns) < 3 or math.isnan(ratio):  # noqa: PLR2004 - fewer have no skew
        return math.nan
    return _probabilistic(
        ratio, benchmark, len(returns), skew=float(stats.skew(returns)), kurtosis=float(stats.kurtosis(returns)) + 3.0
    )


def _probabilistic(ratio: float, benchmark: float, sessions: int, *, skew: float, kurtosis: float) -> float:
    spread = 1.0 - skew * ratio + (kurtosis - 1.0) / 4.0 * ratio**2
    if spread <= 0:
        return math.nan
    return float(special.ndtr((ratio - benchmark) * math.sqrt(sessions - 1) / math.sqrt(spread)))


SHARPE_ABOVE_ZERO = Metric(
    name="sharpe_above_zero",
    title="probability of a Sharpe ratio above zero",
    unit="fraction",
    form="{:.1%}",
    of=Curve,
    measure=lambda curve: probabilistic_sharpe(curve.returns),
    says="Probability that the true Sharpe ratio is above zero.",
    backtest_only=True,
)
