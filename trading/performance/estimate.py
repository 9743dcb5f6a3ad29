"""A figure and how sure it is.

Intervals are 95 %: a moving-block bootstrap (blocks of five sessions, because daily returns of a book that holds for
days are not independent), or Wilson's interval for a share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from trading.arrays import Floats, Ints

BLOCK_SESSIONS = 5
RESAMPLES = 2_000
Z_95 = 1.959963984540054

MIN_BLOCKS = 4
"""With fewer blocks than this a bootstrap says nothing, so the figure stands without an interval."""
MIN_TRADES = 10


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; None where the data don't define it or are too few.

    A low end without a high one: the interval is open upwards (a profit factor, when many resamples hold no loss).
    """

    value: float | None
    low: float | None = None
    high: float | None = None


def finite(value: float) -> float | None:
    """The value; None in place of NaN and infinities."""
    return value if math.isfinite(value) else None


def wilson(successes: float, trials: float) -> Estimate:
    """A share with Wilson's 95 % interval; undefined without trials.

    Source:
        Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    if trials == 0:
        return Estimate(None)
    share = successes / trials
    denominator = 1 + Z_95**2 / trials
    centre = (share + Z_95**2 / (2 * trials)) / denominator
    half = Z_95 * math.sqrt(share * (1 - share) / trials + Z_95**2 / (4 * trials**2)) / denominator
    return Estimate(share, centre - half, centre + half)


def block_samples(n: int, rng: np.random.Generator, block: int = BLOCK_SESSIONS) -> Ints:
    """Indices of moving-block bootstrap samples, shape `(RESAMPLES, n)`; shape `(0, n)` when `n` is too few for one.

    Source:
        Künsch (1989), The jackknife and the bootstrap for general stationary observations.
    """
    if n < MIN_BLOCKS * block:
        return np.zeros((0, n), dtype=np.int64)
    starts = rng.integers(0, n - block + 1, size=(RESAMPLES, math.ceil(n / block)))
    indices = (starts[:, :, None] + np.arange(block)).reshape(RESAMPLES, -1)
    return np.asarray(indices[:, :n], dtype=np.int64)


def trade_samples(n: int, rng: np.random.Generator) -> Ints:
    """Indices of bootstrap samples of `n` trades, shape `(RESAMPLES, n)`; shape `(0, n)` for less than `MIN_TRADES`."""
    if n < MIN_TRADES:
        return np.zeros((0, n), dtype=np.int64)
    return rng.integers(0, n, size=(RESAMPLES, n))


def widening(n: int, block: int = BLOCK_SESSIONS) -> float:
    """By how much the ends of a block bootstrap's 95 % interval of `n` sessions must move away from the figure.

    Its samples vary too little by a factor of sqrt(1 - block / n), and a few blocks ask for Student's t in place of the
    normal distribution. For independent returns the plain interval holds the truth in 81 % of samples of 20 sessions
    and 88 % of 37; widened, in 94 % of both (600 simulations). Dependent returns still lower that a little.

    Source:
        Student's 97.5 % quantile by Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
    """
    if n < MIN_BLOCKS * block:
        return 1.0
    z, free = Z_95, n / block - 1.0
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    student = z + first / free + second / free**2 + third / free**3
    return student / z * math.sqrt(n / (n - block))


def interval(
    value: float, samples: Floats, *, widen: float = 1.0, within: tuple[float, float] = (-math.inf, math.inf)
) -> Estimate:
    """`value` with the 2.5 % and 97.5 % quantiles of the samples that are defined; an infinite end becomes None.

    Args:
        value: the figure itself.
        samples: the figure in resamples.
        widen: factor on the distance of both ends from the figure; see `widening`.
        within: least and largest value that the figure can take.
    """
    defined = samples[~np.isnan(samples)]
    if len(defined) == 0:
        return Estimate(finite(value))
    low, high = np.quantile(defined, [0.025, 0.975], method="inverted_cdf")
    if widen != 1.0:
        low, high = (value + (end - value) * widen for end in (low, high))
    low, high = (min(max(float(end), within[0]), within[1]) for end in (low, high))
    return Estimate(finite(value), finite(low), finite(high))
