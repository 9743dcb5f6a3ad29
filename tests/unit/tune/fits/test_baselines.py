"""The logistic regression that stands beside the models: what it learns from, and what it can't."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from tests.fakes.planted import SIGNAL, planted
from trading.errors import ModelError
from trading.views.members.registry import MEMBERS
from tune.fits.baselines import FARTHEST, MOST_ROWS, fit_logistic
from tune.sets.splits import EMBARGO_SESSIONS, holdout
from tune.sets.training_set import columns_of

DATA = planted(11, skill=0.25)
TRAIN = np.arange(1_600)
TEST = np.arange(1_600, 2_400)


def test_it_is_scikit_learns_on_inputs_made_by_the_training_part_alone() -> None:
    """Medians, means and deviations of the training rows, by numpy, give the same probabilities."""
    got = fit_logistic(DATA, TRAIN, MEMBERS)
    columns = sorted({column for member in MEMBERS for column in columns_of(member, DATA)})
    train, test = (DATA.matrix[rows][:, columns].astype(np.float64) for rows in (TRAIN, TEST))
    middle = np.nanmedian(train, axis=0)
    train, test = (np.where(np.isnan(one), middle, one) for one in (train, test))
    mean, spread = train.mean(axis=0), train.std(axis=0)
    model = LogisticRegression(max_iter=500)
    model.fit(
        np.clip((train - mean) / spread, -FARTHEST, FARTHEST), DATA.success[TRAIN], sample_weight=DATA.weight[TRAIN]
    )
    expected = model.predict_proba(np.clip((test - mean) / spread, -FARTHEST, FARTHEST))[:, 1]
    assert got.probability(DATA.matrix[TEST]) == pytest.approx(expected, abs=1e-4)


def test_rows_outside_the_training_part_change_nothing() -> None:
    """Other test rows, the same regression to the last bit."""
    matrix = DATA.matrix.copy()
    matrix[TEST] = 1e6
    one, other = (fit_logistic(data, TRAIN, MEMBERS) for data in (DATA, replace(DATA, matrix=matrix)))
    assert (one.model.coef_ == other.model.coef_).all()
    assert (one.mean == other.mean).all()


def test_a_planted_signal_is_found_and_noise_is_not() -> None:
    """The sign of one column moves the chance to 0.2 or 0.7: an AUC near 0.75; without it near one half."""
    assert roc_auc_score(DATA.success[TEST], fit_logistic(DATA, TRAIN, MEMBERS).probability(DATA.matrix[TEST])) > 0.65
    noise = planted(12)
    said = fit_logistic(noise, TRAIN, MEMBERS).probability(noise.matrix[TEST])
    assert roc_auc_score(noise.success[TEST], said) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("strange", ["constant", "unknown", "infinite", "one huge value"])
def test_strange_columns_give_probabilities(strange: str) -> None:
    """A constant, an all-unknown, an infinite and an absurd value: every answer lies between 0 and 1."""
    matrix = DATA.matrix.copy()
    column = MEMBERS.every[0].features.index("rsi_14")
    if strange == "one huge value":
        matrix[3, column] = 3e38
    else:
        matrix[:, column] = {"constant": 7.0, "unknown": np.nan, "infinite": np.inf}[strange]
    said = fit_logistic(replace(DATA, matrix=matrix), TRAIN, MEMBERS).probability(matrix[TEST])
    assert ((said > 0) & (said < 1)).all()


def test_one_class_is_refused() -> None:
    """Nothing can be told apart; the sentence says how many succeeded."""
    alike = DATA.take(np.flatnonzero(DATA.success > 0))
    with pytest.raises(ModelError, match=r"all .* succeeded"):
        fit_logistic(alike, np.arange(len(alike)), MEMBERS)


def test_of_many_rows_it_takes_so_many() -> None:
    """Row numbers are drawn from the training part; fewer rows are all taken."""
    many = np.sort(np.resize(TRAIN, MOST_ROWS + 5_000))
    assert fit_logistic(DATA, many, MEMBERS).rows == MOST_ROWS
    assert fit_logistic(DATA, holdout(DATA, 0.25, EMBARGO_SESSIONS).train, MEMBERS).rows < MOST_ROWS
    assert SIGNAL in fit_logistic(DATA, TRAIN, MEMBERS).columns
