"""What figures are computed from; a metric names one of these, or the whole `AccountRecord`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trading.arrays import Floats
from trading.performance.attempts import Attempts
from trading.performance.estimate import block_samples, trade_samples
from trading.performance.record import AccountRecord


@dataclass(frozen=True)
class Curve:
    """An equity curve.

    Attributes:
        equity_usd: before the first session, then at each close, shape `(n + 1,)`.
        returns: of each session, as a fraction, shape `(n,)`.
        resamples: the returns in block-bootstrap samples, shape `(k, n)`; `k` is 0 when there are too few sessions.
        attempts: that the curve was chosen from; None where nobody counted them.
    """

    equity_usd: Floats
    returns: Floats
    resamples: Floats
    attempts: Attempts | None = None


@dataclass(frozen=True)
class Profits:
    """Closed trades by their profit.

    Attributes:
        profit_usd: net of all costs of both sides, shape `(n,)`.
        resamples: likewise in bootstrap samples, shape `(k, n)`; `k` is 0 when there are too few trades.
    """

    profit_usd: Floats
    resamples: Floats


@dataclass(frozen=True)
class Pair:
    """Returns of an account and of its benchmark in the same sessions, as fractions, each of shape `(n,)`."""

    returns: Floats
    benchmark: Floats


Input = Curve | Profits | Pair | AccountRecord


def curve_and_profits(
    equity_usd: Sequence[float] | Floats, profits_usd: Sequence[float] | Floats, *, seed: int,
    attempts: Attempts | None = None,
) -> tuple[Curve, Profits]:  # fmt: skip
    """Both with the resamples that the seed gives; all figures of an account share them.

    Args:
        equity_usd: before the first session, then at each close.
        profits_usd: of closed trades; none for a benchmark.
        seed: of the resampling.
        attempts: see `Curve`.
    """
    rng = np.random.default_rng(seed)
    equity, profits = np.asarray(equity_usd, dtype=np.float64), np.asarray(profits_usd, dtype=np.float64)
    returns = returns_of(equity)
    curve = Curve(equity, returns, returns[block_samples(len(returns), rng)], attempts)
    return curve, Profits(profits, profits[trade_samples(len(profits), rng)])


def returns_of(equity_usd: Sequence[float] | Floats) -> Floats:
    """Of each session, as a fraction: one value fewer than there is equity."""
    equity = np.asarray(equity_usd, dtype=np.float64)
    return equity[1:] / equity[:-1] - 1.0
