"""The calibration of an ensemble, from setups that models with its parameters had not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from adapters.models.scoring import Said, views_of
from trading.views.calibration import Calibration, calibrate
from trading.views.ensemble import Views
from trading.views.members.member import Members
from tune.search.report import Winner
from tune.search.search import FOLDS, fold_predictions
from tune.sets.splits import EMBARGO_SESSIONS, Split, walk_forward
from tune.sets.training_set import TrainingSet


@dataclass(frozen=True)
class Unseen:
    """What models fitted on the past of a split say of its test part, and what became of that.

    Attributes:
        views: uncalibrated, by the members' own weights; no rank is asked of them.
    """

    views: Views
    test: TrainingSet


def unseen(data: TrainingSet, split: Split, winners: Mapping[str, Winner], members: Members, *, seed: int) -> Unseen:
    """What models with the winners' parameters, fitted on the split's training part, say of its test part."""
    said = [
        Said(
            member.name,
            members.weight_of(member.name),
            fold_predictions(member, winners[member.name].params, data, split, seed),
            winners[member.name].residual_std if member.predicts == "net_return" else None,
        )
        for member in members
    ]
    views = views_of(said, weights=np.array(members.weights), strengths=np.full(1, 0.5))
    return Unseen(views, data.take(split.test))


def folds_of(data: TrainingSet) -> list[Split]:
    """Those of the search."""
    return walk_forward(data, FOLDS, EMBARGO_SESSIONS)


def unseen_of_folds(data: TrainingSet, winners: Mapping[str, Winner], members: Members, *, seed: int) -> list[Unseen]:
    """The same of each fold of the search."""
    return [unseen(data, split, winners, members, seed=seed) for split in folds_of(data)]


def calibration_of(parts: Sequence[Unseen]) -> Calibration:
    """The calibration that all parts together give."""

    def together(values: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate(list(values))

    return calibrate(
        together([one.views.strength for one in parts]),
        together([one.views.expected_return for one in parts]),
        together([one.views.disagreement for one in parts]),
        success=together([one.test.success for one in parts]),
        net_return=together([one.test.net_return for one in parts]),
        session=together([one.test.session for one in parts]),
    )
