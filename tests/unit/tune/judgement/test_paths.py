"""How far a figure moves with the split is shown, or why it can't be."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fakes.planted import planted
from trading.views.members.registry import MEMBERS
from tune.judgement.paths import path_spread
from tune.search.report import Winner

PARAMS = {"rounds": 10, "max_depth": 2, "eta": 0.3, "min_child_weight": 5, "subsample": 0.8, "colsample_bytree": 0.6}
WINNERS = {member.name: Winner(PARAMS, 0.69, 0.02, 1) for member in MEMBERS}


@pytest.mark.parametrize(("skill", "least", "most"), [(0.25, 0.6, 0.9), (0.0, 0.4, 0.6)])
def test_skill_is_on_every_path_and_noise_on_none(skill: float, least: float, most: float) -> None:
    """Five paths, each of all rows; their AUC is far from chance with a planted skill, and near it without."""
    told = path_spread(planted(4, sessions=120, per_session=30, skill=skill), WINNERS, MEMBERS, seed=1)
    assert told.unchecked == ""
    assert (len(told.auc), len(told.log_loss), told.rows) == (5, 5, 3_600)
    assert least < min(told.auc) <= max(told.auc) < most
    assert path_spread(planted(4, sessions=120, per_session=30, skill=skill), WINNERS, MEMBERS, seed=1) == told


@pytest.mark.parametrize("sessions", [3, 12])
def test_with_too_few_sessions_it_says_why(sessions: int) -> None:
    """Fewer sessions than blocks, and blocks that purging empties."""
    told = path_spread(planted(4, sessions=sessions), WINNERS, MEMBERS, seed=1)
    assert told.auc == ()
    assert "collect more" in told.unchecked
    assert told.to_dict()["auc"] == []


def test_blocks_of_one_class_are_a_reason() -> None:
    """Nothing can be told apart where nothing failed."""
    data = planted(4, sessions=120)
    told = path_spread(data.take(np.flatnonzero(data.success > 0)), WINNERS, MEMBERS, seed=1)
    assert "to tell apart" in told.unchecked
