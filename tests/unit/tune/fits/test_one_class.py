"""Folds and columns from which little can be learned: a sentence, or a model that says no more than it knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.planted import planted
from trading.errors import ModelError
from trading.views.members.registry import MEMBERS
from tune.fits.distributed import Workers, fit_distributed
from tune.fits.estimators import FITTERS, booster_params, fit_booster, fit_forest
from tune.judgement.leakage.checks import leakage
from tune.pipeline import train_ensemble
from tune.search.search import search
from tune.sets.splits import EMBARGO_SESSIONS, holdout

TREES = {"trees": 5, "max_depth": 3, "min_samples_leaf": 1, "max_features": 0.5}
ROUNDS = {"rounds": 3, "max_depth": 2, "eta": 0.3}
LOGISTIC, SQUARED = "binary:logistic", "reg:squarederror"


def rows(number: int) -> np.ndarray:
    """Features of that many setups."""
    return np.random.default_rng(number).normal(size=(number, 3)).astype(np.float32)


@pytest.mark.parametrize(("value", "words"), [(0.0, "all 37 outcomes to learn from failed"), (1.0, "succeeded")])
def test_outcomes_of_one_class_are_refused_in_words(value: float, words: str) -> None:
    """Forest, booster and distributed booster, before anything is started."""
    target = np.full(37, value)
    with pytest.raises(ModelError, match=words):
        fit_forest(TREES, rows(37), target, seed=1, threads=1)
    with pytest.raises(ModelError, match=words):
        fit_booster(ROUNDS, LOGISTIC, rows(37), target, seed=1)
    with pytest.raises(ModelError, match=words):
        fit_distributed(ROUNDS, LOGISTIC, rows(37), target, seed=1, workers=Workers())


def test_no_outcome_at_all_is_refused() -> None:
    """An empty fold has a sentence, too."""
    with pytest.raises(ModelError, match="no outcome to learn from"):
        fit_forest(TREES, rows(0), np.zeros(0), seed=1, threads=1)


def test_a_share_near_one_is_kept_from_it() -> None:
    """One failure in 100 million is 1 in single precision, which XGBoost refuses; a return's mean is untouched."""
    almost = np.ones(100_000_000, dtype=np.int8)
    almost[0] = 0
    assert booster_params(ROUNDS, LOGISTIC, almost, seed=1, device="cpu")["base_score"] == 1 - 1e-6
    assert booster_params(ROUNDS, SQUARED, np.full(3, 4.0), seed=1, device="cpu")["base_score"] == 4.0


@pytest.mark.parametrize("estimator", ["forest", "booster"])
@pytest.mark.parametrize("number", [2, 5])
def test_a_handful_of_rows_and_constant_columns_give_an_honest_probability(estimator: str, number: int) -> None:
    """Nothing tells the rows apart, so every row gets one probability strictly inside 0 and 1 or the share itself."""
    success = np.zeros(number)
    success[0] = 1.0
    constant = np.ones((number, 3), dtype=np.float32)
    params = TREES if estimator == "forest" else ROUNDS
    said = FITTERS[estimator](params, LOGISTIC, constant, success, 1)(constant)  # type: ignore[index]
    assert len(np.unique(said)) == 1
    assert 0 <= said[0] <= 1


@pytest.mark.parametrize("estimator", ["forest", "booster"])
def test_what_is_infinite_counts_as_unknown(estimator: str) -> None:
    """In fitting and in scoring, the same as NaN in its place."""
    known = rows(60)
    success = (known[:, 0] > 0).astype(np.float64)
    infinite, unknown = known.copy(), known.copy()
    infinite[5, 0], infinite[6, 1] = np.inf, -np.inf
    unknown[5, 0], unknown[6, 1] = np.nan, np.nan
    params = TREES if estimator == "forest" else ROUNDS
    fitter = FITTERS[estimator]  # type: ignore[index]
    one = fitter(params, LOGISTIC, infinite, success, 1)(infinite)
    other = fitter(params, LOGISTIC, unknown, success, 1)(unknown)
    assert one.tolist() == other.tolist()


@pytest.mark.parametrize("estimator", ["forest", "booster"])
def test_a_row_of_weight_two_counts_as_two_rows(estimator: str) -> None:
    """Constant features leave the share alone to be told: 3 of 4 by weight where 1 of 2 rows succeeded."""
    success, weight = np.array([1.0, 0.0] * 200), np.array([1.5, 0.5] * 200)
    constant = np.ones((400, 3), dtype=np.float32)
    params = TREES | {"trees": 200} if estimator == "forest" else ROUNDS
    fitter = FITTERS[estimator]  # type: ignore[index]
    assert fitter(params, LOGISTIC, constant, success, 1, weight=weight)(constant)[0] == pytest.approx(0.75, abs=0.01)
    assert fitter(params, LOGISTIC, constant, success, 1)(constant)[0] == pytest.approx(0.5, abs=0.01)


def test_a_fold_of_failures_is_named_before_a_trial_starts(tmp_path: Path) -> None:
    """The first fold learns from failures only, the later ones don't: the sentence says which."""
    data = planted(1, sessions=40, per_session=10)
    early = data.session < np.unique(data.session)[20]
    with pytest.raises(ModelError, match=r"fold 1 of 3: all \d+ outcomes to learn from failed"):
        search(replace(data, success=np.where(early, 0.0, data.success)), tmp_path, MEMBERS, seed=1)


def test_a_fold_with_one_return_is_named(tmp_path: Path) -> None:
    """Returns that are all alike can't judge a regressor: a division by zero before, a sentence now."""
    data = planted(1, sessions=40, per_session=10)
    with pytest.raises(ModelError, match=r"fold 1 of 3: all \d+ returns to judge by are 0.0100"):
        search(replace(data, net_return=np.full(len(data), 0.01)), tmp_path, MEMBERS, seed=1)


def test_a_record_of_failures_ends_in_one_sentence(tmp_path: Path) -> None:
    """The whole training says how many outcomes there are and that they failed."""
    data = planted(1, sessions=40, per_session=10)
    with pytest.raises(ModelError, match=r"all alike: all \d+ failed. No model was made") as told:
        train_ensemble(
            replace(data, success=np.zeros(len(data))), tmp_path, tmp_path, seed=1, workers=Workers(), say=print
        )
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("sessions", "per_session"), [(1, 10), (2, 5), (10, 1)])
def test_ten_rows_end_in_one_sentence(tmp_path: Path, sessions: int, per_session: int) -> None:
    """Too few sessions to hold any out, or nothing left after purging: in words, before Ray is asked for anything."""
    data = planted(1, sessions=sessions, per_session=per_session)
    with pytest.raises(ModelError, match="collect more"):
        train_ensemble(data, tmp_path, tmp_path, seed=1, workers=Workers(), say=print)


@pytest.mark.parametrize("estimator", ["forest", "booster"])
def test_three_successes_in_a_hundred_give_chances_near_that(estimator: str) -> None:
    """The mean chance on unseen rows is that of the training rows, within two points."""
    train, unseen = rows(4_000), np.random.default_rng(9).normal(size=(2_000, 3)).astype(np.float32)
    success = (np.random.default_rng(2).uniform(size=4_000) < 0.03).astype(np.float64)
    params = TREES | {"trees": 50, "min_samples_leaf": 50} if estimator == "forest" else ROUNDS
    said = FITTERS[estimator](params, LOGISTIC, train, success, 1)(unseen)  # type: ignore[index]
    assert said.mean() == pytest.approx(0.03, abs=0.02)
    assert (said < 0.5).all()


def test_constant_missing_and_infinite_columns_are_no_leak() -> None:
    """The audit says nothing of them, and doesn't fail."""
    data = planted(1, sessions=60, per_session=20)
    matrix = data.matrix.copy()
    matrix[:, 0], matrix[:, 1], matrix[::50, 2] = 1.0, np.nan, np.inf
    split = holdout(data, 0.25, EMBARGO_SESSIONS)
    findings = leakage(replace(data, matrix=matrix), [(data, split)])
    assert [one.leak for one in findings.values()] == [""] * 6
