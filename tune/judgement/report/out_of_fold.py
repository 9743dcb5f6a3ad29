"""What an ensemble's recipe says of setups on record that its models had not seen: purged walk-forward folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from adapters.models.scoring import Card
from trading.arrays import Flags, Floats
from trading.views.members.member import Member, Members
from trading.views.members.registry import MEMBERS
from tune.fits.baselines import fit_logistic
from tune.judgement.calibrated import FoldModels, Unseen, calibration_of, fold_models, folds_of
from tune.search.report import Winner
from tune.sets.splits import Split
from tune.sets.training_set import TrainingSet


@dataclass(frozen=True)
class Recipe:
    """How an ensemble is made: its members as they were when it was trained, and their parameters."""

    members: Members
    winners: Mapping[str, Winner]


@dataclass(frozen=True)
class Fold:
    """One split of the rows, and the models fitted on its past."""

    split: Split
    models: FoldModels


@dataclass(frozen=True)
class OutOfFold:
    """The setups of all test parts, in the order of time, with what was said of each.

    Attributes:
        test: the setups.
        strength: of the ensemble, by the members' own weights, shape `(n,)`.
        members: the probability that each member gives, by name.
        logistic: of the regression that stands beside it.
        yes: what was more frequent in the training part of the setup's fold.
        base_rate: share of successes in it.
        calibrated: the probability by the calibration of the folds before; NaN in the first fold, which has none.
        folds: that these came from.
    """

    test: TrainingSet
    strength: Floats
    members: Mapping[str, Floats]
    logistic: Floats
    yes: Flags
    base_rate: Floats
    calibrated: Floats
    folds: tuple[Fold, ...]


def recipe_of(card: Card) -> Recipe:
    """The recipe on a model card.

    Features that came since are nothing to it, and the members that are declared today neither.

    Raises:
        ModelError: when its members can't be made.
    """
    titles = {member.name: member.title for member in MEMBERS}
    members = Members(
        tuple(
            Member(
                name=file.member, title=titles.get(file.member, file.member), estimator=file.estimator,
                predicts=file.predicts, features=tuple(file.features), weight=file.weight, says="", example=0.5,
                grid=(file.params,),
            )
            for file in card.models
        )
    )  # fmt: skip
    return Recipe(members, {one.member: Winner(one.params, 0.0, one.residual_std or 0.0, 1) for one in card.models})


def out_of_fold(data: TrainingSet, recipe: Recipe, *, seed: int) -> OutOfFold:
    """What models by the recipe, fitted on the past of each fold, say of its test part.

    Args:
        data: the setups on record with an outcome.
        recipe: of the ensemble.
        seed: of the fits.

    Raises:
        ModelError: when there are too few sessions for the folds, or all outcomes before one of them are alike.
    """
    folds: list[Fold] = []
    parts: list[Unseen] = []
    logistic, rates, calibrated = [], [], []
    for split in folds_of(data):
        models = fold_models(data, split, recipe.winners, recipe.members, seed=seed)
        part = Unseen(models.views(data.matrix[split.test]), data.take(split.test))
        logistic.append(fit_logistic(data, split.train, recipe.members).probability(part.test.matrix))
        rates.append(np.full(len(part.test), data.success[split.train].mean()))
        unknown = np.full(len(part.test), np.nan)
        calibrated.append(calibration_of(parts).probability(part.views.strength) if parts else unknown)
        folds.append(Fold(split, models))
        parts.append(part)
    base_rate = np.concatenate(rates)
    return OutOfFold(
        test=data.take(np.concatenate([fold.split.test for fold in folds])),
        strength=_whole([part.views.strength for part in parts]),
        members={name: _whole([part.views.of(name) for part in parts]) for name in recipe.members.names},
        logistic=_whole(logistic),
        yes=np.asarray(base_rate >= 0.5),  # noqa: PLR2004
        base_rate=base_rate,
        calibrated=_whole(calibrated),
        folds=tuple(folds),
    )


def _whole(parts: Sequence[Floats]) -> Floats:
    return np.concatenate(list(parts))
