"""Accuracy out of sample against planted truths and against other implementations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, roc_auc_score

from tests.fakes.planted import SIGNAL, planted
from trading.arrays import Floats
from trading.views.ensemble import Views
from trading.views.rule_system import BUY_AT
from tune.judgement.evaluate import auc, evaluate

THREE, WEIGHTS = ("pattern", "catalyst", "outcome"), (0.4, 0.4, 0.2)


def views(probability: Floats) -> Views:
    """Three models that agree."""
    weights = np.array(WEIGHTS)
    return Views.raw(THREE, np.array([probability] * len(THREE)), probability - 0.5, rank=probability, weights=weights)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 60), ties=st.sampled_from([2, 5, 10_000]))
def test_the_auc_is_that_of_scikit_learn(seed: int, n: int, ties: int) -> None:
    """With and without ties; undefined with one class."""
    rng = np.random.default_rng(seed)
    score, success = rng.integers(0, ties, n) / ties, rng.integers(0, 2, n).astype(np.float64)
    if len(np.unique(success)) < 2:
        assert np.isnan(auc(score, success))
    else:
        assert auc(score, success) == pytest.approx(roc_auc_score(success, score), abs=1e-12)


def test_each_share_is_the_plain_accuracy_of_its_own_calls() -> None:
    """Majority by the training's base rate, rules from their threshold on, models above one half."""
    data, rng = planted(5), np.random.default_rng(5)
    guessed, weights = rng.uniform(size=(3, len(data))), np.array(WEIGHTS)
    said = Views.raw(THREE, guessed, guessed[2] - 0.5, rank=guessed[0], weights=weights)
    got = evaluate(said, data, 0.45, seed=1)
    truth = data.success > 0
    calls = {
        "majority": np.zeros(len(data), dtype=bool),
        "rule": data.rule_confidence >= BUY_AT,
        "ensemble": 0.4 * said.of("pattern") + 0.4 * said.of("catalyst") + 0.2 * said.of("outcome") > 0.5,
        "pattern": said.of("pattern") > 0.5,
        "catalyst": said.of("catalyst") > 0.5,
        "outcome": said.of("outcome") > 0.5,
    }
    for name, call in calls.items():
        estimate = got.members[name] if name in got.members else getattr(got, name)
        assert estimate.value == pytest.approx(accuracy_score(truth, call), abs=1e-12)
        assert estimate.low <= estimate.value <= estimate.high
    assert got.ensemble_less_majority.value == pytest.approx(got.ensemble.value - got.majority.value, abs=1e-12)
    assert (got.setups, got.sessions, got.base_rate) == (2400, 60, pytest.approx(truth.mean()))


def test_a_perfect_model_is_called_perfect() -> None:
    """Accuracy and AUC are one in every resample."""
    data = planted(6)
    got = evaluate(views(data.success), data, 0.45, seed=1)
    assert (got.ensemble.value, got.ensemble.low, got.ensemble.high) == (1, 1, 1)
    assert (got.ensemble_auc.value, got.ensemble_auc.low) == (1, 1)
    assert got.ensemble_less_majority.low is not None
    assert got.ensemble_less_majority.low > 0.4


def test_a_coin_is_not_called_skilled() -> None:
    """The 95 % interval of the AUC holds one half for 16 of 20 coins at least (fewer: 0.3 % by the binomial law)."""
    held = 0
    for seed in range(20):
        data, rng = planted(seed), np.random.default_rng(1000 + seed)
        estimate = evaluate(views(rng.uniform(size=len(data))), data, 0.45, seed=seed).ensemble_auc
        assert estimate.low is not None
        assert estimate.high is not None
        held += estimate.low <= 0.5 <= estimate.high
    assert held >= 16


def test_real_skill_is_shown() -> None:
    """Knowing the sign that moves the chance to 0.2 or 0.7 beats the majority beyond its interval."""
    data = planted(7, skill=0.25)
    known = np.where(data.matrix[:, SIGNAL] > 0, 0.7, 0.2).astype(np.float64)
    got = evaluate(views(known), data, 0.45, seed=1)
    assert got.ensemble_less_majority.low is not None
    assert got.ensemble_less_majority.low > 0
    assert got.ensemble.value == pytest.approx(0.75, abs=0.03)


def test_the_majority_follows_training_not_the_test() -> None:
    """What was more frequent before may be wrong now; that is what it costs."""
    data = planted(8)
    assert evaluate(views(data.success), data, 0.6, seed=1).majority.value == pytest.approx(data.success.mean())
    assert evaluate(views(data.success), data, 0.4, seed=1).majority.value == pytest.approx(1 - data.success.mean())


def test_few_sessions_give_no_interval() -> None:
    """Nineteen sessions are less than four blocks of five; the figure stands alone."""
    few, enough = (planted(9, sessions=sessions) for sessions in (19, 20))
    got = evaluate(views(few.success), few, 0.45, seed=1)
    assert (got.ensemble.value, got.ensemble.low, got.ensemble_auc.low) == (1, None, None)
    assert evaluate(views(enough.success), enough, 0.45, seed=1).ensemble.low == 1


def test_the_same_seed_gives_the_same_intervals() -> None:
    """And another seed others."""
    data, said = planted(10), views(np.random.default_rng(10).uniform(size=2400))
    assert evaluate(said, data, 0.45, seed=1) == evaluate(said, data, 0.45, seed=1)
    assert evaluate(said, data, 0.45, seed=1) != evaluate(said, data, 0.45, seed=2)


def test_a_regression_is_judged_on_the_same_setups_where_there_is_one() -> None:
    """Its accuracy and AUC are scikit-learn's; without one there is no figure, and the others stay as they are."""
    data, rng = planted(11), np.random.default_rng(11)
    said, logistic = views(rng.uniform(size=len(data))), rng.uniform(size=len(data))
    got, without = (evaluate(said, data, 0.45, seed=1, logistic=one) for one in (logistic, None))
    assert got.logistic.value == pytest.approx(accuracy_score(data.success > 0, logistic > 0.5), abs=1e-12)
    assert got.logistic_auc.value == pytest.approx(roc_auc_score(data.success, logistic), abs=1e-12)
    assert (without.logistic.value, without.logistic_auc.value) == (None, None)
    assert (without.ensemble, without.ensemble_auc) == (got.ensemble, got.ensemble_auc)
