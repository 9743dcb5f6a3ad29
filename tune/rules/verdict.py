"""Whether other constants are worth a change, by what was stated before anybody looked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from trading.arrays import Floats
from trading.evidence.clustered import group_means
from trading.performance.attempts import MIN_MEASURED, Attempts
from trading.performance.estimate import Estimate
from trading.performance.metrics.sharpe import session_sharpes
from trading.performance.metrics.sharpe_above_luck import deflated_sharpe
from trading.trials.counting import attempts_on
from trading.trials.overfitting import Overfitting, overfitting
from trading.trials.trial import Trial
from trading.views.rule_system import RuleConstants
from tune.judgement.trials import OVERLAP_SESSIONS, Tried
from tune.rules.earned import Candidates, RuleTrials
from tune.rules.folds import Fold, OutOfFold, best_of
from tune.rules.proposals import words

ABOVE_LUCK = 0.95
"""The least deflated probability with which a gain counts."""
MOST_OVERFITTING = 0.5
"""With more, the best of the past is more often than not below the median afterwards."""

Answer = Literal["gained", "nothing_gained", "not_enough_data"]


@dataclass(frozen=True)
class RuleVerdict:
    """What the folds say. Every figure is of sessions that the choice hadn't seen.

    Attributes:
        difference: mean net return a candidate above today's constants, a session, with its 95 % interval.
        above_luck: deflated Sharpe ratio of the differences: the probability that they aren't the luck of all attempts.
        attempts: on these sessions, from the ledger.
        overfitting: of a choice among the constants; None where there is nothing to choose between.
        settings: what to set, chosen on everything that is known; None unless something is gained.
        why: in a sentence.
    """

    answer: Answer
    first: date
    last: date
    sessions: int
    candidates: int
    trials: int
    ended: str
    difference: Estimate
    above_luck: float | None
    attempts: Attempts
    overfitting: Overfitting | None
    folds: tuple[Fold, ...]
    settings: RuleConstants | None
    why: str


def tried_of(candidates: Candidates, trials: RuleTrials, found: OutOfFold, seed: int) -> list[Tried]:
    """Every set of constants on the judged sessions, and the choice of the folds, for the ledger."""
    digest, days = candidates.data.sha256, candidates.sessions[found.at]
    each = [
        Tried("search", f"rules {words(one)}", {"rules": words(one)}, digest, days, earned[found.at])
        for one, earned in zip(trials.constants, trials.earned, strict=True)
    ]
    chosen = {"rules": [words(fold.chosen) for fold in found.folds], "seed": seed, "trials": len(trials.constants)}
    label = f"rules, chosen among {len(trials.constants)} on the past of each fold"
    return [*each, Tried("search", label, chosen, digest, days, found.chosen)]


def judged_rules(candidates: Candidates, trials: RuleTrials, found: OutOfFold, ledger: Sequence[Trial]) -> RuleVerdict:
    """The verdict, with the attempts of the ledger, these trials among them.

    Args:
        candidates: that were judged.
        trials: of constants on them.
        found: out of fold.
        ledger: every trial on record.
    """
    days = candidates.sessions[found.at]
    difference = np.concatenate([fold.difference for fold in found.folds])
    position = np.searchsorted(candidates.every, days)
    (told,) = group_means(
        difference, (position - position[0]).astype(np.int64), np.zeros(len(days), dtype=np.int64), groups=1,
        sessions=int(position[-1] - position[0]) + 1, overlap=OVERLAP_SESSIONS,
    )  # fmt: skip
    attempts = attempts_on(ledger, days, overlap_sessions=OVERLAP_SESSIONS)
    luck = deflated_sharpe(difference, attempts.count, _spread(trials, found), overlap_sessions=OVERLAP_SESSIONS)
    above = None if math.isnan(luck) else luck
    pbo = overfitting(np.unique(trials.earned[:, found.at], axis=0))
    answer, why = _answer(told.mean, told.missing, above, pbo)
    every = np.arange(len(candidates.data))
    settings = trials.constants[best_of(candidates, trials, every)] if answer == "gained" else None
    return RuleVerdict(
        answer=answer, first=found.folds[0].first, last=found.folds[-1].last, sessions=len(days),
        candidates=int(np.isin(candidates.group, found.at).sum()), trials=len(trials.constants), ended=trials.ended,
        difference=told.mean, above_luck=above, attempts=attempts, overfitting=pbo, folds=found.folds,
        settings=settings, why=why,
    )  # fmt: skip


def _spread(trials: RuleTrials, found: OutOfFold) -> float | None:
    """The variance of the Sharpe ratios of what each earned above today's; None of too few."""
    above: Floats = np.unique(trials.earned[1:, found.at] - trials.earned[0, found.at], axis=0)
    ratios = session_sharpes(above) if len(above) else np.zeros(0)
    known = ratios[np.isfinite(ratios)]
    return float(np.var(known, ddof=1)) if len(known) >= MIN_MEASURED else None


def _answer(mean: Estimate, missing: str, above: float | None, pbo: Overfitting | None) -> tuple[Answer, str]:
    if missing:
        return "not_enough_data", missing
    if mean.low is None:
        return "nothing_gained", "nothing is gained: in no session did the choice earn anything else than today's"
    if mean.low <= 0:
        return "nothing_gained", "nothing is gained: the interval of the difference holds zero or lies below it"
    if above is None or above < ABOVE_LUCK:
        return "nothing_gained", f"nothing is gained: the luck of all attempts explains it at {ABOVE_LUCK:.0%}"
    if pbo is not None and pbo.probability > MOST_OVERFITTING:
        return "nothing_gained", "nothing is gained: the best of the past is mostly below the median afterwards"
    return "gained", "gained beyond noise: interval, luck of all attempts and overfitting all allow it"
