"""The strategy's targets for the models, each met, not met or not shown by its interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from trading.arrays import Flags, Floats
from trading.evidence.catalyst_ratio import CLAIM
from trading.performance.estimate import BLOCK_SESSIONS, Estimate, interval, widening
from tune.judgement.report.figures import MIN_OF_CLASS, MIN_SESSIONS, times_drawn
from tune.judgement.report.out_of_fold import OutOfFold

PATTERN_ACCURACY = (0.55, 0.65, 0.70, 0.75)
DIRECTION = 0.65
DETECTOR = "pattern"
Verdict = Literal["met", "not met", "not shown"]


@dataclass(frozen=True)
class Target:
    """One target.

    Attributes:
        says: what is measured, in words.
        at_least: that it has to reach.
        estimate: of it.
        verdict: `met` = the whole interval lies there, `not met` = all of it lies below, else `not shown`.
    """

    says: str
    at_least: float
    estimate: Estimate
    verdict: Verdict


def targets_of(said: OutOfFold, *, seed: int) -> list[Target]:
    """All of them.

    Args:
        said: the setups and what was said of them.
        seed: of the bootstraps.
    """
    won = said.test.success > 0
    detector = said.members.get(DETECTOR, said.strength)
    who = f"the {DETECTOR} model" if DETECTOR in said.members else "the ensemble"
    ones = np.ones(len(won))
    of_patterns, of_direction = (
        share(((score > 0.5) == won).astype(np.float64), ones, said, seed=seed)  # noqa: PLR2004
        for score in (detector, said.strength)
    )
    there = said.test.matrix[:, said.test.features.index("has_catalyst")]
    ratio = _ratio(said, there == 1, there == 0, seed=seed)
    told = [
        *((f"patterns called right by {who}", least, of_patterns) for least in PATTERN_ACCURACY),
        ("success of setups with a catalyst, as a multiple of those without", CLAIM, ratio),
        ("direction called right by the ensemble", DIRECTION, of_direction),
    ]
    return [Target(says, least, estimate, verdict(estimate, least)) for says, least, estimate in told]


def verdict(estimate: Estimate, at_least: float) -> Verdict:
    """What an interval says of a target; without one nothing is shown."""
    if estimate.low is None or estimate.high is None:
        return "not shown"
    if estimate.low >= at_least:
        return "met"
    return "not met" if estimate.high < at_least else "not shown"


def share(part: Floats, whole: Floats, said: OutOfFold, *, seed: int) -> Estimate:
    """Sum of `part` by sum of `whole`, both of each setup; without an interval on too few sessions."""
    sums, draws, wide = _by_session({"part": part, "whole": whole}, said, seed)
    if not sums["whole"].sum():
        return Estimate(None)
    with np.errstate(invalid="ignore"):
        samples = (draws @ sums["part"]) / (draws @ sums["whole"])
    return interval(float(sums["part"].sum() / sums["whole"].sum()), samples, widen=wide, within=(0.0, 1.0))


def _ratio(said: OutOfFold, side: Flags, other: Flags, *, seed: int) -> Estimate:
    """Success on one side by success on the other; not defined on a handful of setups or sessions of either."""
    won = said.test.success
    sessions = [len(np.unique(said.test.session[rows])) for rows in (side, other)]
    if min(side.sum(), other.sum()) < MIN_OF_CLASS or min(sessions) < MIN_SESSIONS or not won[other].any():
        return Estimate(None)
    columns = {
        "won": won * side, "side": side.astype(np.float64), "won_other": won * other, "other": other.astype(np.float64),
    }  # fmt: skip
    sums, draws, wide = _by_session(columns, said, seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        value, samples = (
            (of["won"] / of["side"]) / (of["won_other"] / of["other"])
            for of in ({k: v.sum() for k, v in sums.items()}, {k: draws @ v for k, v in sums.items()})
        )
    return interval(float(value), np.asarray(samples), widen=wide, within=(0.0, np.inf))


def _by_session(columns: Mapping[str, Floats], said: OutOfFold, seed: int) -> tuple[dict[str, Floats], Floats, float]:
    """The sums of each session, how often each session is in each resample, and the widening of the interval."""
    days, group = np.unique(said.test.session, return_inverse=True)
    sums = {
        name: np.bincount(group, weights=values, minlength=len(days)).astype(np.float64)
        for name, values in columns.items()
    }
    return sums, times_drawn(len(days), seed), widening(len(days), BLOCK_SESSIONS)
