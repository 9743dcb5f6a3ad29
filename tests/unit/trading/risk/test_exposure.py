"""Caps on what an account may depend on: sectors, stocks that move together, everything; and how losses shrink it."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.trading.made_bars import weekdays
from trading.bars.panel import Panel
from trading.decisions.book_view import BookView, Candidate, Circumstances
from trading.decisions.decide import decide
from trading.risk.decision_rules import DecisionRules
from trading.risk.drawdown import judge, losses_in_a_row
from trading.risk.exposure import ExposureLimits, Surroundings, room_for, surroundings
from trading.risk.past import DrawdownState
from trading.risk.sizing import SizingLimits, position_shares

DAY = date(2010, 1, 4)
LIMITS = ExposureLimits()
SYMBOLS = ("A", "B", "C", "D", "E", "F", "G", "H")


def around(correlation: float, sectors: dict[str, str] | None = None) -> Surroundings:
    """All pairs correlated alike."""
    matrix = np.full((8, 8), correlation)
    np.fill_diagonal(matrix, 1.0)
    return Surroundings(sectors or {}, SYMBOLS, matrix)


def candidate(symbol: str, confidence: float = 0.9, close_usd: float = 20.0) -> Candidate:
    """A setup that the rules like."""
    nan = float("nan")
    return Candidate(
        symbol, 0.5, close_usd, close_usd / 50, 1e9, (), confidence, (), {}, nan, nan, nan, nan
    )  # fmt: skip


@pytest.mark.parametrize(
    ("correlation", "sectors", "cents", "words"),
    [
        (0.0, {}, 300_000, "move with it (0 held)"),
        (0.69, {}, 300_000, "move with it (0 held)"),
        (0.7, {}, 0, "move with it"),
        (0.0, {"A": "X", "B": "X", "C": "Y"}, 100_000, "sector X"),
        (math.nan, {}, 0, "move with it"),
    ],
)
def test_the_narrowest_cap_says_how_much_fits(
    correlation: float, sectors: dict[str, str], cents: int, words: str
) -> None:
    """Of 10,000 USD, B and C hold 2,000 each: 3,000 are left alone, 1,000 in B's sector, none in the cluster."""
    room = room_for("A", 1_000_000, {"B": 200_000, "C": 200_000}, around(correlation, sectors), LIMITS)
    assert room.cents == cents
    assert words in room.cap


def test_correlations_are_those_of_numpy_on_the_same_returns() -> None:
    """Log returns of the last 60 sessions; a stock with 10 sessions has none, and then counts as moving together."""
    names = ["A", "B", "C"]
    drawn = np.random.default_rng(3).lognormal(0.0, 0.02, (2, 70)).cumprod(axis=1)
    days = weekdays(70)
    close = np.concatenate([drawn[0], drawn[1], drawn[0, -10:]])
    sessions = np.concatenate([days, days, days[-10:]])
    ends = np.array([0, 70, 140, 150])
    panel = Panel(np.array(names), ends, sessions, close, close, close, close, np.ones(150))
    found = surroundings(panel, {}, names, LIMITS, days[-1].item())
    returns = np.diff(np.log(drawn), axis=1)[:, -60:]
    assert found.correlation[0, 1] == pytest.approx(np.corrcoef(returns)[0, 1])
    assert math.isnan(found.correlation[0, 2])
    assert found.move_together(names[0], names[2], 0.7)


def test_later_bars_of_the_panel_change_no_correlation() -> None:
    """A backtest's panel goes on after the decision: correlations at a session are those of the panel cut there."""
    close = np.random.default_rng(5).lognormal(0.0, 0.02, (2, 100)).cumprod(axis=1).ravel()
    days = weekdays(100)
    both = np.concatenate([days, days])
    panel = Panel(np.array(["A", "B"]), np.array([0, 100, 200]), both, close, close, close, close, np.ones(200))
    session = days[70].item()
    cut = panel.take(np.flatnonzero(panel.sessions <= days[70]))
    whole = surroundings(panel, {}, ["A", "B"], LIMITS, session)
    np.testing.assert_array_equal(whole.correlation, surroundings(cut, {}, ["A", "B"], LIMITS, session).correlation)
    assert whole.correlation[0, 1] != surroundings(panel, {}, ["A", "B"], LIMITS, days[99].item()).correlation[0, 1]


@given(
    confidences=st.lists(st.floats(0.6, 1.0), min_size=1, max_size=8),
    correlation=st.floats(-1.0, 1.0),
    sectors=st.dictionaries(st.sampled_from(SYMBOLS), st.sampled_from("XY")),
    held=st.dictionaries(st.sampled_from(SYMBOLS), st.integers(0, 300_000)),
)
def test_the_caps_hold_after_any_session(
    confidences: list[float], correlation: float, sectors: dict[str, str], held: dict[str, int]
) -> None:
    """What is ordered never lifts a sector, a cluster or the whole above its cap, unless it was above before."""
    book = BookView("rule", "rule", 1_000_000, frozenset(held), DrawdownState(1.0, ""), held)
    wanted = [candidate(symbol, confidence) for symbol, confidence in zip(SYMBOLS, confidences, strict=False)]
    decisions, _ = decide(DAY, book, wanted, DecisionRules(), Circumstances(around(correlation, sectors)))
    bought = {d.candidate.symbol: d.shares * 2_000 for d in decisions if d.shares}
    total = sum(held.values()) + sum(bought.values())
    assert not bought or total <= 1_000_000
    for sector in "XY":
        mine = {symbol for symbol in SYMBOLS if sectors.get(symbol) == sector}
        if mine & set(bought):
            assert sum(cents for s, cents in (*held.items(), *bought.items()) if s in mine) <= 300_000
    if correlation >= LIMITS.correlated_at and bought:
        assert total <= 300_000
    assert all(d.veto for d in decisions if d.verdict.buy and not d.shares)


@given(
    equity=st.lists(st.integers(500_000, 1_500_000), min_size=2, max_size=12),
    worse=st.integers(0, 400_000),
    trades=st.lists(st.integers(-100, 100)),
)
def test_more_loss_never_means_more_size(equity: list[int], worse: int, trades: list[int]) -> None:
    """A lower last close, or one more losing trade, never raises the factor on new positions."""
    marks = {DAY + timedelta(days=n): cents for n, cents in enumerate(equity)}
    lower = {**marks, max(marks): equity[-1] - worse}
    assert judge(lower, trades_cents=trades).scale <= judge(marks, trades_cents=trades).scale
    assert judge(marks, trades_cents=[*trades, -1]).scale <= judge(marks, trades_cents=trades).scale


def test_a_streak_of_losses_halves_until_a_gain() -> None:
    """Six closing fills with a loss are a streak, five aren't, and a gain ends it."""
    marks = {DAY: 100, DAY + timedelta(days=1): 100}
    assert [losses_in_a_row(t) for t in ([], [-1, 5, -1, -1], [5], [-1, -1])] == [0, 2, 0, 2]
    assert judge(marks, trades_cents=[-1] * 6).scale == 0.5
    assert judge(marks, trades_cents=[-1] * 5).scale == 1.0
    assert judge(marks, trades_cents=[*[-1] * 9, 1]).scale == 1.0


def test_a_stock_that_moves_twice_as_much_may_cost_half_as_much() -> None:
    """Ranges of 5 % and 10 % of the price: 500 and 250 shares of 10 % of 100,000 USD at 20 USD."""
    for range_usd, shares in ((0.5, 500), (1.0, 500), (2.0, 250)):
        assert shares == position_shares(
            equity_cents=10_000_000, confidence=1.0, scale=1.0, price_usd=20.0, stop_distance_usd=0.1,
            average_volume=1e9, limits=SizingLimits(), range_usd=range_usd,
        )  # fmt: skip
