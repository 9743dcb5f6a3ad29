"""The error of a Sharpe ratio where returns depend on each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from trading.performance.long_run import cosines_of, influence, long_run_variance
from trading.performance.metrics.sharpe_above_luck import deflated_sharpe
from trading.performance.metrics.sharpe_above_zero import probabilistic_sharpe

N = 250


def test_the_influence_of_independent_returns_has_the_published_variance() -> None:
    """1 - skew x ratio + (kurtosis - 1) / 4 x ratio ** 2, an identity in any sample; it adds up to nothing."""
    returns = np.random.default_rng(1).standard_t(5, N) * 0.01 + 0.001
    ratio = returns.mean() / returns.std()
    skew, kurtosis = stats.skew(returns), stats.kurtosis(returns) + 3
    found = influence(returns)
    assert np.mean(found**2) == pytest.approx(1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2)
    assert found.sum() == pytest.approx(0, abs=1e-9)


def test_the_long_run_variance_of_sums_of_five_is_twenty_five() -> None:
    """Sums of five neighbours of variance 1 have variance 5, and their mean that of 25; of independent values 1."""
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(400, 2_004))
    sums = np.lib.stride_tricks.sliding_window_view(noise, 5, axis=1).sum(axis=2)
    of_sums = np.mean([long_run_variance(row, 20) for row in sums])
    of_noise = np.mean([long_run_variance(row, 20) for row in noise])
    assert of_sums == pytest.approx(25, rel=0.06)  # 20 of 2,000 frequencies: a bias of a few per cent towards none
    assert of_noise == pytest.approx(1, rel=0.06)


def test_the_transforms_are_orthonormal() -> None:
    """Of one cosine itself the first estimate is half of its sum of squares: nothing leaks into the second."""
    wave = np.cos(np.pi * (np.arange(N) + 0.5) / N)
    assert long_run_variance(wave, 1) == pytest.approx((wave**2).sum())
    assert long_run_variance(wave, 2) == pytest.approx((wave**2).sum() / 2)


def test_the_number_of_cosines_is_the_published_rule() -> None:
    """0.4 n ** (2 / 3): 8 of 98, 15 of 252, 46 of 1,258; never less than two."""
    assert [cosines_of(n) for n in (4, 98, 252, 1_258)] == [2, 8, 15, 46]


def test_noise_that_overlaps_is_called_skill_as_often_as_stated() -> None:
    """2,000 series of outcomes over five sessions: 5 % within a point and three binomial errors; else above 20 %."""
    rng = np.random.default_rng(11)
    noise = rng.standard_t(5, (2_000, N + 4)) * 0.01
    held = np.lib.stride_tricks.sliding_window_view(noise, 5, axis=1).mean(axis=2)
    mended = np.mean([probabilistic_sharpe(row, overlap_sessions=5) >= 0.95 for row in held])
    plain = np.mean([probabilistic_sharpe(row) >= 0.95 for row in held])
    assert mended <= 0.06 + 3 * math.sqrt(0.05 * 0.95 / 2_000)
    assert mended >= 0.03
    assert plain > 0.2


def test_skill_that_overlaps_is_still_seen() -> None:
    """A drift of a quarter of a deviation a session convinces nearly always."""
    noise = np.random.default_rng(12).normal(0.0025, 0.01, (200, N + 4))
    held = np.lib.stride_tricks.sliding_window_view(noise, 5, axis=1).mean(axis=2)
    assert np.mean([probabilistic_sharpe(row, overlap_sessions=5) >= 0.95 for row in held]) > 0.9


def test_the_best_of_many_that_overlap_is_deflated_by_their_own_spread() -> None:
    """Luck of 50 attempts whose outcomes overlap: rarely skill with the long-run spread, by theory or measured."""
    rng = np.random.default_rng(13)
    by_theory = measured = 0
    for _ in range(60):
        noise = rng.normal(0, 0.01, (50, N + 4))
        held = np.lib.stride_tricks.sliding_window_view(noise, 5, axis=1).mean(axis=2)
        ratios = held.mean(axis=1) / held.std(axis=1, ddof=1)
        best = held[np.argmax(ratios)]
        by_theory += deflated_sharpe(best, 50, overlap_sessions=5) > 0.95
        measured += deflated_sharpe(best, 50, float(np.var(ratios, ddof=1)), overlap_sessions=5) > 0.95
    assert by_theory <= 6
    assert measured <= 6


def test_a_measured_spread_takes_the_place_of_the_theoretical_one() -> None:
    """The published example: 100 attempts, variance 0.5 / 250 a day, three times as much deflates more."""
    returns = np.random.default_rng(4).normal(0.002, 0.01, 500)
    theory = deflated_sharpe(returns, 100)
    assert deflated_sharpe(returns, 100, 1 / 499) == pytest.approx(theory)
    assert deflated_sharpe(returns, 100, 3 / 499) < theory < deflated_sharpe(returns, 100, 0.3 / 499)


def test_too_few_or_equal_returns_have_no_error() -> None:
    """Three sessions that overlap, and returns that don't vary."""
    assert math.isnan(probabilistic_sharpe(np.array([0.1, 0.2, 0.0]), overlap_sessions=5))
    assert math.isnan(probabilistic_sharpe(np.full(50, 0.01), overlap_sessions=5))
    assert math.isnan(deflated_sharpe(np.full(50, 0.01), 10, overlap_sessions=5))
