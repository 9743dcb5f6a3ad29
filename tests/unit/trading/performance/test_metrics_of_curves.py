"""Figures of returns against an independent library, published examples and arithmetic."""

from __future__ import annotations

import math

import empyrical
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.arrays import Floats
from trading.performance.metrics.annual_return import annual_return
from trading.performance.metrics.annual_volatility import annual_volatility
from trading.performance.metrics.calmar import calmar
from trading.performance.metrics.longest_drawdown import longest_drawdown
from trading.performance.metrics.max_drawdown import drawdowns, max_drawdown
from trading.performance.metrics.sharpe import sharpe
from trading.performance.metrics.sharpe_above_luck import deflated_sharpe, expected_best_sharpe
from trading.performance.metrics.sharpe_above_zero import _probabilistic, probabilistic_sharpe
from trading.performance.metrics.sortino import sortino

series = st.integers(0, 10_000).map(
    lambda seed: np.random.default_rng(seed).normal(0.0005, 0.02, np.random.default_rng(seed).integers(3, 400))
)


@settings(max_examples=60, deadline=None)
@given(returns=series)
def test_figures_are_those_of_empyrical(returns: Floats) -> None:
    """Sharpe, Sortino, Calmar, yearly return and volatility, and maximum drawdown of random series.

    Of a series without a loss they call the ratio of Sortino infinite; ours is unknown.
    """
    equity = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    ours = [
        sharpe(returns), sortino(returns), calmar(returns), annual_return(returns), annual_volatility(returns),
        -max_drawdown(equity),
    ]  # fmt: skip
    theirs = [
        empyrical.sharpe_ratio(returns), empyrical.sortino_ratio(returns), empyrical.calmar_ratio(returns),
        empyrical.annual_return(returns), empyrical.annual_volatility(returns), empyrical.max_drawdown(returns),
    ]  # fmt: skip
    theirs = [math.nan if math.isinf(figure) else figure for figure in theirs]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_the_published_example_of_the_deflated_sharpe_ratio() -> None:
    """Bailey and López de Prado (2014), section "A numerical example": SR0 0.1132 a day, DSR 0.9004."""
    best = expected_best_sharpe(100, 0.5 / 250)
    assert best == pytest.approx(0.1132, abs=5e-5)
    found = _probabilistic(2.5 / math.sqrt(250), best, 1250, skew=-3.0, kurtosis=10.0)
    assert found == pytest.approx(0.9004, abs=5e-4)


def test_more_attempts_deflate_more() -> None:
    """The more variants returns were chosen from, the less they convince; one attempt deflates nothing."""
    returns = np.random.default_rng(4).normal(0.001, 0.01, 500)
    found = [deflated_sharpe(returns, trials) for trials in (1, 10, 100, 1000)]
    assert found[0] == probabilistic_sharpe(returns)
    assert found == sorted(found, reverse=True)
    assert found[0] - found[-1] > 0.2


def test_luck_alone_is_rarely_called_skill() -> None:
    """The best of 50 skilless series is above 95 % before deflation nearly always, after it in few of 100 cases."""
    rng = np.random.default_rng(5)
    plain = deflated = 0
    for _ in range(100):
        attempts = rng.normal(0, 0.01, (50, 250))
        best = attempts[np.argmax(attempts.mean(axis=1) / attempts.std(axis=1, ddof=1))]
        plain += probabilistic_sharpe(best) > 0.95
        deflated += deflated_sharpe(best, 50) > 0.95
    assert plain > 80
    assert deflated <= 10


def test_drawdowns_by_hand() -> None:
    """Down a fifth from 100 to 80, back to 100 three sessions later: three sessions below the peak."""
    equity = np.array([100.0, 80.0, 90.0, 95.0, 100.0, 110.0, 99.0])
    np.testing.assert_allclose(drawdowns(equity), [0, 0.2, 0.1, 0.05, 0, 0, 0.1])
    assert longest_drawdown(equity) == 3


def test_what_is_not_defined_is_nan() -> None:
    """No sessions, one, or no loss at all; a total loss is minus one."""
    none, one, gains = np.zeros(0), np.array([0.01]), np.full(5, 0.01)
    undefined = [
        annual_return(none), annual_volatility(one), sortino(one), sortino(gains), calmar(gains),
        probabilistic_sharpe(gains), deflated_sharpe(one, 3),
    ]  # fmt: skip
    assert np.isnan(undefined).all()
    assert annual_return(np.array([0.5, -1.0])) == -1.0
