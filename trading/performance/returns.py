"""Figures of a series of returns, beside those of `trading.performance.metrics`.

Returns are per session, as fractions. A figure that the returns don't define is NaN.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special, stats

from trading.arrays import Floats
from trading.performance.metrics import FLAT, SESSIONS_A_YEAR

EULER = 0.5772156649015329


def annual_return(returns: Floats) -> float:
    """The yearly growth that compounds to the whole; NaN without a session, -1 when everything was lost."""
    if len(returns) == 0:
        return math.nan
    growth = float(np.prod(1.0 + returns))
    return growth ** (SESSIONS_A_YEAR / len(returns)) - 1.0 if growth > 0 else -1.0


def annual_volatility(returns: Floats) -> float:
    """Standard deviation of a year: the sample's, times the square root of 252."""
    return float(returns.std(ddof=1)) * math.sqrt(SESSIONS_A_YEAR) if len(returns) > 1 else math.nan


def sortino(returns: Floats) -> float:
    """Annualised mean over downside deviation, for a target of zero; NaN without a loss.

    Source:
        Sortino and Price (1994): the deviation is the root of the mean square of min(return, 0) over all sessions.
    """
    if len(returns) < 2:  # noqa: PLR2004
        return math.nan
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2)))
    return float(returns.mean()) / downside * math.sqrt(SESSIONS_A_YEAR) if downside > FLAT else math.nan


def calmar(returns: Floats) -> float:
    """Annual return over the largest drawdown; NaN without one.

    Source:
        Young (1991), Calmar Ratio: A Smoother Tool.
    """
    equity = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    worst = float(np.max(1.0 - equity / np.maximum.accumulate(equity)))
    return annual_return(returns) / worst if worst > FLAT else math.nan


def drawdowns(equity: Floats) -> Floats:
    """How far below its highest value so far each value is, as a positive fraction."""
    return 1.0 - equity / np.maximum.accumulate(equity)


def longest_drawdown(equity: Floats) -> int:
    """The most sessions in a row below an earlier peak."""
    under = drawdowns(equity) > FLAT
    edges = np.flatnonzero(np.diff(np.concatenate([[False], under, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def probabilistic_sharpe(returns: Floats, benchmark: float = 0.0) -> float:
    """Probability that the true Sharpe ratio is above `benchmark`, a ratio per session; NaN when undefined.

    Source:
        Bailey and López de Prado (2012), The Sharpe Ratio Efficient Frontier, equation 11.
    """
    if len(returns) < 3 or float(returns.std(ddof=1)) <= FLAT:  # noqa: PLR2004
        return math.nan
    ratio = float(returns.mean() / returns.std(ddof=1))
    return _probabilistic(
        ratio, benchmark, len(returns), skew=float(stats.skew(returns)), kurtosis=float(stats.kurtosis(returns)) + 3.0
    )


def _probabilistic(ratio: float, benchmark: float, sessions: int, *, skew: float, kurtosis: float) -> float:
    spread = 1.0 - skew * ratio + (kurtosis - 1.0) / 4.0 * ratio**2
    if spread <= 0:
        return math.nan
    return float(special.ndtr((ratio - benchmark) * math.sqrt(sessions - 1) / math.sqrt(spread)))


def expected_best_sharpe(trials: int, variance: float) -> float:
    """The Sharpe ratio per session that the best of `trials` attempts without any skill is expected to show.

    Args:
        trials: attempts that were looked at before this one was chosen, itself included.
        variance: of their Sharpe ratios per session.

    Source:
        Bailey and López de Prado (2014), The Deflated Sharpe Ratio, equation 1.
    """
    if trials <= 1:
        return 0.0
    high = (1.0 - EULER) * special.ndtri(1.0 - 1.0 / trials) + EULER * special.ndtri(1.0 - 1.0 / (trials * math.e))
    return math.sqrt(variance) * float(high)


def deflated_sharpe(returns: Floats, trials: int) -> float:
    """Probability that the Sharpe ratio is above what the best of `trials` attempts would show by luck alone.

    The spread of the attempts is that of ratios of returns like these without any skill: 1 / (sessions - 1).

    Source:
        Bailey and López de Prado (2014), The Deflated Sharpe Ratio, equation 2.
    """
    if len(returns) < 3:  # noqa: PLR2004
        return math.nan
    return probabilistic_sharpe(returns, expected_best_sharpe(trials, 1.0 / (len(returns) - 1)))
