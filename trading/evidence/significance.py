"""How sure a mean over sessions is, and how many discoveries among many tests are chance.

Bars of one session share the market's move, and trades that are held for days share it with those of the next sessions.
Counting each as independent makes intervals far too narrow, so variances here add up sessions, and neighbouring ones.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from trading.arrays import Floats
from trading.errors import BadDataError

ALPHA = 0.05


def session_variance(influence: Floats, lags: int) -> Floats:
    """The variance of each figure, clustered by session and by `lags` sessions next to it.

    Args:
        influence: what each session adds to the figure's error, summed over its bars, shape `(n_figures, n_sessions)`,
            sessions without a gap; zero where a session has nothing.
        lags: outcomes so many sessions apart may share days, and none further apart; 0 = sessions are independent.

    Returns:
        Shape `(n_figures,)`; NaN where fewer than two sessions count.

    Source:
        Hansen and Hodrick (1980), Forward Exchange Rates as Optimal Predictors of Future Spot Rates, on the sums of
        each session, as Driscoll and Kraay (1998) have it for panels: products of neighbours count whole as far as
        outcomes overlap. Newey and West's (1987) falling weights would miss a quarter of the variance of outcomes that
        overlap by five sessions. With 0 lags it is the usual clustered variance. The factor G / (G - 1) is Stata's for
        G clusters. Never below the variance without lags: whole weights, or a rare pattern's few products, may come
        out negative by luck, and would make a figure look sure.
    """
    alone: Floats = np.einsum("ij,ij->i", influence, influence)
    total = alone
    for lag in range(1, min(lags, influence.shape[1] - 1) + 1):
        total = total + 2.0 * np.einsum("ij,ij->i", influence[:, lag:], influence[:, :-lag])
    clusters = (influence != 0).sum(axis=1)
    factor = clusters / np.maximum(clusters - 1, 1)
    return np.where(clusters > 1, np.maximum(total, alone) * factor, np.nan)


def two_sided(figure: Floats, error: Floats, freedom: Floats) -> Floats:
    """Chance of a figure at least this far from zero, by Student's t; NaN where error or freedom are not known.

    A figure without any error has no test: its p-value is NaN as well.
    """
    tested = np.isfinite(error) & (error > 0) & (freedom > 0)
    ratio = np.abs(figure) / np.where(tested, error, 1.0)
    chance = 2.0 * special.stdtr(np.where(tested, freedom, 1.0), -ratio)
    return np.where(tested, chance, np.nan)


def student_quantile(freedom: Floats, alpha: float = ALPHA) -> Floats:
    """How many errors an interval of level 1 - `alpha` reaches to each side; NaN without freedom."""
    reach: Floats = special.stdtrit(np.maximum(freedom, 1.0), 1.0 - alpha / 2.0)
    return np.where(freedom > 0, reach, np.nan)


def q_values(p: Floats) -> Floats:
    """Benjamini and Hochberg's adjusted p-values: calling q <= 0.05 a discovery keeps false ones to 5 % of them.

    Holds for tests that are independent or positively dependent, as those of patterns on one market mostly are.

    Args:
        p: p-values; NaN = not tested, which stays NaN and doesn't count.

    Raises:
        BadDataError: when a p-value is outside 0 to 1.

    Source:
        Benjamini and Hochberg (1995), Controlling the false discovery rate; Benjamini and Yekutieli (2001) for the
        dependence.
    """
    tested = np.flatnonzero(np.isfinite(p))
    if ((p[tested] < 0) | (p[tested] > 1)).any():
        raise BadDataError("a p-value lies outside 0 to 1; nothing was corrected")
    order = tested[np.argsort(p[tested], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    out = np.full(len(p), np.nan)
    out[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return out


def corrected_alpha(q: Floats, alpha: float = ALPHA) -> float:
    """The level of intervals that hold the truth in 1 - `alpha` of the discoveries, and agree with `q_values`.

    Such an interval excludes zero exactly where q <= `alpha`. Without a discovery it is the level of the first one.

    Source:
        Benjamini and Yekutieli (2005), False discovery rate-adjusted multiple confidence intervals.
    """
    tested = int(np.isfinite(q).sum())
    if tested == 0:
        return alpha
    with np.errstate(invalid="ignore"):
        found = int((q <= alpha).sum())
    return max(found, 1) * alpha / tested
