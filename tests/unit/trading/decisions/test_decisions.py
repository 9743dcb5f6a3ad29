"""From views to orders: who decides, how much, and what keeps an account out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.broker.orders import Bracket
from trading.decisions.arms import ARMS, Arm
from trading.decisions.book_view import BookView, Candidate, Circumstances
from trading.decisions.decide import decide, verdict_of
from trading.decisions.refusals import REFUSALS
from trading.money import usd_e4
from trading.outcomes.barriers import OutcomeRules
from trading.risk.decision_rules import DecisionRules
from trading.risk.drawdown import judge
from trading.risk.exposure import Surroundings
from trading.risk.model_risk import ModelRiskLimits, by_ensemble, by_rule
from trading.risk.model_trust import grown, held_back
from trading.risk.past import DrawdownState
from trading.risk.sizing import SizingLimits, position_shares
from trading.views.ensemble import Views, rank_among
from trading.views.members.registry import MEMBERS
from trading.views.restraint import Stage, Turn
from trading.views.rule_system import RuleInputs, confidence, reasons

DAY = date(2010, 1, 4)
NAN = float("nan")
CANDIDATE = Candidate(
    symbol="AA", score=0.5, close_usd=20.0, atr_usd=1.0, average_volume=1_000_000.0, patterns=("hammer",),
    rule_confidence=0.7, rule_reasons=("why",), probabilities={"pattern": 0.6, "catalyst": 0.6, "outcome": 0.6},
    expected_return=0.02,
    strength=0.6, rank=0.95, disagreement=0.0,
)  # fmt: skip
NO_LOSS = DrawdownState(1.0, "")


def account(source: Arm = "hybrid", held: frozenset[str] = frozenset(), drawdown: DrawdownState = NO_LOSS) -> BookView:
    """An account of 100,000 USD."""
    return BookView("book", source, 10_000_000, held, drawdown)


LIMITS = ModelRiskLimits()
SURE = replace(CANDIDATE, strength=0.52, rank=0.99)
"""The stop of 1.5 ranges costs 7.5 % of the price, so 2 % expected are 0.27 of it: the full size."""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # rank 0.8: confidence |2 x 0.8 - 1| = 0.6 reaches the threshold
        ({"rank": 0.80}, (True, "ensemble", 0.6, 1.0, ())),
        ({"disagreement_rank": 0.91}, (True, "ensemble", 0.98, 0.5, ("disagreement",))),
        ({"disagreement_rank": 0.90}, (True, "ensemble", 0.98, 1.0, ())),
        # 0.3 % expected are 0.04 of what the stop costs: 0.04 / 0.08 of the size, half of that where they disagree
        ({"expected_return": 0.003}, (True, "ensemble", 0.98, 0.5, ("small_move",))),
        (
            {"expected_return": 0.003, "disagreement_rank": 1.0},
            (True, "ensemble", 0.98, 0.25, ("small_move", "disagreement")),
        ),
        ({"expected_return": 0.0}, (False, "ensemble", 0.98, 1.0, ("expected_loss",))),
        ({"expected_return": -0.01}, (False, "ensemble", 0.98, 1.0, ("expected_loss",))),
        ({"expected_return": NAN}, (False, "ensemble", 0.98, 1.0, ("expected_loss",))),
        ({"rank": 0.10, "rule_confidence": 1.0}, (False, "ensemble", 0.8, 1.0, ())),  # surely bad
        ({"rank": 0.79, "rule_confidence": 0.6}, (True, "rule", 0.6, 1.0, ("unsure",))),
        ({"rank": 0.79, "rule_confidence": 0.59}, (False, "rule", 0.59, 1.0, ("unsure",))),
        ({"strength": NAN, "rank": NAN}, (True, "rule", 0.7, 1.0, ("no_answer",))),
        ({"strength": NAN, "rule_confidence": 0.1}, (False, "rule", 0.1, 1.0, ("no_answer",))),
        ({"rank": NAN, "rule_confidence": 0.1}, (False, "rule", 0.1, 1.0, ("no_answer",))),
        ({"strength": 1.01, "rule_confidence": 0.1}, (False, "rule", 0.1, 1.0, ("no_answer",))),
        ({"strength": -0.01, "rule_confidence": 0.1}, (False, "rule", 0.1, 1.0, ("no_answer",))),
    ],
)
def test_the_ensemble_decides_where_it_is_sure_and_else_the_rules(
    changes: dict[str, float], expected: tuple[bool, str, float, float, tuple[str, ...]]
) -> None:
    """Missing, impossible and unsure answers fall back; no purchase with a loss expected; small moves, small sizes."""
    seen = replace(SURE, **changes)  # type: ignore[arg-type]
    verdict = by_ensemble(seen, LIMITS, falls_back=True, stop_return=0.075)
    assert (verdict.buy, verdict.source, pytest.approx(verdict.confidence)) == expected[:3]
    assert (pytest.approx(verdict.scale), verdict.acted) == expected[3:]
    assert verdict.reason
    alone = by_ensemble(seen, LIMITS, falls_back=False, stop_return=0.075)
    if verdict.source == "ensemble":
        assert alone == verdict
    else:
        assert (alone.buy, alone.source, alone.acted) == (False, "ensemble", verdict.acted)


@pytest.mark.parametrize("stage", ["half", "rules", "retrain"])
def test_an_alarm_halves_what_models_buy_or_leaves_it_to_the_rules(stage: Stage) -> None:
    """Half of what the size would be, whatever else made it small; the other stages fall back. Full is no doubt."""
    turn = Turn("e", stage, DAY, DAY + timedelta(days=1), "why", datetime(2026, 1, 1, tzinfo=UTC))
    doubt = held_back(turn)
    small = replace(SURE, expected_return=0.003, disagreement_rank=1.0)
    verdict = by_ensemble(small, LIMITS, falls_back=True, stop_return=0.075, doubt=doubt)
    if stage == "half":
        assert verdict.scale == pytest.approx(0.125)
        assert verdict.acted == ("small_move", "disagreement", "alarm_half")
        assert "half size" in verdict.reason
    else:
        assert (verdict.source, verdict.acted) == ("rule", ("alarm",))
        assert not by_ensemble(small, LIMITS, falls_back=False, stop_return=0.075, doubt=doubt).buy
    against = by_ensemble(replace(SURE, rank=0.1), LIMITS, falls_back=True, stop_return=0.075, doubt=doubt)
    assert not against.buy or against.source == "rule"
    assert held_back(None) is None
    assert held_back(replace(turn, stage="full")) is None


def test_a_share_that_grew_counts_where_models_and_rules_share_and_nowhere_else() -> None:
    """Unsure at 0.6, sure enough at 0.4: the hybrid account asks the models; rules and models alone are as before."""
    rules, seen = DecisionRules(), replace(SURE, rank=0.75, rule_confidence=0.1)
    more = grown(rules.model_risk, 1)
    assert verdict_of(seen, "hybrid", rules).source == "rule"
    assert verdict_of(seen, "hybrid", rules, None, more).source == "ensemble"
    for arm in ("rule", "models"):
        assert verdict_of(seen, arm, rules, None, more) == verdict_of(seen, arm, rules)  # type: ignore[arg-type]


def test_the_arms_differ_in_whom_they_ask_and_what_they_do_without() -> None:
    """One candidate whom the models are unsure of and the rules are for; and one of whom they are sure."""
    unsure = replace(CANDIDATE, rank=0.6)
    bought = {arm: bool(decide(DAY, account(arm), [unsure], DecisionRules())[1]) for arm in ARMS}
    assert bought == {"rule": True, "hybrid": True, "models": False, "challenger": False}
    weak = replace(SURE, rule_confidence=0.1)
    bought = {arm: bool(decide(DAY, account(arm), [weak], DecisionRules())[1]) for arm in ARMS}
    assert bought == {"rule": False, "hybrid": True, "models": True, "challenger": True}


@pytest.mark.parametrize(("rule", "buy"), [(0.6, True), (0.5999, False), (1.0, True), (0.0, False), (NAN, False)])
def test_the_rules_buy_from_their_threshold_on(rule: float, buy: bool) -> None:  # noqa: FBT001
    """0.6, inclusive; unknown is no."""
    assert by_rule(rule).buy is buy


@pytest.mark.parametrize(
    ("equity_usd", "scale"),
    [
        ([], 1.0),
        ([100_000], 1.0),
        ([100_000, 97_000], 1.0),  # 3 % is the limit, not beyond it
        ([100_000, 96_999], 0.0),  # a session lost more than 3 %
        ([100_000, 96_999, 97_100], 1.0),  # suspended for that session only
        ([100_000, 98_500, 97_000, 95_800, 94_900], 0.5),  # less than five sessions: against the first
        ([100_000, 98_500, 97_000, 95_000, 93_000, 91_900], 0.0),  # five sessions lost more than 8 %
        ([120_000, 100_000, 99_000, 98_000, 97_000, 96_000, 95_500], 1.0),  # the fall to 100,000 is six sessions ago
        ([100_000, 110_000], 1.0),
    ],
)
def test_losses_shrink_and_stop_new_positions(equity_usd: list[int], scale: float) -> None:
    """3 % a session suspends, five sessions halve beyond 5 % and suspend beyond 8 %; the reason is in words."""
    marks = {DAY + timedelta(days=at): value * 100 for at, value in enumerate(equity_usd)}
    state = judge(dict(reversed(marks.items())))
    assert state.scale == scale
    assert bool(state.reason) == (scale < 1)


def size(**changes: float) -> int:
    """Shares for 100,000 USD at 20 with a stop 1.50 below."""
    facts = {"confidence": 1.0, "scale": 1.0, "price_usd": 20.0, "stop_distance_usd": 1.5, "average_volume": 1e6}
    return position_shares(equity_cents=10_000_000, limits=SizingLimits(), **(facts | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "shares"),
    [
        ({}, 500),  # 10 % of 100,000 at 20 USD; the risk of 2,000 would allow 1,333
        ({"stop_distance_usd": 8.0}, 250),  # the risk binds: 2,000 / 8
        ({"average_volume": 12_345.0}, 123),  # 1 % of the volume
        ({"confidence": 0.25}, 250),  # half the confidence that earns the whole size
        ({"confidence": 0.5}, 500),
        ({"scale": 0.5}, 250),
        ({"confidence": 0.25, "scale": 0.5}, 125),
        ({"price_usd": 10_001.0}, 0),  # more than the weight allows for one share
        ({"scale": 0.0}, 0),
        ({"confidence": -1.0}, 0),
    ],
)
def test_the_smallest_cap_decides(changes: dict[str, float], shares: int) -> None:
    """Risk 2 % to the stop, weight 10 %, volume 1 %; confidence and scale shrink the first two."""
    assert size(**changes) == shares


@pytest.mark.parametrize("name", ["confidence", "scale", "price_usd", "stop_distance_usd", "average_volume"])
@pytest.mark.parametrize("value", [NAN, 0.0, -1.0])
def test_an_unknown_or_impossible_fact_sizes_nothing(name: str, value: float) -> None:
    """NaN never buys."""
    assert size(**{name: value}) == 0


@given(low=st.floats(0, 1), high=st.floats(0, 1), stop=st.floats(0.1, 10))
def test_more_confidence_never_buys_less(low: float, high: float, stop: float) -> None:
    """Whichever cap binds."""
    low, high = sorted((low, high))
    assert size(confidence=low, stop_distance_usd=stop) <= size(confidence=high, stop_distance_usd=stop)


def test_a_buy_becomes_an_order_with_the_bracket_of_the_outcomes() -> None:
    """Stop 1.5 and target 2.5 ranges away, five sessions, an id from session, book and symbol, the shares by hand."""
    rules = DecisionRules(outcome=OutcomeRules(1.5, 2.5, 5, 10))
    (decision,), (order,) = decide(DAY, account(), [CANDIDATE], rules)
    assert (decision.action, decision.shares) == ("buy", 500)  # 10 % of 100,000 USD at 20 USD
    assert (order.order_id, order.symbol, order.side, order.shares) == ("order:2010-01-04:book:AA", "AA", "buy", 500)
    assert (order.kind, order.in_force) == ("on_open", "day")
    assert order.bracket == Bracket(usd_e4(1.5), usd_e4(2.5), hold_sessions=5)
    assert order.reason == f"ensemble: {decision.reason}"


@pytest.mark.parametrize(
    ("book", "candidate", "words", "limit"),
    [
        (account(held=frozenset({"AA"})), CANDIDATE, "already held", "held"),
        (account(held=frozenset("BCDEFGHIJK")), CANDIDATE, "all 10 positions are taken", "max_positions"),
        (account(drawdown=DrawdownState(0.0, "suspended: x")), CANDIDATE, "suspended: x", "drawdown"),
        (account(drawdown=DrawdownState(0.0, "paused: x", "losing_streak")), CANDIDATE, "paused: x", "losing_streak"),
        (replace(account(), resting={"AA": "rests"}), CANDIDATE, "rests", "stopped_out"),
        (account(), replace(CANDIDATE, rank=0.05), "against it", "models_against"),
        (account("models"), replace(CANDIDATE, rank=0.5), "unsure", "unsure"),
        (account("models"), replace(CANDIDATE, expected_return=-0.01), "expected return", "expected_loss"),
        (account("rule"), replace(CANDIDATE, rule_confidence=0.5), "is below 0.60", "rules_against"),
        (account(), replace(CANDIDATE, rank=0.5, rule_confidence=0.1), "so the rules decide", "rules_against"),
        (account(), replace(CANDIDATE, atr_usd=NAN), "the caps leave no whole share", "size"),
        (account(), replace(CANDIDATE, close_usd=NAN), "the caps leave no whole share", "size"),
        (account(), replace(CANDIDATE, average_volume=NAN), "the caps leave no whole share", "size"),
        (replace(account(), exposure_cents={"BB": 5_000_000}), CANDIDATE, "leaves no whole share", "max_cluster"),
    ],
)
def test_every_refusal_says_why(book: BookView, candidate: Candidate, words: str, limit: str) -> None:
    """No order, a decision on record all the same, and the first limit that refused by its name."""
    (decision,), orders = decide(DAY, book, [candidate], DecisionRules())
    assert (decision.action, decision.shares, orders) == ("none", 0, [])
    assert words in decision.reason
    assert decision.refused_by == limit
    assert limit in REFUSALS


def test_what_is_bought_was_refused_by_nothing() -> None:
    """Not even where a limit made it smaller."""
    (decision,), _ = decide(DAY, account(drawdown=DrawdownState(0.5, "halved: x")), [CANDIDATE], DecisionRules())
    assert (decision.action, decision.refused_by) == ("buy", "")


@pytest.mark.parametrize(
    ("book", "candidate", "shares"),
    [
        (account(drawdown=DrawdownState(0.5, "halved: x")), CANDIDATE, 250),
        (account(), replace(CANDIDATE, disagreement_rank=0.95), 250),
        (account(drawdown=DrawdownState(0.5, "halved: x")), replace(CANDIDATE, disagreement_rank=0.95), 125),
        (account("rule"), replace(CANDIDATE, disagreement_rank=0.95), 500),  # the rules don't look at the models
    ],
)
def test_drawdown_and_disagreement_each_halve(book: BookView, candidate: Candidate, shares: int) -> None:
    """500 shares would be the whole size."""
    (decision,), _ = decide(DAY, book, [candidate], DecisionRules())
    assert decision.shares == shares


def test_the_most_confident_are_bought_first_up_to_the_limits() -> None:
    """By confidence, then score, then symbol; five orders a session; every candidate has its decision."""
    ranks = {"A": 0.85, "B": 0.99, "C": 0.95, "D": 0.95, "E": 0.95, "F": 0.90, "G": 0.9}
    scores = {"D": 0.9}
    candidates = [replace(CANDIDATE, symbol=s, rank=r, score=scores.get(s, 0.5)) for s, r in ranks.items()]
    apart = Circumstances(Surroundings({}, tuple(ranks), np.eye(len(ranks))))
    decisions, orders = decide(DAY, account(), candidates, DecisionRules(), apart)
    assert [order.symbol for order in orders] == ["B", "D", "C", "E", "F"]
    assert [decision.candidate.symbol for decision in decisions] == ["B", "D", "C", "E", "F", "G", "A"]
    assert "5 orders a session" in decisions[5].reason
    eight = account(held=frozenset("STUVWXYZ"))
    assert [order.symbol for order in decide(DAY, eight, candidates, DecisionRules())[1]] == ["B", "D"]


def test_the_order_of_the_candidates_does_not_matter() -> None:
    """The same decisions, whoever comes first."""
    candidates = [replace(CANDIDATE, symbol=s, rank=r) for s, r in (("A", 0.9), ("B", 0.9), ("C", 0.95))]
    assert decide(DAY, account(), candidates, DecisionRules()) == decide(
        DAY, account(), candidates[::-1], DecisionRules()
    )


def inputs(**changes: float) -> RuleInputs:
    """A setup that meets every condition, changed."""
    facts = {
        "n_patterns": 1.0, "trend": 1.0, "rsi_14": 0.0, "volume_ratio_20": 1.5, "sma_20": 0.01,
        "relative_strength_20": 0.01, "has_catalyst": 1.0,
    }  # fmt: skip
    return RuleInputs(**{name: np.array([value]) for name, value in (facts | changes).items()})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 1.0),
        ({"n_patterns": 0.0}, 0.8),
        ({"trend": 0.0}, 0.8),
        ({"trend": -1.0}, 0.8),
        ({"volume_ratio_20": 1.49}, 0.8),
        ({"rsi_14": 20.0}, 1.0),
        ({"rsi_14": 20.1}, 0.9),
        ({"rsi_14": -20.1}, 0.9),
        ({"sma_20": 0.0}, 0.9),
        ({"relative_strength_20": 0.0}, 0.9),
        ({"has_catalyst": 0.0}, 0.9),
        ({"n_patterns": 0.0, "trend": 0.0}, 0.6),  # 0.2 + 0.4 x 0.1, not 0.6000000000000001
    ],
)
def test_each_rule_counts_its_weight(changes: dict[str, float], expected: float) -> None:
    """Pattern, trend and volume 0.2 each, the other four 0.1 each; as many reasons as conditions."""
    setup = inputs(**changes)
    assert confidence(setup).tolist() == [expected]
    assert len(reasons(setup, 0)) == 7 - len(changes) + (changes == {"rsi_14": 20.0})


@pytest.mark.parametrize("name", list(RuleInputs.__dataclass_fields__))
def test_an_unknown_fact_never_counts_in_favour(name: str) -> None:
    """NaN lowers the confidence by the weight of its rule, without a warning."""
    assert confidence(inputs(**{name: NAN}))[0] < 1.0


def test_the_ensemble_weighs_and_measures_disagreement() -> None:
    """0.4, 0.4, 0.2; the widest gap of the three; one silent model silences the whole."""
    probabilities = np.array([[0.9, NAN], [0.5, 0.5], [0.6, 0.6]])
    weights = np.array([0.4, 0.4, 0.2])
    views = Views.raw(
        ("pattern", "catalyst", "outcome"), probabilities, np.zeros(2), rank=np.array([0.5, NAN]), weights=weights
    )
    assert views.strength[0] == pytest.approx(0.36 + 0.2 + 0.12)
    assert views.disagreement[0] == pytest.approx(0.4)
    assert np.isnan([views.strength[1], views.disagreement[1]]).all()


def test_the_shipped_members_have_the_weights_of_the_strategy() -> None:
    """Section 4.2: pattern detector, catalyst classifier, outcome regressor."""
    first = MEMBERS.every[:3]
    expected = [("pattern", 0.4), ("catalyst", 0.4), ("outcome", 0.2)]
    assert [(member.name, member.weight) for member in first] == expected


def test_the_rank_is_the_share_of_earlier_strengths_below() -> None:
    """Ties count half; below all is 0, above all 1, unknown stays unknown."""
    reference = np.array([0.1, 0.2, 0.2, 0.4])
    got = rank_among(np.array([0.0, 0.1, 0.2, 0.3, 0.9, NAN]), reference)
    np.testing.assert_array_equal(got, [0, 0.125, 0.5, 0.75, 1, NAN])
