"""Probability of backtest overfitting: how often the best of some sessions is among the worse half of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

from trading.arrays import Days, Floats
from trading.performance.conventions import FLAT
from trading.trials.trial import Trial

BLOCKS = 16
MIN_BLOCKS = 4
MIN_A_BLOCK = 2
"""Sessions; of fewer no ratio can be made."""
AT_ONCE = 1_024
ROUNDING = 1e-12
"""What is left of a sum of squares of equal numbers, as a share of it."""


@dataclass(frozen=True)
class Overfitting:
    """What symmetric cross-validation says of a choice among attempts.

    Attributes:
        probability: that the attempt which is best on half of the blocks is below the median on the other half.
        attempts: chosen among.
        sessions: judged on, cut into `blocks`.
    """

    probability: float
    attempts: int
    sessions: int
    blocks: int


def overfitting(returns: Floats, blocks: int = BLOCKS) -> Overfitting | None:
    """By combinatorially symmetric cross-validation of Sharpe ratios; None where there is nothing to choose between.

    With less than two sessions for each of the blocks there are fewer of them, an even number of at least four. A
    ratio of returns that don't vary is 0.

    Args:
        returns: of each attempt in each session, shape `(n_attempts, n_sessions)`.
        blocks: even.

    Source:
        Bailey, Borwein, López de Prado and Zhu (2017), The Probability of Backtest Overfitting, section 2.
    """
    attempts, sessions = returns.shape
    blocks = min(blocks, sessions // MIN_A_BLOCK // 2 * 2)
    if attempts < 2 or blocks < MIN_BLOCKS:  # noqa: PLR2004
        return None
    parts = np.array_split(np.arange(sessions), blocks)
    sizes = np.array([len(part) for part in parts], dtype=np.float64)
    starts = np.array([part[0] for part in parts])
    sums, squares = (np.add.reduceat(of, starts, axis=1).T for of in (returns, returns**2))
    chosen = np.array(list(combinations(range(blocks), blocks // 2)))
    below = 0
    for at in range(0, len(chosen), AT_ONCE):
        inside = np.zeros((len(chosen[at : at + AT_ONCE]), blocks))
        np.put_along_axis(inside, chosen[at : at + AT_ONCE], 1.0, axis=1)
        best = np.argmax(_ratios(inside, sums, squares, sizes), axis=1)
        ranks = stats.rankdata(_ratios(1.0 - inside, sums, squares, sizes), axis=1)
        below += int((np.take_along_axis(ranks, best[:, None], axis=1) * 2 < attempts + 1).sum())
    return Overfitting(below / len(chosen), attempts, sessions, blocks)


def _ratios(chosen: Floats, sums: Floats, squares: Floats, sizes: Floats) -> Floats:
    """The Sharpe ratio of each attempt in the chosen blocks, shape `(n_choices, n_attempts)`."""
    n = (chosen @ sizes)[:, None]
    mean, raw = chosen @ sums / n, chosen @ squares
    left = raw - n * mean**2
    varies = left > np.maximum(ROUNDING * raw, (n - 1.0) * FLAT**2)
    return np.where(varies, mean / np.sqrt(np.where(varies, left / (n - 1.0), 1.0)), 0.0)


def of_trials(trials: Sequence[Trial], sessions: Days) -> Overfitting | None:
    """The same of trials that have a return in every one of the sessions; the others can't be compared there.

    Args:
        trials: different ones, of one kind of series.
        sessions: ascending.
    """
    rows = [one.returns[np.isin(one.sessions, sessions)] for one in trials if np.isin(sessions, one.sessions).all()]
    return overfitting(np.array(rows)) if len(rows) > 1 else None
