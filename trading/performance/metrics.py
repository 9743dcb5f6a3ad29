"""Performance figures with confidence intervals.

Returns are per session, as fractions. Intervals are 95 %: a moving-block bootstrap (blocks of five sessions, because
daily returns of a book that holds for days are not independent), or Wilson's interval for a share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.arrays import Floats

SESSIONS_A_YEAR = 252
BLOCK_SESSIONS = 5
RESAMPLES = 2_000
Z_95 = 1.959963984540054

MIN_BLOCKS = 4
"""With fewer blocks than this a bootstrap says nothing, so the figure stands without an interval."""
MIN_TRADES = 10
FLAT = 1e-12
"""Returns that vary less than this are constant but for rounding; a ratio to their deviation means nothing."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; None where the data don't define it or are too few.

    A low end without a high one: the interval is open upwards (a profit factor, when many resamples hold no loss).
    """

    value: float | None
    low: float | None = None
    high: float | None = None


def sharpe(returns: Floats) -> float:
    """Annualised Sharpe ratio over a risk-free rate of zero; NaN when returns don't vary or there are less than two.

    Source:
        Sharpe (1994), The Sharpe Ratio; sample standard deviation, square root of 252.
    """
    return float(_sharpes(returns[None, :])[0]) if len(returns) > 1 else math.nan


def _sharpes(samples: Floats) -> Floats:
    """The ratio of each row."""
    deviation = samples.std(axis=1, ddof=1)
    varies = deviation > FLAT
    ratio = samples.mean(axis=1) / np.where(varies, deviation, 1.0) * math.sqrt(SESSIONS_A_YEAR)
    return np.where(varies, ratio, np.nan)


def max_drawdown(equity: Sequence[float]) -> float:
    """The largest fall from a peak, as a positive fraction of the peak."""
    values = np.asarray(equity, dtype=np.float64)
    if len(values) == 0:
        return 0.0
    peaks = np.maximum.accumulate(values)
    return float(np.max(1.0 - values / peaks))


def profit_factor(profits: Floats) -> float:
    """Gross profit over gross loss; NaN without trades, infinite without a loss."""
    gains, losses = float(profits[profits > 0].sum()), float(-profits[profits < 0].sum())
    if losses > 0:
        return gains / losses
    return math.inf if gains > 0 else math.nan


def wilson(successes: int, trials: int) -> Estimate:
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


def block_samples(n: int, rng: np.random.Generator, block: int = BLOCK_SESSIONS) -> npt.NDArray[np.int64]:
    """Indices of moving-block bootstrap samples, shape `(RESAMPLES, n)`; shape `(0, n)` when `n` is too few for one.

    Source:
        Künsch (1989), The jackknife and the bootstrap for general stationary observations.
    """
    if n < MIN_BLOCKS * block:
        return np.zeros((0, n), dtype=np.int64)
    starts = rng.integers(0, n - block + 1, size=(RESAMPLES, math.ceil(n / block)))
    indices = (starts[:, :, None] + np.arange(block)).reshape(RESAMPLES, -1)
    return np.asarray(indices[:, :n], dtype=np.int64)


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


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


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
        return Estimate(_finite(value))
    low, high = np.quantile(defined, [0.025, 0.975], method="inverted_cdf")
    if widen != 1.0:
        low, high = (value + (end - value) * widen for end in (low, high))
    low, high = (min(max(float(end), within[0]), within[1]) for end in (low, high))
    return Estimate(_finite(value), _finite(low), _finite(high))


@dataclass(frozen=True)
class Performance:
    """The figures of one account or benchmark over the sessions replayed.

    Attributes:
        total_return: fraction of the starting equity.
        sharpe: annualised.
        max_drawdown: positive fraction.
        win_rate: share of closed trades with a profit after costs.
        profit_factor: gross profit over gross loss.
        trades: closed round trips.
    """

    total_return: Estimate
    sharpe: Estimate
    max_drawdown: float
    win_rate: Estimate
    profit_factor: Estimate
    trades: int


def performance(equity: Sequence[float], profits: Sequence[float], *, seed: int) -> Performance:
    """The figures of an equity curve (its first value is the starting equity) and of its closed trades."""
    values = np.asarray(equity, dtype=np.float64)
    returns = values[1:] / values[:-1] - 1.0
    rng = np.random.default_rng(seed)
    gains = np.asarray(profits, dtype=np.float64)
    total, ratio = _of_returns(returns, rng)
    return Performance(
        total_return=total,
        sharpe=ratio,
        max_drawdown=max_drawdown(values.tolist()),
        win_rate=wilson(int((gains > 0).sum()), len(gains)),
        profit_factor=_of_profits(gains, rng),
        trades=len(gains),
    )


def _of_returns(returns: Floats, rng: np.random.Generator) -> tuple[Estimate, Estimate]:
    """Total return and Sharpe ratio."""
    if len(returns) == 0:
        return Estimate(None), Estimate(None)
    total = float(np.prod(1.0 + returns) - 1.0)
    if len(returns) == 1:
        return Estimate(total), Estimate(None)
    sampled = returns[block_samples(len(returns), rng)]
    wide = widening(len(returns))
    growth = np.prod(1.0 + sampled, axis=1) - 1.0
    return (
        interval(total, growth, widen=wide, within=(-1.0, math.inf)),
        interval(sharpe(returns), _sharpes(sampled), widen=wide),
    )


def _of_profits(gains: Floats, rng: np.random.Generator) -> Estimate:
    """Profit factor."""
    value = profit_factor(gains)
    if len(gains) < MIN_TRADES:
        return Estimate(_finite(value))
    draws = gains[rng.integers(0, len(gains), size=(RESAMPLES, len(gains)))]
    return interval(value, np.array([profit_factor(draw) for draw in draws]))


TARGETS = {"sharpe": 1.5, "max_drawdown": 0.10, "win_rate": 0.65, "profit_factor": 1.5}
"""The strategy's targets (section 8.2): Sharpe > 1.5, drawdown < 10 %, win rate > 65 %, profit factor > 1.5."""


def targets_met(figures: Performance) -> dict[str, bool | None]:
    """Whether the account's own figures meet each target; None where a figure is undefined."""

    def above(value: float | None, target: float) -> bool | None:
        return None if value is None else value > target

    return {
        "sharpe": above(figures.sharpe.value, TARGETS["sharpe"]),
        "max_drawdown": figures.max_drawdown < TARGETS["max_drawdown"] if figures.trades else None,
        "win_rate": above(figures.win_rate.value, TARGETS["win_rate"]),
        "profit_factor": above(figures.profit_factor.value, TARGETS["profit_factor"]),
    }
