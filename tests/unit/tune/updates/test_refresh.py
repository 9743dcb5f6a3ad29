"""Calibrations put together, against one made of all setups at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trading.views.calibration import Calibration, calibrate
from tune.updates.refresh import MOST_REMEMBERED, pooled_quantiles, pooled_std, refreshed


def made(seed: int, sessions: int, slope: float = 0.5) -> Calibration:
    """Of setups whose realised return is the slope times the predicted one, and noise."""
    rng = np.random.default_rng(seed)
    n = sessions * 50
    strength, predicted = rng.uniform(0.2, 0.8, n), rng.normal(0, 0.02, n)
    won = (rng.uniform(size=n) < 1 / (1 + np.exp(1 - 2 * strength))).astype(float)
    return calibrate(
        strength, predicted, rng.uniform(size=n), success=won, net_return=slope * predicted + rng.normal(0, 0.02, n),
        session=np.datetime64("2010-01-04") + np.repeat(np.arange(sessions), 50),
    )  # fmt: skip


def test_coefficients_weigh_as_their_setups_do() -> None:
    """Three quarters of the setups say 0.5 and one quarter says -0.5 lower: the mean lies at a quarter of the way."""
    before = Calibration((0.0, 1.0), (0.1, 0.4), (4.0, 2.0, 8.0), (0.0, 1.0), 300, 6)
    new = Calibration((0.4, 2.0), (0.5, 0.0), (16.0, 0.0, 0.0), (0.0, 1.0), 100, 2)
    both = refreshed(before, new)
    assert both.strength == pytest.approx((0.1, 1.25))
    assert both.net_return == pytest.approx((0.2, 0.3))
    assert both.covariance == pytest.approx((0.5625 * 4 + 0.0625 * 16, 0.5625 * 2, 0.5625 * 8))
    assert (both.setups, both.sessions) == (400, 8)


def test_it_comes_near_to_one_calibration_of_all() -> None:
    """Both see the same 200 sessions; the figures differ by less than their own error."""
    one, other, whole = made(1, 150), made(2, 50), made(3, 200)
    both = refreshed(one, other)
    half = 2 * np.sqrt(whole.covariance[2])
    assert both.net_return[1] == pytest.approx(0.5, abs=half)
    assert np.sqrt(both.covariance[2]) == pytest.approx(np.sqrt(whole.covariance[2]), rel=0.3)
    assert both.probability(np.array([0.3, 0.7])) == pytest.approx(whole.probability(np.array([0.3, 0.7])), abs=0.05)


def test_years_of_setups_are_not_remembered_for_ever() -> None:
    """What came before counts for so many setups at most."""
    before = replace(made(1, 10), setups=10 * MOST_REMEMBERED, strength=(0.0, 0.0))
    new = replace(made(2, 10), setups=MOST_REMEMBERED, strength=(1.0, 1.0))
    assert refreshed(before, new).strength == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_pooled_quantiles_are_those_of_the_mixture(share: float) -> None:
    """Uniform values from 0 to 1 and from 1 to 2: the quantile at 1 is one less the share."""
    before, new = np.linspace(0, 1, 1_001), np.linspace(1, 2, 501)
    found = pooled_quantiles(before, new, share, 1_001)
    assert (np.diff(found) >= 0).all()
    level = 0.3 * (1 - share)
    assert found[round(1_000 * level)] == pytest.approx(0.3 if share < 1 else 1.0, abs=0.01)
    assert (found <= 1.0).mean() == pytest.approx(1 - share, abs=0.01)


def test_pooled_errors_are_a_root_mean_square() -> None:
    """3 and 4 in halves: the root of 12.5."""
    assert pooled_std(3.0, np.array([4.0, -4.0]), 0.5) == pytest.approx(12.5**0.5)
    assert pooled_std(3.0, np.array([100.0]), 0.0) == 3.0
