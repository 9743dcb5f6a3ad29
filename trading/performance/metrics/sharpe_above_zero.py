"""Probabilistic Sharpe ratio."""

from __future__ import annotations

import math

from scipy import special, stats

from trading.arrays import Floats
from trading.performance.inputs import Curve
from trading.performance.long_run import MIN_SESSIONS, cosines_of, influence, long_run_variance
from trading.performance.metric import Metric
from trading.performance.metrics.sharpe import session_sharpes


def probabilistic_sharpe(returns: Floats, benchmark: float = 0.0, *, overlap_sessions: int = 0) -> float:
    """Probability that the true Sharpe ratio is above `benchmark`, a ratio per session; NaN when undefined.

    It is undefined for less than three sessions (four where outcomes overlap), for returns that don't vary, and for a
    skew and kurtosis that no estimate of the ratio's spread allows.

    Args:
        returns: of each session.
        benchmark: a ratio per session.
        overlap_sessions: over how many sessions one outcome runs. 0 for an account marked at each close, whose returns
            are taken as independent; above, the error of the ratio is a long-run one and Student's t takes the place
            of the normal distribution. docs/evidence.md has the false-alarm rates of both.

    Example:
        >>> import numpy as np
        >>> probabilistic_sharpe(np.tile([0.01, -0.01], 50))  # no mean: above zero as often as not
        0.5

    Source:
        Bailey and López de Prado (2012), The Sharpe Ratio Efficient Frontier, equation 11; of outcomes that overlap
        see `trading.performance.long_run`.
    """
    ratio = float(session_sharpes(returns[None, :])[0])
    if len(returns) < 3 or math.isnan(ratio):  # noqa: PLR2004 - fewer have no skew
        return math.nan
    if overlap_sessions:
        return _of_overlapping(returns, ratio - benchmark)
    return _probabilistic(
        ratio, benchmark, len(returns), skew=float(stats.skew(returns)), kurtosis=float(stats.kurtosis(returns)) + 3.0
    )


def _of_overlapping(returns: Floats, above: float) -> float:
    n = len(returns)
    if n < MIN_SESSIONS:
        return math.nan
    cosines = cosines_of(n)
    variance = long_run_variance(influence(returns), cosines)
    return float(special.stdtr(cosines, above * math.sqrt(n / variance))) if variance > 0 else math.nan


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
