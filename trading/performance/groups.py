"""Trades by what they had in common: patterns, catalyst, regime, exit, who decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trading.arrays import Flags, Floats
from trading.performance.estimate import Estimate, block_samples, finite, interval, widening
from trading.performance.metrics.profit_factor import profit_factor
from trading.performance.metrics.win_rate import win_rate
from trading.performance.record import Texts, Trades

CATALYST = {1: "with a catalyst", 0: "without", -1: "unknown"}
TWICE = 2.0
"""The strategy's claim: patterns with catalysts succeed twice as often."""


@dataclass(frozen=True)
class Group:
    """Some trades; None = not defined.

    Attributes:
        by: what they were divided by, `label` which of its values they have.
        success: share with a profit after costs, with Wilson's interval, as if trades were independent.
        mean_return: of the trades, as a fraction of their cost.
        profit_factor: gross profit over gross loss; None without a loss.
    """

    by: str
    label: str
    trades: int
    success: Estimate
    mean_return: float | None
    profit_usd: float
    profit_factor: float | None


def groups(trades: Trades) -> tuple[Group, ...]:
    """All trades; by pattern (one with several counts under each), catalyst, regime, direction, exit and decider."""
    catalyst = np.array([CATALYST[value] for value in trades.catalyst.tolist()], dtype=str)
    side = np.where(trades.direction > 0, "long", "short")
    columns: Mapping[str, Texts] = {
        "catalyst": catalyst, "trend": trades.trend, "volatility": trades.volatility, "driver": trades.driver,
        "direction": side, "exit": trades.exit_kind, "decided by": trades.decided_by,
    }  # fmt: skip
    found = [_group(trades, "all", "all", np.ones(len(trades), np.bool_))] if len(trades) else []
    found += _patterns(trades)
    for by, values in columns.items():
        found += [_group(trades, by, str(label), values == label) for label in np.unique(values)]
    return tuple(found)


def _patterns(trades: Trades) -> list[Group]:
    named = [set(text.split()) for text in trades.patterns.tolist()]
    names = sorted(set().union(*named)) if named else []
    return [_group(trades, "pattern", name, np.array([name in one for one in named])) for name in names]


def _group(trades: Trades, by: str, label: str, here: Flags) -> Group:
    profit = trades.profit_usd[here]
    return Group(
        by=by,
        label=label,
        trades=len(profit),
        success=win_rate(profit),
        mean_return=float(trades.net_return[here].mean()) if len(profit) else None,
        profit_usd=float(profit.sum()),
        profit_factor=finite(profit_factor(profit)),
    )


@dataclass(frozen=True)
class Ratio:
    """How much more often trades with a catalyst succeed than those without.

    Attributes:
        ratio: with its 95 % interval, whole sessions resampled; None where one side is missing.
        claim: what that says of the strategy's "twice as often".
    """

    ratio: Estimate
    trades_with: int
    trades_without: int
    claim: str


def catalyst_ratio_of(trades: Trades, *, seed: int) -> Ratio:
    """The measured ratio, with an interval that knows that trades decided in one session share its market."""
    has, lacks = trades.catalyst == 1, trades.catalyst == 0
    counts = int(has.sum()), int(lacks.sum())
    if not all(counts):
        return Ratio(Estimate(None), *counts, "not measured: all known trades are on one side")
    sessions, at = np.unique(trades.decided, return_inverse=True)
    won = trades.profit_usd > 0

    def by_session(flags: Flags) -> Floats:
        return np.bincount(at, weights=flags.astype(np.float64), minlength=len(sessions)).astype(np.float64)

    sums = [by_session(flags) for flags in (has & won, has, lacks & won, lacks)]
    value = _ratio(*(float(part.sum()) for part in sums))
    draws = block_samples(len(sessions), np.random.default_rng(seed))
    sampled = np.array([_ratio(*(float(part[draw].sum()) for part in sums)) for draw in draws])
    estimate = interval(value, sampled, widen=widening(len(sessions)), within=(0.0, np.inf))
    return Ratio(estimate, *counts, _claim(estimate))


def _ratio(won_with: float, with_: float, won_without: float, without: float) -> float:
    if not with_ or not won_without:
        return np.nan
    return (won_with / with_) / (won_without / without)


def _claim(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "not shown, and not refuted: too few sessions"
    if estimate.low > TWICE:
        return "shown"
    return "refuted" if estimate.high < TWICE else "neither shown nor refuted"
