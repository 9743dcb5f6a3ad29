"""Performance figures against other implementations and against arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trading.performance.estimate import Estimate, block_samples, interval, widening, wilson
from trading.performance.measuring import performance, targets_met
from trading.performance.metric import estimate
from trading.performance.metrics.max_drawdown import max_drawdown
from trading.performance.metrics.profit_factor import profit_factor
from trading.performance.metrics.sharpe import sharpe


@given(st.lists(st.floats(-0.1, 0.1), min_size=2, max_size=60))
def test_sharpe_is_mean_over_standard_error_scaled_to_a_year(returns: list[float]) -> None:
    """SciPy's standard error of the mean is deviation / sqrt(n), so the ratio is mean / error / sqrt(n) x sqrt(252)."""
    values = np.array(returns)
    error = stats.sem(values)
    if error * math.sqrt(len(values)) > 1e-9:
        assert sharpe(values) == pytest.approx(
            values.mean() / error / math.sqrt(len(values)) * math.sqrt(252), rel=1e-9
        )


@pytest.mark.parametrize("returns", [[], [0.01], [0.0, 0.0, 0.0], [0.001] * 30])
def test_sharpe_is_undefined_without_variation(returns: list[float]) -> None:
    """A constant return divided by a deviation that is rounding would be astronomic."""
    assert math.isnan(sharpe(np.array(returns, dtype=np.float64)))


@given(st.lists(st.floats(1, 1000), min_size=1, max_size=40))
def test_the_drawdown_is_the_worst_pair_of_a_peak_and_a_later_value(equity: list[float]) -> None:
    """By trying every pair."""
    worst = max(1 - later / peak for at, peak in enumerate(equity) for later in equity[at:])
    assert max_drawdown(np.array(equity)) == pytest.approx(worst, abs=1e-12)


def test_a_drawdown_by_hand() -> None:
    """From 120 to 90 is a quarter; the later, smaller fall doesn't count; no equity, no fall."""
    assert max_drawdown(np.array([100.0, 120.0, 90.0, 150.0, 140.0])) == pytest.approx(0.25)
    assert max_drawdown(np.zeros(0)) == 0.0


@pytest.mark.parametrize(
    ("profits", "factor"),
    [([30.0, -10.0, 0.0, -5.0], 2.0), ([5.0], math.inf), ([-5.0], 0.0), ([], math.nan), ([0.0], math.nan)],
)
def test_the_profit_factor_is_gains_over_losses(profits: list[float], factor: float) -> None:
    """Infinite without a loss, undefined without either."""
    assert profit_factor(np.array(profits, dtype=np.float64)) == pytest.approx(factor, nan_ok=True)


@given(trials=st.integers(1, 500), share=st.floats(0, 1))
def test_wilson_is_that_of_scipy(trials: int, share: float) -> None:
    """SciPy's Wilson interval without continuity correction."""
    successes = round(trials * share)
    theirs = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    ours = wilson(successes, trials)
    assert ours.value == successes / trials
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_no_trials_no_share() -> None:
    """Nothing is known of an account that never traded."""
    assert wilson(0, 0) == Estimate(None)


def test_blocks_stay_together_and_cover_the_sample() -> None:
    """Each sample has the length of the data and is made of runs of five that lie inside it."""
    samples = block_samples(23, np.random.default_rng(1))
    assert samples.shape == (2000, 23)
    assert (samples.min(), samples.max()) == (0, 22)
    blocks = samples[:, :20].reshape(2000, 4, 5)
    assert (np.diff(blocks, axis=2) == 1).all()
    assert block_samples(19, np.random.default_rng(1)).shape == (0, 19)


def test_an_interval_says_what_the_samples_say() -> None:
    """2.5 % and 97.5 % of what is defined; an end that is infinite is open, and without samples there is none."""
    samples = np.arange(1, 1001, dtype=np.float64)
    assert interval(500.0, np.append(samples, np.nan)) == Estimate(500.0, 25.0, 975.0)
    assert interval(2.0, np.array([1.0] * 90 + [math.inf] * 10)) == Estimate(2.0, 1.0, None)
    assert interval(math.inf, np.array([])) == Estimate(None)
    assert interval(math.inf, np.array([3.0, math.inf])) == Estimate(None, 3.0, None)
    assert interval(500.0, samples, widen=2.0, within=(-900, 900)) == Estimate(500.0, -450.0, 900.0)


@pytest.mark.parametrize("n", [20, 37, 100, 252, 1000])
def test_intervals_are_widened_by_students_t_and_the_blocks_missing_variance(n: int) -> None:
    """SciPy's quantile for n / 5 - 1 degrees of freedom over the normal one, times sqrt(n / (n - 5)), within 1 %."""
    expected = stats.t.ppf(0.975, n / 5 - 1) / stats.norm.ppf(0.975) * math.sqrt(n / (n - 5))
    assert widening(n) == pytest.approx(expected, rel=0.01)
    assert widening(19) == 1.0, "there is no interval to widen"


@pytest.mark.parametrize("sessions", [25, 98])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(sessions: int) -> None:
    """In 89 at least of 100 runs of returns with a true Sharpe ratio of 1 (fewer: 0.4 % by the binomial law)."""
    held = 0
    for seed in range(100):
        daily = np.random.default_rng(seed).normal(0.01 / math.sqrt(252), 0.01, sessions)
        ratio = estimate(performance([1.0, *np.cumprod(1 + daily)], [], seed=seed)["sharpe"])
        assert ratio.low is not None
        assert ratio.high is not None
        held += ratio.low <= 1.0 <= ratio.high
    assert held >= 89


def test_figures_of_an_account_by_hand() -> None:
    """100 to 110 to 99: total -1 %, drawdown 10 %, mean return 0; two trades of three won, 30 gained and 10 lost."""
    figures = performance([100.0, 110.0, 99.0], [20.0, 10.0, -10.0], seed=1)
    assert figures["total_return"] == Estimate(pytest.approx(-0.01))
    assert figures["sharpe"] == Estimate(pytest.approx(0.0, abs=1e-12))
    assert figures["max_drawdown"] == pytest.approx(0.10)
    assert estimate(figures["win_rate"]).value == pytest.approx(2 / 3)
    assert (figures["profit_factor"], figures["trades"]) == (Estimate(3.0), 3)


def test_an_account_that_never_traded_has_no_figures() -> None:
    """Undefined is None, not zero, and no target is called met or missed."""
    figures = performance([100.0] * 30, [], seed=1)
    assert (figures["total_return"], figures["sharpe"]) == (Estimate(0.0, 0.0, 0.0), Estimate(None))
    assert (figures["win_rate"], figures["profit_factor"], figures["trades"]) == (Estimate(None), Estimate(None), 0)
    assert set(targets_met(figures).values()) == {None}
    assert performance([100.0], [], seed=1)["total_return"] == Estimate(None)


def test_targets_are_met_only_beyond_their_value() -> None:
    """Sharpe > 1.5, drawdown < 10 %, win rate > 65 %, profit factor > 1.5."""
    curve = np.cumprod(np.where(np.arange(60) % 3 == 2, 0.995, 1.01))
    good = performance([1.0, *curve], [2.0, 2.0, -1.0], seed=1)
    assert set(targets_met(good).values()) == {True}
    bad = performance([1.0, *(1 / curve)], [1.0, -1.0], seed=1)
    assert set(targets_met(bad).values()) == {False}


def test_the_same_seed_gives_the_same_figures() -> None:
    """Intervals are drawn, and repeat."""
    rng = np.random.default_rng(3)
    curve, profits = np.cumprod(1 + rng.normal(0, 0.01, 80)).tolist(), rng.normal(0, 5, 40).tolist()
    assert performance(curve, profits, seed=5) == performance(curve, profits, seed=5)
    assert performance(curve, profits, seed=5) != performance(curve, profits, seed=6)
