"""What an account's own past and the market's regime forbid: cooldowns, pauses, models past their skill, sizes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.decisions.book_view import BookView, Candidate, Circumstances
from trading.decisions.decide import decide
from trading.errors import ConfigurationError
from trading.market.regimes import Regime
from trading.risk.cooldown import CooldownLimits, paused, resting
from trading.risk.decision_rules import DecisionRules
from trading.risk.model_risk import ModelRiskLimits, by_ensemble
from trading.risk.model_trust import lost_skill, stale_models
from trading.risk.past import DrawdownState
from trading.risk.regime_size import RegimeSize, RegimeSizes, regime_size
from trading.risk.trade_history import TradeHistory, decided_by, told_by

FIRST = date(2010, 1, 4)
DAYS = [FIRST + timedelta(days=number) for number in range(200)]
CANDIDATE = Candidate(
    symbol="AA", score=0.5, close_usd=20.0, atr_usd=1.0, average_volume=1_000_000.0, patterns=("hammer",),
    rule_confidence=0.7, rule_reasons=("why",), probabilities={"pattern": 0.6, "catalyst": 0.6, "outcome": 0.6},
    expected_return=0.01, strength=0.6, rank=0.95, disagreement=0.0,
)  # fmt: skip
BOOK = BookView("book", "ensemble", 10_000_000, frozenset(), DrawdownState(1.0, ""))


def closed(
    history: TradeHistory, day: date, profit_cents: int, *, symbol: str = "AA", reason: str = "time",
    source: str = "ensemble",
) -> None:  # fmt: skip
    """An entry decided by the source, and its one closing fill."""
    order_id = f"order:{len(history.sources)}"
    history.take("order", day, {"order_id": order_id, "reason": f"{source}: because"})
    told: dict[str, Any] = {"entry_order_id": order_id, "symbol": symbol, "profit_cents": profit_cents}
    history.take("fill", day, {**told, "side": "buy", "reason": "entry"})
    history.take("fill", day, {**told, "side": "sell", "reason": reason})


def regime(trend: Any, volatility: Any) -> Regime:
    """A regime of which nothing else is known."""
    return Regime(FIRST, trend, volatility, None, None, (), (), "words")


@pytest.mark.parametrize(
    ("trend", "volatility", "scale"),
    [
        ("bull", "low", 1.0),
        ("sideways", "low", 0.75),
        ("bear", "low", 0.5),
        ("bull", "high", 0.5),
        ("sideways", "high", 0.375),
        ("bear", "high", 0.25),
        (None, "low", 0.5),
        (None, None, 0.25),
    ],
)
def test_a_worse_or_unknown_regime_leaves_less(trend: Any, volatility: Any, scale: float) -> None:
    """Trend times volatility; only a calm bull market leaves all, and says nothing."""
    found = regime_size(regime(trend, volatility), RegimeSizes())
    assert found.scale == scale
    assert bool(found.reason) == (scale < 1)


@pytest.mark.parametrize("factor", [1.01, -0.1, float("nan")])
def test_no_regime_makes_a_position_larger(factor: float) -> None:
    """A factor above 1, below 0 or unknown is refused."""
    with pytest.raises(ConfigurationError, match="bear"):
        RegimeSizes(bear=factor)


def test_the_regime_halves_an_order_and_its_reason_is_on_record() -> None:
    """500 shares would be the whole size; at a factor of zero nothing is bought, for the regime's reason."""
    half = Circumstances(regime=RegimeSize(0.5, "regime: bear"))
    (decision,), orders = decide(FIRST, BOOK, [CANDIDATE], DecisionRules(), half)
    assert (decision.shares, decision.veto, len(orders)) == (250, "regime: bear", 1)
    none = Circumstances(regime=RegimeSize(0.0, "regime: no"))
    (decision,), orders = decide(FIRST, BOOK, [CANDIDATE], DecisionRules(), none)
    assert (decision.action, decision.veto, orders) == ("none", "regime: no", [])


def test_a_stopped_symbol_rests_five_closes_and_others_do_not() -> None:
    """Stopped in session 10: vetoed at the closes of 10 to 14, bought again at that of 15; a time exit is no stop."""
    history = TradeHistory()
    closed(history, DAYS[10], -100, reason="stop")
    closed(history, DAYS[10], -100, symbol="BB", reason="time")
    rests = [
        number for number in range(10, 20) if "AA" in resting(history, DAYS[: number + 1], CooldownLimits())
    ]  # fmt: skip
    assert rests == [10, 11, 12, 13, 14]
    found = resting(history, DAYS[:12], CooldownLimits())
    assert list(found) == ["AA"]
    (decision,), orders = decide(DAYS[11], replace(BOOK, resting=found), [CANDIDATE], DecisionRules())
    assert (decision.veto, orders) == (f"rests 5 sessions: it was stopped out on {DAYS[10]}", [])
    assert resting(history, DAYS[:12], CooldownLimits(stop_out_sessions=0)) == {}


def test_eight_losses_in_a_row_pause_the_account_for_three_closes() -> None:
    """Seven don't; the eighth in session 7 pauses 7, 8 and 9; a gain ends the streak."""
    history = TradeHistory()
    for number in range(7):
        closed(history, DAYS[number], -1, source="rule")
    assert paused(history, DAYS[:7], CooldownLimits()).scale == 1.0
    closed(history, DAYS[7], -1)
    scales = [paused(history, DAYS[: number + 1], CooldownLimits()).scale for number in range(7, 12)]
    assert scales == [0.0, 0.0, 0.0, 1.0, 1.0]
    assert "8 closing fills lost" in paused(history, DAYS[:8], CooldownLimits()).reason
    closed(history, DAYS[8], 1)
    assert paused(history, DAYS[:9], CooldownLimits()).scale == 1.0


def test_an_ensemble_that_surely_loses_reverts_to_the_rules_until_its_trades_are_old() -> None:
    """3 of 20: Wilson's upper end is (0.15 + 1.96²/40 + 1.96·sqrt(0.15·0.85/20 + 1.96²/1600)) / (1 + 1.96²/20) = 36 %.

    4 of 20 reach 42 %, which isn't surely below 40 %.
    """
    z = 1.959964
    high = (0.15 + z**2 / 40 + z * (0.15 * 0.85 / 20 + z**2 / 1600) ** 0.5) / (1 + z**2 / 20)
    assert 0.36 < high < 0.365
    limits = ModelRiskLimits()
    history = TradeHistory()
    for number in range(19):
        closed(history, DAYS[number], 100 if number < 3 else -100)
    assert lost_skill(history, DAYS[:19], limits) == "", "19 trades say nothing"
    closed(history, DAYS[19], -100)
    doubt = lost_skill(history, DAYS[:20], limits)
    assert doubt.startswith("3 of the ensemble's last 20 trades won")
    assert "at most 36%" in doubt
    assert lost_skill(history, DAYS[:60], limits)
    assert lost_skill(history, DAYS[:61], limits) == "", "the first trade has left the window of 60 sessions"
    closed(history, DAYS[19], 100)
    assert lost_skill(history, DAYS[:20], limits) == "", "4 of 21: the upper end is 40.0 % or more"


def test_trades_of_the_rules_and_parts_of_one_entry_do_not_count_against_the_ensemble() -> None:
    """An entry closed in two fills is one trade by their sum; what the rules decided isn't the ensemble's."""
    limits = ModelRiskLimits(accuracy_trades=2)
    history = TradeHistory()
    for _ in range(30):
        closed(history, DAYS[0], -100, source="rule")
    assert lost_skill(history, DAYS[:1], limits) == ""
    closed(history, DAYS[0], -100)
    part = {"entry_order_id": "order:30", "symbol": "AA", "side": "sell", "reason": "target", "profit_cents": 150}
    history.take("fill", DAYS[0], part)
    assert len(history.closes) == 32
    assert lost_skill(history, DAYS[:1], limits) == "", "one trade is under the least of two"


def test_models_that_learned_nothing_of_126_sessions_do_not_decide() -> None:
    """127 sessions since the first unknown one are too many; later sessions of the market don't count."""
    days = np.array(DAYS, dtype="datetime64[D]")
    limits = ModelRiskLimits()
    assert stale_models(FIRST, days, DAYS[125], limits) == ""
    assert "nothing of the last 127 sessions" in stale_models(FIRST, days, DAYS[126], limits)
    assert stale_models(FIRST, days[:127], DAYS[126], limits) == stale_models(FIRST, days, DAYS[126], limits)
    assert "nobody knows" in stale_models(None, days, DAYS[3], limits)


def test_a_doubt_about_the_models_makes_the_rules_decide_and_says_why() -> None:
    """The same candidate, by the rules' confidence; silent models are told as such, whatever their age."""
    (decision,), orders = decide(FIRST, BOOK, [CANDIDATE], DecisionRules(), Circumstances(doubt="too old"))
    assert (decision.verdict.source, decision.verdict.confidence) == ("rule", 0.7)
    assert decision.reason.startswith("too old, so the rules decide: ")
    assert orders[0].reason.startswith("rule: too old")
    (decision,), _ = decide(FIRST, replace(BOOK, doubt="lost skill"), [CANDIDATE], DecisionRules())
    assert "lost skill" in decision.reason
    nan = float("nan")
    assert "no usable model answer" in by_ensemble(nan, nan, nan, 0.7, doubt="too old").reason


@given(st.sampled_from(["rule", "ensemble"]), st.text())
def test_an_order_tells_who_decided_it_whatever_the_reason(source: Any, reason: str) -> None:
    """What `told_by` writes, `decided_by` reads; orders of others are nobody's."""
    assert decided_by(told_by(source, reason)) == source
    assert decided_by("ensemble unsure (0.52), so the rules decide: x") == ""
    assert decided_by("ensemble") == ""
