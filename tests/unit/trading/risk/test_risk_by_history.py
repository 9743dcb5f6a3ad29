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
from trading.risk.model_risk import Doubt, ModelRiskLimits
from trading.risk.model_trust import SignalEvidence, lost_skill, stale_models
from trading.risk.past import DrawdownState
from trading.risk.regime_size import RegimeSize, RegimeSizes, regime_size
from trading.risk.trade_history import TradeHistory, decided_by, told_by

FIRST = date(2010, 1, 4)
DAYS = [FIRST + timedelta(days=number) for number in range(200)]
CANDIDATE = Candidate(
    symbol="AA", score=0.5, close_usd=20.0, atr_usd=1.0, average_volume=1_000_000.0, patterns=("hammer",),
    rule_confidence=0.7, rule_reasons=("why",), probabilities={"pattern": 0.6, "catalyst": 0.6, "outcome": 0.6},
    expected_return=0.02, strength=0.6, rank=0.95, disagreement=0.0,
)  # fmt: skip
BOOK = BookView("book", "hybrid", 10_000_000, frozenset(), DrawdownState(1.0, ""))


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


def _evidence(won: int, of: int, sessions: int) -> SignalEvidence:
    """Signals spread over sessions, the wins among the first."""
    days = np.array([DAYS[number % sessions] for number in range(of)], dtype="datetime64[D]")
    return SignalEvidence.of(days, np.arange(of) < won)


def test_an_ensemble_whose_highest_ranked_setups_surely_lose_does_not_decide() -> None:
    """3 of 20: Wilson's upper end is (0.15 + 1.96²/40 + 1.96·sqrt(0.15·0.85/20 + 1.96²/1600)) / (1 + 1.96²/20) = 36 %.

    4 of 20 reach 42 %, which isn't surely below 40 %; 19 say nothing.
    """
    z = 1.959964
    high = (0.15 + z**2 / 40 + z * (0.15 * 0.85 / 20 + z**2 / 1600) ** 0.5) / (1 + z**2 / 20)
    assert 0.36 < high < 0.365
    limits = ModelRiskLimits()
    found = lost_skill(_evidence(3, 20, 20), limits)
    assert found is not None
    assert found.rule == "lost_skill"
    assert found.words.startswith("3 of the last 20 setups that the ensemble ranked highest made money")
    assert "at most 36%" in found.words
    assert lost_skill(_evidence(4, 20, 20), limits) is None
    assert lost_skill(_evidence(0, 19, 19), limits) is None
    assert lost_skill(SignalEvidence(), limits) is None


def test_setups_of_one_session_count_as_one_where_they_share_its_fate() -> None:
    """Forty setups in two sessions that all won or all lost say no more than the two sessions do.

    By hand for ten sessions of four, three of them won whole: residuals are 4·0.7 and 4·(-0.3), so the variance of the
    share is (3·2.8² + 7·1.2²)/40² = 0.021, against 0.3·0.7/40 = 0.00525 of independent ones: 40/4 = 10 setups.
    """
    days = np.repeat(np.array(DAYS[:10], dtype="datetime64[D]"), 4)
    found = SignalEvidence.of(days, np.repeat(np.arange(10) < 3, 4))
    assert (found.signals, found.won) == (40, 12)
    assert found.effective == pytest.approx(10.0)
    assert lost_skill(found, ModelRiskLimits()) is None, "twelve of forty would be surely below 50 %, not these"
    alone = SignalEvidence.of(days[:4], np.zeros(4, dtype=bool))
    assert alone.effective == 1.0


def test_models_that_learned_nothing_of_126_sessions_do_not_decide() -> None:
    """127 sessions since the first unknown one are too many; later sessions of the market don't count."""
    days = np.array(DAYS, dtype="datetime64[D]")
    limits = ModelRiskLimits()
    assert stale_models(FIRST, days, DAYS[125], limits) is None
    stale = stale_models(FIRST, days, DAYS[126], limits)
    assert stale is not None
    assert "nothing of the last 127 sessions" in stale.words
    assert stale_models(FIRST, days[:127], DAYS[126], limits) == stale
    nobody = stale_models(None, days, DAYS[3], limits)
    assert nobody is not None
    assert "nobody knows" in nobody.words


def test_a_doubt_about_the_models_makes_the_rules_decide_or_nobody_and_says_why() -> None:
    """The same candidate, by the rules' confidence; models alone buy nothing; silent models are told as such."""
    now = Circumstances(doubts={"e": Doubt("stale", "too old")})
    seen = replace(CANDIDATE, ensemble_id="e")
    (decision,), orders = decide(FIRST, BOOK, [seen], DecisionRules(), now)
    assert (decision.verdict.source, decision.verdict.confidence, decision.verdict.acted) == ("rule", 0.7, ("stale",))
    assert decision.reason.startswith("too old, so the rules decide: ")
    assert orders[0].reason.startswith("rule: too old")
    (decision,), orders = decide(FIRST, replace(BOOK, decides_by="models"), [seen], DecisionRules(), now)
    assert (decision.reason, orders) == ("too old: nothing is bought", [])
    (decision,), _ = decide(FIRST, BOOK, [replace(seen, ensemble_id="f")], DecisionRules(), now)
    assert decision.verdict.source == "ensemble", "the doubt is about another version"
    nan = float("nan")
    silent = replace(seen, strength=nan, rank=nan, trouble="the models of e can't be used: gone")
    (decision,), _ = decide(FIRST, BOOK, [silent], DecisionRules(), now)
    assert decision.reason.startswith("the models of e can't be used: gone, so the rules decide: ")


@given(st.sampled_from(["rule", "ensemble"]), st.text())
def test_an_order_tells_who_decided_it_whatever_the_reason(source: Any, reason: str) -> None:
    """What `told_by` writes, `decided_by` reads; orders of others are nobody's."""
    assert decided_by(told_by(source, reason)) == source
    assert decided_by("ensemble unsure (0.52), so the rules decide: x") == ""
    assert decided_by("ensemble") == ""
