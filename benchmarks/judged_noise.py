"""How often a whole training and its judgement call noise skill: shuffled labels, and candles of random walks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.random_candles import setups_of
from tests.fakes.planted import planted
from trading.views.ensemble import as_calibrated
from trading.views.members.member import Member
from trading.views.members.registry import MEMBERS
from tune.fits.baselines import fit_logistic
from tune.judgement.calibrated import calibration_of, unseen, unseen_of_folds
from tune.judgement.evaluate import Accuracy, evaluate
from tune.pipeline import HOLDOUT_FRACTION
from tune.search.report import Winner
from tune.search.search import FOLDS, judged
from tune.search.trials import Ask, SearchTrial, best_first
from tune.sets.splits import EMBARGO_SESSIONS, holdout
from tune.sets.training_set import TrainingSet

THREADS = "OMP_NUM_THREADS"
SEEDS = range(20)
CONTROL = range(3)
SESSIONS, PER_SESSION, SKILL = 120, 16, 0.25
FORESTS = tuple({"trees": 15, "max_depth": depth, "min_samples_leaf": 20, "max_features": "sqrt"} for depth in (2, 5))
BOOSTERS = tuple(
    {"rounds": 10, "max_depth": depth, "eta": 0.2, "min_child_weight": 10, "subsample": 0.8, "colsample_bytree": 0.6}
    for depth in (1, 3)
)
"""Small ones, so that twenty trainings take seconds; what is tested is the judgement."""


@dataclass(frozen=True)
class Rate:
    """Trainings on labels of one kind.

    Attributes:
        at_chance: whose 95 % interval of the AUC holds one half.
        skilled: whose ensemble is called better than the majority.
    """

    labels: str
    trainings: int
    at_chance: int
    skilled: int

    def to_row(self) -> dict[str, str | float]:
        """Of the table."""
        return {
            "series": self.labels, "trainings": self.trainings, "AUC at chance": self.at_chance,
            "called better than the majority": self.skilled,
        }  # fmt: skip


def shuffled(seed: int) -> TrainingSet:
    """Setups whose labels did have a signal, and were dealt out anew among all of them."""
    data = planted(seed, sessions=SESSIONS, per_session=PER_SESSION, skill=SKILL)
    order = np.random.default_rng(10_000 + seed).permutation(len(data))
    return replace(data, success=data.success[order], net_return=data.net_return[order])


def signal(seed: int) -> TrainingSet:
    """The same setups with their own labels: what must be called skill."""
    return planted(seed, sessions=SESSIONS, per_session=PER_SESSION, skill=SKILL)


def judgement(data: TrainingSet, seed: int) -> Accuracy:
    """What a training says of its held-out part: parameters chosen on purged folds, calibration, baselines."""
    split = holdout(data, HOLDOUT_FRACTION, EMBARGO_SESSIONS)
    development = data.take(split.train)
    winners = {member.name: _winner(member, development, seed) for member in MEMBERS}
    earlier = unseen_of_folds(development, winners, MEMBERS, seed=seed)
    later = unseen(data, split, winners, MEMBERS, seed=seed)
    views = as_calibrated(later.views, calibration_of(earlier))
    logistic = fit_logistic(data, split.train, MEMBERS).probability(later.test.matrix)
    return evaluate(views, later.test, float(development.success.mean()), seed=seed, logistic=logistic)


@contextmanager
def one_thread() -> Iterator[None]:
    """Fits in this process use one thread: the same bits, and on so few rows a tenth of the time."""
    before = os.environ.get(THREADS)
    os.environ[THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[THREADS]
        else:
            os.environ[THREADS] = before


def judged_noise() -> Iterator[Rate]:
    """A row for shuffled labels, one for setups of random candles, and one for a signal as control."""
    kinds = (
        ("shuffled labels", shuffled, SEEDS), ("random candles", setups_of, SEEDS), ("planted signal", signal, CONTROL),
    )  # fmt: skip
    for labels, make, seeds in kinds:
        with one_thread():
            found = [judgement(make(seed), seed) for seed in seeds]
        held = [one for one in found if _holds(one)]
        better = [one for one in found if (one.ensemble_less_majority.low or 0.0) > 0]
        yield Rate(labels, len(found), len(held), len(better))


def _holds(one: Accuracy) -> bool:
    low, high = one.ensemble_auc.low, one.ensemble_auc.high
    return low is not None and high is not None and low <= 0.5 <= high  # noqa: PLR2004


def _winner(member: Member, development: TrainingSet, seed: int) -> Winner:
    """The better of two parameter sets on the purged folds, as the search chooses, without Ray."""
    tried: tuple[Mapping[str, Any], ...] = FORESTS if member.estimator == "xgboost_forest" else BOOSTERS
    trials = [
        SearchTrial(
            member.name, number, params,
            tuple(
                judged(member, Ask(member.name, params, fold), development, FOLDS, seed=seed, device="cpu")
                for fold in range(FOLDS)
            ),
        )
        for number, params in enumerate(tried)
    ]  # fmt: skip
    best = best_first(trials)[0]
    return Winner(dict(best.params), best.loss, best.residual_std, len(tried))
