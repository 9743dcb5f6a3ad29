"""Deflated Sharpe ratio."""

from __future__ import annotations

import math

from scipy import special

from trading.arrays import Floats
from trading.performance.conventions import FLAT
from trading.performance.inputs import Curve
from trading.performance.long_run import MIN_SESSIONS, cosines_of, long_run_variance
from trading.performance.metric import Metric
from trading.performance.metrics.sharpe_above_zero import probabilistic_sharpe

EULER = 0.5772156649015329


def expected_best_sharpe(trials: int, variance: float) -> float:
    """The Sharpe ratio per session that the best of `trials` attempts without any skill is expected to show.

    Args:
        trials: attempts that were looked at before this one was chosen, itself included.
        variance: of their Sharpe ratios per session.

    Example:
        >>> expected_best_sharpe(1, 0.01)
        0.0

    Source:
        Bailey and López de Prado (2014), The Deflated Sharpe Ratio, equation 1.
    """
    if trials <= 1:
        return 0.0
    high = (1.0 - EULER) * special.ndtri(1.0 - 1.0 / trials) + EULER * special.ndtri(1.0 - 1.0 / (trials * math.e))
    return math.sqrt(variance) * float(high)


def deflated_sharpe(
    returns: Floats, trials: int, sharpe_variance: float | None = None, *, overlap_sessions: int = 0
) -> float:
    """Probability that the Sharpe ratio is above what the best of `trials` attempts would show by luck alone.

    NaN for less than three sessions, and where `probabilistic_sharpe` is.

    Args:
        returns: of each session.
        trials: attempts, this one included.
        sharpe_variance: of the attempts' ratios per session. None where it wasn't measured: then it is that of
            ratios of returns like these without any skill, `1 / (sessions - 1)` for independent ones.
        overlap_sessions: see `probabilistic_sharpe`.

    Example:
        >>> import numpy as np
        >>> deflated_sharpe(np.tile([0.01, -0.01], 50), trials=1)  # one attempt deflates nothing
        0.5

    Source:
        Bailey and López de Prado (2014), The Deflated Sharpe Ratio, equation 2.
    """
    if len(returns) < 3:  # noqa: PLR2004 - fewer have no skew
        return math.nan
    variance = _of_no_skill(returns, overlap_sessions) if sharpe_variance is None else sharpe_variance
    return probabilistic_sharpe(returns, expected_best_sharpe(trials, variance), overlap_sessions=overlap_sessions)


def _of_no_skill(returns: Floats, overlap_sessions: int) -> float:
    """The variance that the ratio of returns like these has where the true one is zero."""
    n = len(returns)
    if not overlap_sessions or n < MIN_SESSIONS or returns.std() <= FLAT:
        return 1.0 / (n - 1)
    return long_run_variance((returns - returns.mean()) / returns.std(), cosines_of(n)) / n


def _measured(curve: Curve) -> float:
    attempts = curve.attempts
    return math.nan if attempts is None else deflated_sharpe(curve.returns, attempts.count, attempts.sharpe_variance)


SHARPE_ABOVE_LUCK = Metric(
    name="sharpe_above_luck",
    title="… above the luck of {trials} attempts (deflated)",
    unit="fraction",
    form="{:.1%}",
    of=Curve,
    measure=_measured,
    says="Probability that the Sharpe ratio is above what the best of all attempts would show by luck alone.",
    backtest_only=True,
    benchmark_shown=False,
)
