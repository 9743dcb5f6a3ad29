"""An always-valid test of a mean over sessions: it may be looked at after each one, and stopped whenever one likes.

Outcomes of setups made within `block_sessions` of each other overlap, so sessions aren't independent bets. They are
put together in blocks of as many sessions as an outcome lasts. Blocks that aren't neighbours share no day of any
outcome, so the even and the odd ones are two series of fair bets if the mean is what is claimed. Each series has a
capital of its own and half of the error to spend. Betting on a lagged fraction would not do: its factors overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from trading.arrays import Floats, Ints

SHARES = np.array([0.15, 0.3, 0.6, 0.9])
"""Of the largest bet that can't ruin; the capital is spread evenly over them."""
STEPS = 30
"""Halvings by which the end of an interval is found."""


@dataclass(frozen=True)
class TestRules:
    """A test, stated before it begins.

    Attributes:
        alpha: chance of ever saying "above" of a mean that isn't, and of ever saying "below" likewise.
        block_sessions: that an outcome lasts; a block has as many.
        least_sessions: with a figure; a block with fewer is left out.
        scale_blocks: the first ones only set the bound, and are not tested.
        clip: the bound in root mean squares of the first blocks; a block counts for no more than this.
        least_bound: the bound is never below it, in the unit of the figure.
    """

    __test__ = False

    alpha: float = 0.05
    block_sessions: int = 5
    least_sessions: int = 3
    scale_blocks: int = 4
    clip: float = 2.0
    least_bound: float = 1e-4


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence sequence; NaN where there are too few blocks.

    Attributes:
        mean: of the sessions, not clipped.
        low: the mean of clipped blocks is above it, unless a chance of `alpha` came true; `high` likewise.
        blocks: that were tested.
    """

    mean: float
    low: float
    high: float
    sessions: int
    blocks: int


def block_means(position: Ints, values: Floats, rules: TestRules) -> Floats:
    """The mean of each complete block from the first session with a figure on; NaN where too few sessions have one.

    Args:
        position: of each session among those of the exchange, ascending; a gap in them is a gap in the figures.
        values: of each session, NaN where there is none.
        rules: of the test.
    """
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(0)
    block = (position - position[known][0]) // rules.block_sessions
    count = int(position[-1] - position[known][0] + 1) // rules.block_sessions
    used = known & (block >= 0) & (block < count)
    sums = np.bincount(block[used], weights=values[used], minlength=count)[:count]
    there = np.bincount(block[used], minlength=count)[:count]
    return np.where(there >= rules.least_sessions, sums / np.maximum(there, 1), np.nan)


def log_capital(blocks: Floats, mean: float, bound: Floats) -> Floats:
    """The logarithm of what bets on "above `mean`" have made of one dollar, after each block; fair if it isn't above.

    Args:
        blocks: within the bound, NaN = no bet, shape `(..., n)`.
        mean: that is claimed, above -bound.
        bound: of each series, shape `(...)`.

    Source:
        Waudby-Smith and Ramdas (2024), Estimating means of bounded random variables by betting, JRSS B 86; the even
        mixture of fixed bets is their diversified Kelly betting. By Ville's inequality it ever reaches 1 / alpha
        with a chance of at most alpha.
    """
    gain = np.where(np.isnan(blocks), 0.0, blocks - mean)
    bets = SHARES / (bound + mean)[..., None]
    grown = np.log1p(bets[..., None, :] * gain[..., None]).cumsum(axis=-2)
    return np.asarray(special.logsumexp(grown, axis=-1) - np.log(len(SHARES)))


def first_above(blocks: Floats, rules: TestRules, mean: float = 0.0) -> Ints:
    """The number of the block at which the test says "above `mean`", counted from all blocks; -1 where it never does.

    Args:
        blocks: of each series, the first ones included, shape `(..., n)`.
        rules: of the test.
        mean: that is claimed, within the bound.
    """
    tested, bound = _bounded(blocks, rules)
    level = np.log(2.0 / rules.alpha)
    best = np.full(blocks.shape[:-1], np.iinfo(np.int64).max)
    for parity in range(min(2, tested.shape[-1])):  # of a single block there are no odd ones yet
        reached = log_capital(tested[..., parity::2], mean, bound) >= level
        at = rules.scale_blocks + parity + 2 * reached.argmax(axis=-1)
        best = np.where(reached.any(axis=-1), np.minimum(best, at), best)
    return np.where(best == np.iinfo(np.int64).max, -1, best)


def _bounded(blocks: Floats, rules: TestRules) -> tuple[Floats, Floats]:
    """The blocks that are tested, clipped, and the bound of each series."""
    first = np.nan_to_num(blocks[..., : rules.scale_blocks])
    spread = np.sqrt((first**2).sum(axis=-1) / max(1, first.shape[-1]))
    bound = np.maximum(rules.clip * spread, rules.least_bound)
    return np.clip(blocks[..., rules.scale_blocks :], -bound[..., None], bound[..., None]), bound


def interval(position: Ints, values: Floats, rules: TestRules) -> Interval:
    """The confidence sequence after the last session: the intersection of those after each one.

    Args:
        position: of each session among those of the exchange, ascending.
        values: of each session, NaN where there is none.
        rules: of the test.
    """
    blocks, known = block_means(position, values, rules), values[np.isfinite(values)]
    mean = float(known.mean()) if len(known) else np.nan
    tested = int(np.isfinite(blocks[rules.scale_blocks :]).sum())
    if not tested:
        return Interval(mean, np.nan, np.nan, len(known), 0)
    low, high = _low(blocks, rules), -_low(-blocks, rules)
    return Interval(mean, low, high, len(known), tested)


def _low(blocks: Floats, rules: TestRules) -> float:
    """The largest mean that is refused from below, by halving: who refuses a mean refuses all lower ones."""
    _, bound = _bounded(blocks, rules)
    low, high = -float(bound), float(bound)
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        if first_above(blocks, rules, middle) >= 0:
            low = middle
        else:
            high = middle
    return low
