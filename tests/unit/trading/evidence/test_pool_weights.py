"""Weights of forecasters: the most probable mixture, drawn to a prior, and the prior itself where little is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from trading.arrays import Floats, Ints
from trading.evidence.pool_weights import PoolRules, pool_weights

PRIOR = np.array([0.4, 0.4, 0.2])
FREE = PoolRules(reach=1.0)


def _forecasts(seed: int, *, sessions: int = 100, each: int = 30, skill: float = 0.0) -> tuple[Floats, Floats, Ints]:
    """Three that guess, of which the third may know; outcomes are a coin's."""
    rng = np.random.default_rng(seed)
    won = rng.integers(0, 2, sessions * each).astype(np.float64)
    said = rng.uniform(0.3, 0.7, (3, len(won)))
    said[2] = np.clip(said[2] + skill * (won - 0.5), 0.01, 0.99)
    return said, won, np.repeat(np.arange(sessions), each)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_weights_are_more_probable(seed: int) -> None:
    """Against scipy's own search of the same sum, and by the equation that holds at its maximum."""
    said, won, session = _forecasts(seed, skill=0.1 * seed)
    found = pool_weights(said, won, session, PRIOR, FREE)
    given = np.where(won > 0, said, 1 - said)
    blocks = 1.0 / (5 * 30)

    def loss(free: Floats) -> float:
        w = np.array([*free, 1.0 - free.sum()])
        if (w <= 0).any():
            return 1e9
        return -float(blocks * np.log(w @ given).sum() + 20.0 * (PRIOR * np.log(w)).sum())

    other = optimize.minimize(loss, PRIOR[:2], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    assert found[:2] == pytest.approx(other.x, abs=1e-5)
    share = found[:, None] * given / (found @ given)
    assert found == pytest.approx((20.0 * PRIOR + blocks * share.sum(axis=1)) / (20.0 + 100 / 5), abs=1e-9)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)


def test_the_better_one_gains_and_the_more_the_longer_it_is_known() -> None:
    """0.2 becomes more with skill, more with four times the sessions, and stays about 0.2 without."""
    weights = [pool_weights(*_forecasts(1, sessions=n, skill=s), PRIOR, FREE)[2] for n, s in
               ((100, 0.0), (100, 0.3), (400, 0.3))]  # fmt: skip
    assert abs(weights[0] - 0.2) < 0.01
    assert weights[0] + 0.05 < weights[1] < weights[2]


def test_a_weight_reaches_no_further_than_half_of_its_prior() -> None:
    """A forecaster that knows everything gets 0.3 of a prior of 0.2, and the others' proportions stay sums of one."""
    found = pool_weights(*_forecasts(2, sessions=800, skill=2.0), PRIOR)
    assert found[2] == pytest.approx(0.3)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)


def test_with_too_few_sessions_the_prior_stays_to_the_last_bit() -> None:
    """59 sessions, none, or 100 of which 41 have no outcome yet."""
    for n in (0, 59):
        assert pool_weights(*_forecasts(3, sessions=n, skill=0.5), PRIOR).tolist() == PRIOR.tolist()
    said, won, session = _forecasts(3, skill=0.5)
    won[session >= 59] = np.nan
    assert pool_weights(said, won, session, PRIOR).tolist() == PRIOR.tolist()
    assert pool_weights(*_forecasts(3, sessions=60, skill=0.5), PRIOR).tolist() != PRIOR.tolist()


def test_setups_without_an_answer_or_outcome_change_nothing() -> None:
    """They are left out, not guessed."""
    said, won, session = _forecasts(4, skill=0.2)
    more = np.concatenate([said, np.array([[np.nan, 0.5], [0.5, 0.5], [0.5, 0.5]])], axis=1)
    found = pool_weights(more, np.append(won, [1.0, np.nan]), np.append(session, [3, 4]), PRIOR)
    assert found.tolist() == pool_weights(said, won, session, PRIOR).tolist()


def test_a_session_of_many_setups_counts_no_more_than_one_of_few() -> None:
    """Setups of a session share its market: each of them three times over says nothing new."""
    said, won, session = _forecasts(5, skill=0.3)
    again = pool_weights(np.tile(said, 3), np.tile(won, 3), np.tile(session, 3), PRIOR)
    assert again == pytest.approx(pool_weights(said, won, session, PRIOR), abs=1e-12)
