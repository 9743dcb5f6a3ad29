"""The figures of some setups, each with an interval from blocks of whole sessions, or why there are none yet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Flags, Floats
from trading.evidence.significance import session_variance, two_sided
from trading.outcomes.barriers import OutcomeRules
from trading.performance.estimate import (
    BLOCK_SESSIONS,
    MIN_BLOCKS,
    Estimate,
    block_samples,
    finite,
    interval,
    widening,
)
from tune.judgement.report.columns import FIGURES, placements, shares

MIN_SETUPS = 100
MIN_SESSIONS = BLOCK_SESSIONS * MIN_BLOCKS
MIN_OF_CLASS = 20
"""Successes, failures, calls or trades: fewer are a handful of days."""
OVERLAP_SESSIONS = OutcomeRules().horizon_sessions
WITHIN = {"mcc": (-1.0, 1.0), "log_loss": (0.0, math.inf), "log_loss_base": (0.0, math.inf)}
ANY = (-math.inf, math.inf)
UNBOUND = ("less_majority", "false_positives_less_rules", "profit", "profit_in_play", "profit_less_in_play")


@dataclass(frozen=True)
class Figures:
    """What setups of one part say.

    Attributes:
        setups: of `sessions` sessions.
        successes: of them that made money after costs.
        calls: that the ensemble said yes to; `rule_calls` likewise.
        trades: of the fifth in play that the ensemble ranks highest in each session.
        estimates: by name, without a value where it isn't defined or rests on too few; empty where `missing` says why.
        missing: what there is too little of, in words.
        chance: that the AUC is so far from one half by luck, by errors clustered by session; NaN where it isn't tested.
    """

    setups: int
    sessions: int
    successes: int
    calls: int
    rule_calls: int
    trades: int
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    missing: str = ""
    chance: float = math.nan


def figures_of(columns: Mapping[str, Floats], session: Days, rows: Flags, *, seed: int) -> Figures:
    """The figures of the chosen rows.

    Args:
        columns: of every setup, see `tune.judgement.report.columns`.
        session: of every setup.
        rows: the chosen ones.
        seed: of the bootstrap.
    """
    chosen = {name: values[rows] for name, values in columns.items()}
    days, group = np.unique(session[rows], return_inverse=True)
    setups, won = int(rows.sum()), int(chosen["success"].sum())
    counts = Figures(
        setups, len(days), won, calls=int(chosen["calls"].sum()), rule_calls=int(chosen["rule_calls"].sum()),
        trades=int(chosen["trades"].sum()),
    )  # fmt: skip
    if missing := _missing(setups, len(days), won):
        return replace(counts, missing=missing)
    chosen |= placements(chosen)
    sums = np.array([np.bincount(group, weights=values, minlength=len(days)) for values in chosen.values()]).T
    draws = times_drawn(len(days), seed)
    total = dict(zip(chosen, sums.sum(axis=0), strict=True))
    whole, drawn = shares(total, total), shares(dict(zip(chosen, (draws @ sums).T, strict=True)), total)
    wide = widening(len(days), BLOCK_SESSIONS)
    estimates = {name: _estimate(name, float(whole[name]), drawn[name], wide, counts) for name in FIGURES}
    return replace(counts, estimates=estimates, chance=_chance(chosen, float(whole["auc"]), session, rows))


def _missing(setups: int, sessions: int, won: int) -> str:
    """What there is too little of."""
    needed = (
        ("setups", setups, MIN_SETUPS), ("sessions", sessions, MIN_SESSIONS), ("successes", won, MIN_OF_CLASS),
        ("failures", setups - won, MIN_OF_CLASS),
    )  # fmt: skip
    few = [f"{there:,} of at least {least} {what}" for what, there, least in needed if there < least]
    return f"not enough data yet: {', '.join(few)}" if few else ""


RESTS_ON = {
    "precision": ("calls",), "false_positives": ("calls",), "rule_false_positives": ("rule_calls",),
    "false_positives_less_rules": ("calls", "rule_calls"), "profit": ("trades",), "profit_less_in_play": ("trades",),
}  # fmt: skip
"""Of which there must be `MIN_OF_CLASS` for a figure."""


def _estimate(name: str, value: float, samples: Floats, wide: float, counts: Figures) -> Estimate:
    if any(getattr(counts, what) < MIN_OF_CLASS for what in RESTS_ON.get(name, ())):
        return Estimate(None)
    within = ANY if name in UNBOUND else WITHIN.get(name, (0.0, 1.0))
    if not math.isfinite(value):
        return Estimate(finite(value))
    return interval(value, samples, widen=wide, within=within)


def times_drawn(sessions: int, seed: int) -> npt.NDArray[np.float64]:
    """How often each session is in each resample, shape `(resamples, sessions)`."""
    draws = block_samples(sessions, np.random.default_rng(seed), BLOCK_SESSIONS)
    at = draws + sessions * np.arange(len(draws))[:, None]
    flat = np.bincount(at.ravel(), minlength=sessions * len(draws))
    return flat.reshape(len(draws), sessions).astype(np.float64)


def _chance(chosen: Mapping[str, Floats], auc: float, session: Days, rows: Flags) -> float:
    """Two-sided, by Student's t with a session less one as freedom.

    Source:
        DeLong, DeLong and Clarke-Pearson (1988) for the placements; errors as in `trading.evidence.significance`.
    """
    positive = chosen["success"]
    of_row = (chosen["placed_success"] - auc * positive) / positive.sum()
    of_row += (chosen["placed_failure"] - auc * (1 - positive)) / (1 - positive).sum()
    days, group = np.unique(session, return_inverse=True)
    influence = np.bincount(group[rows], weights=of_row, minlength=len(days)).astype(np.float64)
    error = np.sqrt(session_variance(influence[None, :], OVERLAP_SESSIONS))
    freedom = np.array([len(np.unique(group[rows])) - 1.0])
    return float(two_sided(np.array([auc - 0.5]), error, freedom)[0])
