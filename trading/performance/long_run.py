"""How far a Sharpe ratio of dependent returns can be off: its long-run variance.

Outcomes that overlap share bars, so their returns depend on each other and the usual error of the ratio is too small.
"""

from __future__ import annotations

import math

import numpy as np

from trading.arrays import Floats

MIN_SESSIONS = 4
"""With fewer there is no cosine to spare."""


def influence(returns: Floats) -> Floats:
    """How much each return moves the Sharpe ratio per session; its variance over `n` is that of the ratio.

    Of independent returns its mean square is `1 - skew x ratio + (kurtosis - 1) / 4 x ratio ** 2`.

    Source:
        Lo (2002), The Statistics of Sharpe Ratios, appendix; Mertens (2002).
    """
    z = (returns - returns.mean()) / returns.std()
    ratio = float(returns.mean() / returns.std())
    return np.asarray(z - ratio / 2.0 * (z**2 - 1.0))


def cosines_of(sessions: int) -> int:
    """How many cosines estimate a long-run variance: `0.4 x n ** (2 / 3)`, at least two.

    Source:
        Lazarus, Lewis, Stock and Watson (2018), HAR Inference: Recommendations for Practice, equation 6.
    """
    return max(2, int(0.4 * sessions ** (2.0 / 3.0)))


def long_run_variance(values: Floats, cosines: int) -> float:
    """The variance that the mean of `values` has, times their number, whatever depends on what nearby.

    The mean square of the first cosine transforms, which estimates heteroskedasticity and autocorrelation alike.
    A mean divided by its square root follows Student's t with `cosines` degrees of freedom.

    Source:
        Müller (2007), A theory of robust long-run variance estimation; Lazarus et al. (2018), equation 4.
    """
    n = len(values)
    at = (np.arange(n) + 0.5) / n
    waves = math.sqrt(2.0 / n) * np.cos(np.pi * np.outer(np.arange(1, cosines + 1), at))
    return float(np.mean((waves @ (values - values.mean())) ** 2))
