"""Clustered variances and the correction for many tests, against SciPy and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from trading.errors import BadDataError
from trading.evidence.significance import corrected_alpha, q_values, session_variance, student_quantile, two_sided


@pytest.mark.parametrize("seed", range(5))
def test_q_values_are_those_of_scipy(seed: int) -> None:
    """Benjamini and Hochberg's adjustment equals SciPy's, ties, zeros and ones included."""
    rng = np.random.default_rng(seed)
    p = np.concatenate([np.round(rng.uniform(size=40), 2), rng.uniform(0, 0.001, 5), [0.0, 1.0]])
    np.testing.assert_allclose(q_values(p), stats.false_discovery_control(p), rtol=1e-12, err_msg=f"seed {seed}")


def test_what_was_not_tested_does_not_count() -> None:
    """A missing p-value stays missing and leaves the others' correction as it is."""
    with_gap, without = q_values(np.array([0.01, np.nan, 0.04])), q_values(np.array([0.01, 0.04]))
    assert math.isnan(with_gap[1])
    np.testing.assert_array_equal(with_gap[[0, 2]], without)


@pytest.mark.parametrize("wrong", [-0.1, 1.1])
def test_a_chance_beyond_certainty_is_refused(wrong: float) -> None:
    """P-values outside 0 to 1 are an error, not a discovery."""
    with pytest.raises(BadDataError, match="0 to 1"):
        q_values(np.array([0.5, wrong]))


def test_variance_adds_up_within_a_session() -> None:
    """Without lags it is the sum of the sessions' squares times G / (G - 1), sessions without a part not counted."""
    influence = np.array([[0.1, -0.3, 0.2, 0.0]])
    expected = (0.01 + 0.09 + 0.04) * 3 / 2
    assert session_variance(influence, 0)[0] == pytest.approx(expected)


def test_neighbouring_sessions_count_whole_as_far_as_outcomes_overlap() -> None:
    """With two lags the products with the next session and with the one after weigh 2 each, the third nothing."""
    influence = np.array([[0.1, 0.2, 0.3, 0.4]])
    squares, next_one, second = 0.30, 0.02 + 0.06 + 0.12, 0.03 + 0.08
    expected = (squares + 2 * next_one + 2 * second) * 4 / 3
    assert session_variance(influence, 2)[0] == pytest.approx(expected)


@pytest.mark.parametrize("share", [1.0, 0.3, 0.1])
def test_five_percent_of_intervals_miss_the_mean_of_outcomes_that_overlap(share: float) -> None:
    """Sums over five days of independent moves, all or some of the sessions seen: 4 to 7 % miss, of 2,000 of each."""
    rng, days, held = np.random.default_rng(7), 500, 5
    moves = rng.normal(size=(2_000, days + held - 1))
    outcomes = sum(moves[:, day : day + days] for day in range(held))
    seen = rng.random((2_000, days)) < share
    count = seen.sum(axis=1, keepdims=True)
    mean = (outcomes * seen).sum(axis=1, keepdims=True) / count
    error = np.sqrt(session_variance((outcomes - mean) * seen / count, held))
    missed = np.mean(np.abs(mean[:, 0]) > student_quantile(count[:, 0] - 1.0) * error)
    assert 0.04 <= missed <= 0.07


def test_one_session_has_no_variance() -> None:
    """A single cluster says nothing about how clusters vary."""
    assert math.isnan(session_variance(np.array([[0.0, 0.5, 0.0]]), 1)[0])


def test_chances_and_quantiles_are_those_of_scipy() -> None:
    """Student's t, both ways; nothing is tested without an error or freedom."""
    figure, error, freedom = np.array([0.5, -2.0, 1.0, 1.0]), np.array([0.25, 0.5, 0.0, np.nan]), np.full(4, 12.0)
    chance = two_sided(figure, error, freedom)
    np.testing.assert_allclose(chance[:2], 2 * stats.t.sf([2.0, 4.0], 12))
    assert np.isnan(chance[2:]).all()
    np.testing.assert_allclose(student_quantile(freedom, 0.001), stats.t.ppf(0.9995, 12))
    assert math.isnan(student_quantile(np.array([0.0]))[0])


@pytest.mark.parametrize("seed", range(20))
def test_corrected_intervals_and_q_values_agree(seed: int) -> None:
    """The corrected interval excludes zero exactly for the discoveries."""
    rng = np.random.default_rng(seed)
    figure = rng.normal(0, 1, 60) + np.where(np.arange(60) < seed, 4.0, 0.0)
    error, freedom = np.ones(60), np.full(60, 30.0)
    q = q_values(two_sided(figure, error, freedom))
    reach = student_quantile(freedom, corrected_alpha(q)) * error
    np.testing.assert_array_equal(np.abs(figure) >= reach, q <= 0.05, err_msg=f"seed {seed}")


def test_luck_among_neighbours_does_not_make_a_figure_surer() -> None:
    """Where the products of neighbouring sessions are negative, the variance without lags stands."""
    influence = np.array([[0.2, -0.2, 0.2, -0.2]])
    assert session_variance(influence, 2)[0] == pytest.approx(session_variance(influence, 0)[0])
