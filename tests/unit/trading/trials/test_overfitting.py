"""Probability of backtest overfitting against an independent library and by construction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from purgedcv import probability_of_backtest_overfitting

from tests.unit.trading.trials.test_chain_of_trials import trial
from trading.trials.overfitting import of_trials, overfitting


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), attempts=st.integers(2, 9), sessions=st.integers(12, 90), idle=st.booleans())
def test_it_is_that_of_purgedcv(seed: int, attempts: int, sessions: int, *, idle: bool) -> None:
    """Random series, some with an attempt that did nothing in half of the sessions."""
    returns = np.random.default_rng(seed).normal(0.0005, 0.01, (attempts, sessions))
    if idle:
        returns[0, : sessions // 2] = 0.0
    ours = overfitting(returns, 6)
    assert ours is not None
    theirs = probability_of_backtest_overfitting(returns, n_splits=ours.blocks)
    assert ours.probability == pytest.approx(theirs.pbo, abs=1e-12)


def test_noise_is_overfitted_half_of_the_time_and_skill_never() -> None:
    """Of forty series without skill the best says nothing of tomorrow; one that is far better stays the best."""
    rng = np.random.default_rng(8)
    returns = rng.normal(0, 0.01, (40, 480))
    of_noise = [overfitting(rng.normal(0, 0.01, (40, 480)), 10) for _ in range(20)]
    assert 0.4 < np.mean([one.probability for one in of_noise if one]) < 0.6
    returns[7] += 0.01
    best = overfitting(returns)
    assert best is not None
    assert (best.probability, best.blocks, best.attempts, best.sessions) == (0.0, 16, 40, 480)


def test_too_little_says_nothing() -> None:
    """One attempt, or sessions for less than four blocks of two."""
    returns = np.random.default_rng(1).normal(size=(3, 8))
    assert overfitting(returns[:1]) is None
    assert overfitting(returns[:, :7]) is None
    found = overfitting(returns)
    assert found is not None
    assert found.blocks == 4


def test_only_trials_with_a_return_in_every_session_are_compared() -> None:
    """A longer one is cut to the sessions; one that lacks a session is left out."""
    rng = np.random.default_rng(2)
    sessions = trial([0.0] * 20).sessions
    whole = [trial(rng.normal(size=20).tolist()) for _ in range(3)]
    longer = trial(rng.normal(size=30).tolist(), first="2020-01-01")
    shorter = trial(rng.normal(size=19).tolist())
    found, without = of_trials([*whole, longer, shorter], sessions), of_trials([*whole, longer], sessions)
    assert found == without
    assert found is not None
    assert found.attempts == 4
