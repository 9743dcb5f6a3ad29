"""Constants chosen on the past of each fold and judged on the fold alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from trading.arrays import Floats, Ints
from trading.bars.panel import as_date
from trading.views.rule_system import RuleConstants
from tune.rules.earned import Candidates, RuleTrials
from tune.sets.splits import EMBARGO_SESSIONS, walk_forward

FOLDS = 5
LEAST_CALLED = 0.2
"""Of the candidates that a fold's past holds: constants that call fewer can't be chosen. To buy hardly anything loses
hardly anything, which is no better rule."""


@dataclass(frozen=True)
class Fold:
    """One fold.

    Attributes:
        first: session that is judged.
        last: session that is judged.
        chosen: on what was known before `first`, purged and with an embargo.
        difference: what it earned above today's in each session of the fold, a candidate, as a fraction.
    """

    first: date
    last: date
    chosen: RuleConstants
    difference: Floats


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """All folds together.

    Attributes:
        at: positions of the judged sessions in `Candidates.sessions`, ascending.
        chosen: what the choice earned in each, shape `(len(at),)`.
    """

    folds: tuple[Fold, ...]
    at: Ints
    chosen: Floats


def walked(candidates: Candidates, trials: RuleTrials, folds: int = FOLDS) -> OutOfFold:
    """The choice of every fold, and what became of it.

    Raises:
        ModelError: when there are too few sessions for so many folds.
    """
    found, at, earned = list[Fold](), list[Ints](), list[Floats]()
    for split in walk_forward(candidates.data, folds, EMBARGO_SESSIONS):
        best, here = best_of(candidates, trials, split.train), np.unique(candidates.group[split.test])
        difference = trials.earned[best][here] - trials.earned[0][here]
        days = candidates.sessions[here]
        found.append(Fold(as_date(days[0]), as_date(days[-1]), trials.constants[best], difference))
        at.append(here.astype(np.int64))
        earned.append(trials.earned[best][here])
    return OutOfFold(tuple(found), np.concatenate(at), np.concatenate(earned))


def best_of(candidates: Candidates, trials: RuleTrials, rows: Ints) -> int:
    """The trial that earned most in the mean session of these rows; of equals the earlier, so today's first.

    Args:
        candidates: that were judged.
        trials: of them.
        rows: of the candidates that may be looked at.
    """
    _, group = np.unique(candidates.group[rows], return_inverse=True)
    count = np.bincount(group)
    calls = trials.calls[:, rows]
    weight = candidates.data.net_return[rows] / count[group] / len(count)
    mean = np.asarray(calls @ weight, dtype=np.float64)
    allowed = calls.mean(axis=1) >= LEAST_CALLED
    allowed[0] = True
    return int(np.argmax(np.where(allowed, mean, -np.inf)))
