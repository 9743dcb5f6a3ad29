"""Permutation importance: the planted signal, its copy beside it, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.ensembles import BOOSTER, FOREST
from tests.fakes.planted import SIGNAL, planted
from trading.views.members.registry import MEMBERS
from trading.views.setups import FEATURES
from tune.judgement.calibrated import fold_models, folds_of
from tune.judgement.importance import Importance, groups_of, importances
from tune.judgement.report.out_of_fold import Fold
from tune.search.report import Winner
from tune.sets.training_set import TrainingSet

COPY = "rsi_14"
WINNERS = {one.name: Winner(FOREST if one.estimator == "xgboost_forest" else BOOSTER, 0.6, 0.02, 1) for one in MEMBERS}


def folds(data: TrainingSet) -> list[Fold]:
    """The last fold, fitted."""
    split = folds_of(data)[-1]
    return [Fold(split, fold_models(data, split, WINNERS, MEMBERS, seed=1))]


def with_copy(skill: float) -> TrainingSet:
    """Setups in which a second column says what the signal says, in another unit."""
    data = planted(41, sessions=100, per_session=20, skill=skill)
    matrix = data.matrix.copy()
    matrix[:, FEATURES.index(COPY)] = np.exp(matrix[:, SIGNAL])
    matrix[:, FEATURES.index("adx_14")] = np.nan
    matrix[:, FEATURES.index("atr_pct")] = 3.0
    return replace(data, matrix=matrix)


@pytest.fixture(scope="module")
def found() -> tuple[Importance, ...]:
    """Of a planted signal that stands in two columns."""
    data = with_copy(0.3)
    return importances(data, folds(data), seed=1)


def test_the_signal_and_its_copy_are_one_group_and_come_first(found: tuple[Importance, ...]) -> None:
    """Spearman's correlation of a value and its exponential is one; without both the loss clearly grows."""
    assert found[0].features == tuple(sorted((COPY, FEATURES[SIGNAL]), key=FEATURES.index))
    assert found[0].low is not None
    assert found[0].low > 0
    assert found[0].q is not None
    assert found[0].q < 0.01


def test_what_means_nothing_is_not_shown_to_matter(found: tuple[Importance, ...]) -> None:
    """Of a hundred groups of noise few have an interval above zero, and after adjustment none has a small q."""
    assert sum(one.q is not None and one.q <= 0.05 for one in found[1:]) <= 2
    assert all(abs(one.increase) < found[0].increase / 4 for one in found[1:])


def test_every_column_that_is_read_and_known_is_in_one_group() -> None:
    """An all-unknown column is in none, a constant one alone."""
    data = with_copy(0.0)
    groups = groups_of(data, folds(data)[0])
    columns = np.concatenate(groups)
    assert len(np.unique(columns)) == len(columns)
    assert FEATURES.index("adx_14") not in columns
    assert [one.tolist() for one in groups if FEATURES.index("atr_pct") in one] == [[FEATURES.index("atr_pct")]]


def test_few_sessions_give_no_error() -> None:
    """Nineteen sessions judged: increases stand alone."""
    data = with_copy(0.0)
    (fold,) = folds(data)
    few = np.isin(data.session, np.unique(data.session[fold.split.test])[:19])
    short = replace(fold, split=replace(fold.split, test=np.flatnonzero(few)))
    assert {(one.error, one.low, one.q) for one in importances(data, [short], seed=1)} == {(None, None, None)}
