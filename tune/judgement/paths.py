"""How far a figure moves with the split: one model judged on every path of combinatorial purged cross-validation.

One split may be lucky. Each path judges the whole history once, by models that hadn't seen it, and no two paths share
a model for a block. They train on later sessions too, so they are no forecast of a live account; they say how much of a
figure is the split.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from trading.arrays import Floats
from trading.errors import ModelError
from trading.views.members.member import Member, Members
from tune.fits.estimators import log_loss
from tune.judgement.evaluate import auc
from tune.search.report import Winner
from tune.search.search import fold_predictions
from tune.sets.sampled import sampled
from tune.sets.splits import combinatorial_purged, group_of_rows, paths_of
from tune.sets.training_set import TrainingSet

GROUPS, TESTS = 6, 2
MOST_ROWS = 20_000
"""Fifteen fits on so many rows take seconds; of more, so many are drawn with a seed, in the order of time."""


@dataclass(frozen=True)
class PathSpread:
    """What each path says.

    Attributes:
        member: that was judged: the first booster that predicts success.
        rows: that it learned from and was judged on.
        auc: of each path; chance that a success is ranked above a failure.
        log_loss: of each path.
        unchecked: why there are no paths; empty where there are.
    """

    member: str = ""
    rows: int = 0
    auc: tuple[float, ...] = ()
    log_loss: tuple[float, ...] = ()
    unchecked: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For the metrics of the ensemble."""
        return {**asdict(self), "auc": list(self.auc), "log_loss": list(self.log_loss)}


def path_spread(
    data: TrainingSet, winners: Mapping[str, Winner], members: Members, *, seed: int, device: str = "cpu"
) -> PathSpread:
    """The figures of each path of the winner's parameters; none, with the reason, where the data don't allow it."""
    judged = [one for one in members if one.estimator == "booster" and one.predicts == "success"]
    if not judged:
        return PathSpread(unchecked="no booster of the ensemble predicts success")
    member, few = judged[0], data.take(sampled(len(data), MOST_ROWS))
    try:
        said = _said(member, winners[member.name].params, few, seed, device)
    except ModelError as error:
        return PathSpread(member.name, len(few), unchecked=str(error))
    return PathSpread(
        member.name,
        len(few),
        tuple(auc(one, few.success) for one in said),
        tuple(log_loss(one, few.success) for one in said),
    )


def _said(member: Member, params: dict[str, Any], data: TrainingSet, seed: int, device: str) -> Floats:
    """What was said of every row on each path, shape `(paths, n)`."""
    splits = combinatorial_purged(data, GROUPS, TESTS)
    by_split = np.full((len(splits), len(data)), np.nan)
    for number, split in enumerate(splits):
        by_split[number, split.test] = fold_predictions(member, params, data, split, seed, device=device)
    of_row = paths_of(GROUPS, TESTS)[:, group_of_rows(data, GROUPS)]
    said: Floats = by_split[of_row, np.arange(len(data))]
    return said
