"""Who judged better: figures by hand, intervals against simulations, and the answer where there is too little."""

from __future__ import annotations

import numpy as np
import pytest

from trading.evidence.account_trades import Trades, traded
from trading.evidence.calls import Candidates, Period, gap, judged, periods


def days(count: int) -> np.ndarray:
    """So many sessions."""
    return np.busday_offset(np.datetime64("2010-01-04"), np.arange(count)).astype("datetime64[D]")


def candidates(sessions: int, per_session: int, seed: int, *, share: float = 0.5, common: float = 0.0) -> Candidates:
    """Candidates that win by chance; with `common` the sessions have a part of their chance in common."""
    rng = np.random.default_rng(seed)
    at = np.repeat(np.arange(sessions), per_session)
    chance = np.clip(share + rng.choice([-common, common], sessions), 0, 1)[at]
    won = rng.uniform(size=len(at)) < chance
    yes = {"all": np.ones(len(at), dtype=bool), "half": np.arange(len(at)) % 2 == 0}
    return Candidates(days(sessions)[at], won, np.where(won, 0.02, -0.01), yes)


def test_the_figures_by_hand() -> None:
    """Five candidates: a says yes to three, two made money; b to one that lost. 2 + 1 and 1 + 0 of five are right."""
    told = Candidates(
        session=days(5),
        won=np.array([True, True, False, False, True]),
        net_return=np.array([0.03, 0.01, -0.02, -0.01, 0.02]),
        said_yes={"a": np.array([1, 1, 1, 0, 0], bool), "b": np.array([0, 0, 0, 1, 0], bool), "c": np.zeros(5, bool)},
    )
    found = judged(told, seed=1)
    a, b, c = found["a"], found["b"], found["c"]
    assert (a.calls, a.sessions) == (3, 3)
    assert a.accuracy.value == pytest.approx(3 / 5)
    assert a.made_money.value == pytest.approx(2 / 3)
    assert a.false_positives.value == pytest.approx(1 / 3)
    assert a.net_return.value == pytest.approx(0.02 / 3)
    assert (b.accuracy.value, b.made_money.value, b.net_return.value) == pytest.approx((1 / 5, 0.0, -0.01))
    assert (c.calls, c.made_money.value, c.net_return.value) == (0, None, None)
    assert c.accuracy.value == pytest.approx(2 / 5), "it is right about the two that lost"
    difference = gap(told, "a", "b", seed=1)
    assert difference.made_money.value == pytest.approx(2 / 3)
    assert difference.net_return.value == pytest.approx(0.02 / 3 + 0.01)


@pytest.mark.parametrize(
    ("sessions", "per_session", "words"),
    [
        (5, 100, "5 of at least 20 sessions with candidates, 5 of at least 10 sessions with a call"),
        (19, 3, "19 of at least 20 sessions with candidates"),
    ],
)  # fmt: skip
def test_too_little_is_said_with_the_least_numbers_and_has_no_interval(
    sessions: int, per_session: int, words: str
) -> None:
    """Five hundred calls of five sessions are five sessions; the figure stands, its interval doesn't."""
    found = judged(candidates(sessions, per_session, 3), seed=1)["all"]
    assert found.missing == f"not enough data yet: {words}"
    assert found.made_money.value is not None
    assert (found.made_money.low, found.net_return.high, found.accuracy.low) == (None, None, None)


def test_many_candidates_and_few_calls_have_no_interval() -> None:
    """Forty sessions with candidates, three calls: the calls are too few, whatever the rest is."""
    told = candidates(40, 5, 3)
    few = np.zeros(len(told), dtype=bool)
    few[:3] = True
    found = judged(Candidates(told.session, told.won, told.net_return, {"few": few}), seed=1)["few"]
    assert found.missing == "not enough data yet: 3 of at least 20 calls, 1 of at least 10 sessions with a call"


def test_a_market_that_moves_all_of_a_session_makes_the_interval_wide() -> None:
    """Twenty setups of a session that win or lose together say hardly more than one."""
    alone, together = (judged(candidates(60, 20, 5, common=common), seed=1)["all"].made_money for common in (0.0, 0.45))
    assert alone.low is not None
    assert alone.high is not None
    assert together.low is not None
    assert together.high is not None
    assert together.high - together.low > 2.5 * (alone.high - alone.low)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """In 100 simulations with sessions that move together, the 95 % interval misses the true half in at most 12."""
    missed = 0
    for seed in range(100):
        found = judged(candidates(60, 8, seed, common=0.3), seed=1)["all"].made_money
        assert found.low is not None
        assert found.high is not None
        missed += not found.low <= 0.5 <= found.high
    assert missed <= 12


def test_calls_that_all_made_money_have_an_interval_all_the_same() -> None:
    """Every resample says 100 %; a session counts as one draw: Wilson's lower end of 30 in 30 is 88.6 %."""
    told = candidates(30, 4, 1, share=1.0)
    found = judged(told, seed=1)["half"]
    assert found.made_money.value == 1.0
    assert found.made_money.low == pytest.approx(30 / (30 + 1.959964**2), abs=1e-6)
    assert found.false_positives.high == pytest.approx(1 - 30 / (30 + 1.959964**2), abs=1e-6)


def test_one_judge_is_no_better_than_itself() -> None:
    """The difference is paired: the same calls differ by nothing, with no width."""
    told = candidates(40, 5, 2)
    same = gap(told, "all", "all", seed=1)
    assert (same.made_money.value, same.made_money.low, same.made_money.high) == (0.0, 0.0, 0.0)
    reversed_gap, forward = gap(told, "half", "all", seed=1), gap(told, "all", "half", seed=1)
    assert forward.net_return.value == pytest.approx(-(reversed_gap.net_return.value or 0.0))


def test_nothing_on_record_is_an_answer() -> None:
    """No candidate, no trade: no figure, no error."""
    none = Candidates(days(0), np.zeros(0, bool), np.zeros(0), {"a": np.zeros(0, bool)})
    found = judged(none, seed=1)["a"]
    assert (found.calls, found.accuracy.value, found.made_money.value) == (0, None, None)
    assert found.missing.startswith("not enough data yet: 0 of at least 20")
    empty = Trades(days(0), np.zeros(0))
    assert traded({"rule": empty, "models": empty}, "rule", 1)["models"].profit_usd.value is None


def test_a_trade_of_an_account_beside_that_of_the_rules() -> None:
    """10 and 4 dollars a trade: 6 more; the account with three trades has no interval and says why."""
    rng = np.random.default_rng(4)
    noise = rng.normal(0, 3, 60)
    rule = Trades(days(60), 4.0 + noise - noise.mean())
    more = Trades(days(60), 10.0 + noise - noise.mean())
    found = traded({"rule": rule, "models": more, "few": Trades(days(3), np.array([1.0, 2.0, 6.0]))}, "rule", 7)
    assert found["rule"].less_base is None
    assert found["models"].profit_usd.value == pytest.approx(10.0)
    less = found["models"].less_base
    assert less is not None
    assert (less.value, less.low, less.high) == pytest.approx((6.0, 6.0, 6.0)), "the same noise, drawn alike"
    assert found["few"].profit_usd.value == pytest.approx(3.0)
    assert found["few"].profit_usd.low is None
    assert "3 of at least 10 closed trades" in found["few"].missing


def test_fewer_false_positives_are_told_relative_to_the_others() -> None:
    """One of three calls lost beside one of one: two thirds fewer; beside nobody's calls there is no such figure."""
    told = Candidates(
        session=days(5),
        won=np.array([True, True, False, False, True]),
        net_return=np.array([0.03, 0.01, -0.02, -0.01, 0.02]),
        said_yes={"a": np.array([1, 1, 1, 0, 0], bool), "b": np.array([0, 0, 0, 1, 0], bool), "c": np.zeros(5, bool)},
    )
    assert gap(told, "a", "b", seed=1).false_positives.value == pytest.approx(1 / 3 / 1 - 1)
    assert gap(told, "a", "c", seed=1).false_positives.value is None
    perfect = Candidates(told.session, np.ones(5, bool), told.net_return, told.said_yes)
    assert gap(perfect, "a", "b", seed=1).false_positives.value is None, "half of none is nothing"


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("month", {"2010-01": 20, "2010-02": 20, "2010-03": 23, "2010-04": 2}),
        ("quarter", {"2010-Q1": 63, "2010-Q2": 2}),
        ("year", {"2010": 65}),
    ],
)
def test_periods_are_those_of_the_calendar(period: Period, expected: dict[str, int]) -> None:
    """65 weekdays from 2010-01-04: each is in one period, and the parts are the whole."""
    told = candidates(65, 1, 3)
    parts = periods(told.session, period)
    assert {word: int(chosen.sum()) for word, chosen in parts} == expected
    assert sum(len(told.take(chosen)) for _, chosen in parts) == len(told)
    assert periods(told.session[:0], period) == []


def test_a_period_before_1970_has_its_own_year() -> None:
    """Months are counted from 1970 on; earlier ones are below zero."""
    assert [word for word, _ in periods(np.array(["1969-12-31", "1970-01-02"], dtype="datetime64[D]"), "quarter")] == [
        "1969-Q4", "1970-Q1",
    ]  # fmt: skip
