"""Whether setups still look like those that a version learned from: ten features, named before anybody looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from trading.arrays import Floats
from trading.evidence.significance import q_values
from trading.watching.findings import Finding, not_enough

WATCHED: Mapping[str, str] = MappingProxyType(
    {
        "rsi_14": "momentum of the stock, which the rules and the models look at",
        "atr_pct": "how far stops and targets are away",
        "volume_ratio_20": "how unusual the trade in the stock is",
        "gap_pct": "how much of a move happens overnight, where no stop works",
        "sma_50_distance": "how far trends have gone",
        "relative_strength_20": "how much stocks differ from the market",
        "realised_volatility_20": "how wild the market is",
        "breadth": "how many stocks take part",
        "n_same_direction_patterns": "how patterns are found",
        "catalyst_score": "how news come in and are scored",
    }
)
"""Feature and why it is watched. All hundred would give a false alarm a week by chance."""
TENTHS = 10
BINS = TENTHS + 1
"""The last one is of unknown values."""
LEAST_SHARE = 1e-3
"""An empty bin counts as this much, so that the index stays finite."""


@dataclass(frozen=True)
class FeatureRules:
    """Of the watch.

    Attributes:
        alpha: share of false discoveries at one look; divided by the looks of a year it is the year's budget.
        window: sessions that are compared, and after which it is looked at again.
        block: sessions that are kept together when they are shuffled: those of a week are alike.
        least_reference: sessions to compare with.
        most_reference: the latest so many.
        least_index: an index below it is too small to act on, however sure: the usual bound of "a large shift".
        shuffles: of blocks, for the chance.
        unknown_margin: share of unknown values by which a week may exceed the highest of the reference.
    """

    alpha: float = 0.02
    window: int = 20
    block: int = 5
    least_reference: int = 60
    most_reference: int = 252
    least_index: float = 0.2
    shuffles: int = 1_999
    unknown_margin: float = 0.05


@dataclass(frozen=True)
class Reference:
    """What a version is compared with.

    Attributes:
        learned: True = sessions that it may have learned from; False = the first ones that it was asked at, because
            no feature rows of earlier ones are on record.
        edges: of the tenths of each feature, shape `(10 features, 9)`.
        blocks: mean shares of each block of sessions, shape `(blocks, 10 features, BINS)`.
        unknown: the highest share of unknown values of a block.
    """

    learned: bool
    edges: Floats
    blocks: Floats
    unknown: float


@dataclass(frozen=True)
class FeatureDay:
    """The setups of one session.

    Attributes:
        shares: of each feature in each bin of the reference, shape `(10 features, BINS)`.
        unknown: share of unknown values.
    """

    shares: Floats
    unknown: float


def edges_of(matrix: npt.NDArray[np.float32]) -> Floats:
    """The inner edges of the tenths of each column; NaN where a column is all unknown."""
    known = np.where(np.isfinite(matrix), matrix, np.nan).astype(np.float64)
    out = np.full((matrix.shape[1], TENTHS - 1), np.nan)
    there = np.isfinite(known).any(axis=0)
    if there.any():
        out[there] = np.nanquantile(known[:, there], np.arange(1, TENTHS) / TENTHS, axis=0).T
    return out


def day_of(matrix: npt.NDArray[np.float32], edges: Floats) -> FeatureDay:
    """The shares of a session's setups by the bins of the reference.

    Args:
        matrix: the columns of `WATCHED`, NaN = unknown, shape `(n, 10)`, at least one row.
        edges: of the reference.
    """
    shares = np.zeros((len(edges), BINS))
    for at, column in enumerate(matrix.T):
        known = np.isfinite(column)
        bins = np.where(known, np.searchsorted(edges[at], column, side="right"), TENTHS)
        shares[at] = np.bincount(bins, minlength=BINS)[:BINS] / len(column)
    return FeatureDay(shares, float(shares[:, TENTHS].mean()))


def reference_of(days: Floats, edges: Floats, rules: FeatureRules, *, learned: bool) -> Reference:
    """The reference of sessions in order; those that fill no block at the beginning are left out.

    Args:
        days: shares of each session, shape `(sessions, 10, BINS)`.
        edges: of the bins.
        rules: of the watch.
        learned: see `Reference`.
    """
    blocks = _blocks(days, rules)
    return Reference(learned, edges, blocks, float(blocks[:, :, TENTHS].mean(axis=1).max()))


def _blocks(days: Floats, rules: FeatureRules) -> Floats:
    count = len(days) // rules.block
    kept = days[len(days) - count * rules.block :]
    return np.asarray(kept.reshape(count, rules.block, *days.shape[1:]).mean(axis=1))


def index(now: Floats, then: Floats) -> Floats:
    """The population stability index of each feature, over the last axis.

    Source:
        Siddiqi (2006), Credit Risk Scorecards: below 0.1 no shift, from 0.25 on a large one; it is the symmetric
        Kullback-Leibler divergence (Jeffreys 1946).
    """
    mine, theirs = (np.maximum(each, LEAST_SHARE) for each in (now, then))
    return np.asarray(((mine - theirs) * np.log(mine / theirs)).sum(axis=-1))


@dataclass(frozen=True)
class Shift:
    """How far each feature has moved, shape `(10,)`.

    Attributes:
        index: population stability index.
        chance: of as large a one when blocks of sessions are dealt anew.
        q: that, corrected for ten features.
    """

    index: Floats
    chance: Floats
    q: Floats

    def found(self, rules: FeatureRules) -> list[str]:
        """The features that moved, surely and far."""
        moved = (self.q <= rules.alpha) & (self.index >= rules.least_index)
        return [name for name, yes in zip(WATCHED, moved, strict=True) if yes]


def shift(reference: Reference, days: Floats, rules: FeatureRules, seed: int) -> Shift:
    """The shift of the days against the reference.

    Sessions are the unit, in blocks: rows of one session share the market, so a test over rows would find drift in
    every week. Blocks of reference and window are dealt anew, and an index counts by how rarely chance makes it.
    """
    window = _blocks(days, rules)
    pool = np.concatenate([reference.blocks, window])
    count, all_ = len(window), len(pool)
    total = pool.sum(axis=0)
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(all_), (rules.shuffles, 1)), axis=1)[:, :count]
    picked = np.zeros((rules.shuffles, all_))
    np.put_along_axis(picked, order, 1.0, axis=1)
    sums = np.tensordot(picked, pool, axes=1)
    by_chance = index(sums / count, (total - sums) / (all_ - count))
    seen = index(window.mean(axis=0), reference.blocks.mean(axis=0))
    chance = (1.0 + (by_chance >= seen - 1e-12).sum(axis=0)) / (rules.shuffles + 1.0)
    return Shift(seen, chance, q_values(chance))


def watch_features(reference: Reference | None, days: Floats, rules: FeatureRules, seed: int) -> Finding:
    """Whether the features had moved at the last look; one is held each time a window of sessions is full.

    Args:
        reference: None where there are too few sessions for one.
        days: shares of each session since the reference, shape `(sessions, 10, BINS)`.
        rules: of the watch.
        seed: of the shuffles.
    """
    if reference is None:
        return not_enough("features", 0, rules.least_reference, "sessions to compare with")
    looks = len(days) // rules.window
    if not looks:
        return not_enough("features", len(days), rules.window, "sessions since those it is compared with")
    seen = days[(looks - 1) * rules.window : looks * rules.window]
    told = shift(reference, seen, rules, seed + looks)
    found, largest = told.found(rules), float(told.index.max())
    moved = ", ".join(found) or "none"
    usual = not found and largest >= rules.least_index
    size = f"{largest:.2f}, no more than chance gives" if usual else f"{largest:.2f}, {rules.least_index:g} is large"
    words = f"moved of ten features: {moved}; the largest index at this look is {size}"
    return Finding("features", "alarm" if found else "quiet", largest, rules.least_index, words)


def watch_unknown(reference: Reference | None, unknown: Floats, rules: FeatureRules) -> Finding:
    """Whether more values are unknown in the last block of sessions than in any of the reference.

    Args:
        reference: None where there are too few sessions for one.
        unknown: share of each session since the reference.
        rules: of the watch.
    """
    if reference is None:
        return not_enough("unknown", 0, rules.least_reference, "sessions to compare with")
    if len(unknown) < rules.block:
        return not_enough("unknown", len(unknown), rules.block, "sessions since those it is compared with")
    share, bar = float(unknown[-rules.block :].mean()), reference.unknown + rules.unknown_margin
    words = f"{share:.1%} of the watched values are unknown in the last {rules.block} sessions; {bar:.1%} is the bar"
    return Finding("unknown", "alarm" if share > bar else "quiet", share, bar, words)
