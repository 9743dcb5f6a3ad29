"""The calibration of an ensemble, from setups that models with its parameters had not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from adapters.models.scoring import Said, views_of
from trading.arrays import Matrix
from trading.views.calibration import Calibration, calibrate
from trading.views.ensemble import Views
from trading.views.members.member import Members
from tune.fits.estimators import Predict
from tune.search.report import Winner
from tune.search.search import FOLDS, fold_model
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


@dataclass(frozen=True)
class FoldModels:
    """The members of an ensemble, fitted on the past of a split.

    Attributes:
        predicts: of each member, what it says of rows with all columns, in the order of the members.
        residual_stds: of those that predict a return, as a fraction; None for a probability.
    """

    members: Members
    predicts: tuple[Predict, ...]
    residual_stds: tuple[float | None, ...]

    def said(self, number: int, matrix: Matrix) -> Said:
        """What one member says of rows."""
        member = self.members.every[number]
        weight = self.members.weight_of(member.name)
        return Said(member.name, weight, self.predicts[number](matrix), self.residual_stds[number])

    def views(self, matrix: Matrix) -> Views:
        """What they say together, uncalibrated; no rank is asked of it."""
        said = [self.said(number, matrix) for number in range(len(self.members))]
        return views_of(said, weights=np.array(self.members.weights), strengths=np.full(1, 0.5))


def fold_models(
    data: TrainingSet, split: Split, winners: Mapping[str, Winner], members: Members, *, seed: int, device: str = "cpu"
) -> FoldModels:
    """Models with the winners' parameters, fitted on the split's training part; boosters on the device."""
    return FoldModels(
        members,
        tuple(fold_model(member, winners[member.name].params, data, split, seed, device=device) for member in members),
        tuple(winners[one.name].residual_std if one.predicts == "net_return" else None for one in members),
    )


def unseen(
    data: TrainingSet, split: Split, winners: Mapping[str, Winner], members: Members, *, seed: int, device: str = "cpu"
) -> Unseen:
    """What models with the winners' parameters, fitted on the split's training part, say of its test part."""
    models = fold_models(data, split, winners, members, seed=seed, device=device)
    return Unseen(models.views(data.matrix[split.test]), data.take(split.test))


def folds_of(data: TrainingSet) -> list[Split]:
    """Those of the search."""
    return walk_forward(data, FOLDS, EMBARGO_SESSIONS)


def unseen_of_folds(
    data: TrainingSet, winners: Mapping[str, Winner], members: Members, *, seed: int, device: str = "cpu"
) -> list[Unseen]:
    """The same of each fold of the search."""
    return [unseen(data, split, winners, members, seed=seed, device=device) for split in folds_of(data)]


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
