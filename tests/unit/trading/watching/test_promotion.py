"""The promotion rule: verdicts by paired sessions, and the one change of role that follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from trading.arrays import Days, Floats
from trading.watching.marks import Scored, SessionMarks, marks_of
from trading.watching.promotion import (
    Judgement,
    PromotionRules,
    Proposal,
    Standing,
    Verdict,
    beside,
    beside_rules,
    guard,
    proposed,
)
from trading.watching.sequential import Interval

RULES = PromotionRules()
FIRST = date(2024, 1, 1)


def _sessions(count: int) -> Days:
    return np.datetime64(FIRST) + np.arange(count)


def _marks(name: str, log_loss: Floats, earned: Floats | None = None, rules: float = 0.0) -> list[SessionMarks]:
    blank = marks_of(FIRST, name, Scored(*[np.zeros(0)] * 2, *[np.zeros(0, dtype=np.bool_)] * 3, *[np.zeros(0)] * 3))
    earned = np.zeros(len(log_loss)) if earned is None else earned
    return [
        replace(
            blank, session=FIRST + timedelta(days=at), setups=20, candidates=10, log_loss=float(loss),
            calls_return=float(gain) * 10, rules_return=rules * 10,
        )
        for at, (loss, gain) in enumerate(zip(log_loss, earned, strict=True))
    ]  # fmt: skip


def _noise(seed: int, count: int = 400) -> Floats:
    return np.random.default_rng(seed).normal(0.69, 0.01, count)


def test_a_better_version_is_better_and_the_other_way_round_worse() -> None:
    """A log loss lower by one of its standard deviations a session."""
    champion = _marks("a", _noise(1))
    challenger = _marks("b", _noise(2) - 0.01)
    assert beside(challenger, champion, _sessions(400), RULES).verdict == "better"
    assert beside(champion, challenger, _sessions(400), RULES).verdict == "worse"


@pytest.mark.parametrize("count", [60, 400, 600])
def test_identical_models_cannot_be_told_apart(count: int) -> None:
    """Exactly zero difference, however long one looks; at the end it says that it gave up."""
    marks = _marks("a", _noise(1, count))
    told = beside([replace(one, ensemble_id="b") for one in marks], marks, _sessions(count), RULES)
    assert told.verdict == "cannot_be_told"
    assert told.log_loss.mean == 0.0
    assert ("are the limit" in told.why) == (count == 600)


def test_a_sure_gain_that_is_too_small_is_not_worth_a_switch() -> None:
    """A thousandth of log loss, surely; and a gain whose calls earned less."""
    champion = _marks("a", _noise(1))
    tiny = _marks("b", _noise(1) - 0.001 + np.random.default_rng(3).normal(0, 1e-4, 400))
    told = beside(tiny, champion, _sessions(400), RULES)
    assert told.log_loss.low > 0
    assert told.verdict == "cannot_be_told"
    poorer = _marks("b", _noise(2) - 0.01, np.full(400, -0.001))
    told = beside(poorer, champion, _sessions(400), RULES)
    assert told.verdict == "cannot_be_told"
    assert "its calls earned less" in told.why


def test_a_silent_challenger_is_not_judged_by_what_it_said_elsewhere() -> None:
    """One that crashes or answers NaN now and then would be judged on the sessions of its choice."""
    champion = _marks("a", _noise(1))
    wounded = [
        replace(one, unanswered=20, setups=0, log_loss=float("nan")) if at % 4 == 0 else one
        for at, one in enumerate(_marks("b", _noise(2) - 0.02))
    ]
    told = beside(wounded, champion, _sessions(400), RULES)
    assert (told.verdict, told.silent) == ("not_enough_data", 100)
    assert "silent about setups in 100 of 400" in told.why
    all_silent = [replace(one, unanswered=20, setups=0, log_loss=float("nan")) for one in champion]
    assert beside(all_silent, champion, _sessions(400), RULES).verdict == "not_enough_data"


@pytest.mark.parametrize("count", [0, 1, 39])
def test_few_sessions_have_no_verdict(count: int) -> None:
    """An empty quarter, a first week."""
    told = beside(_marks("b", _noise(2, count) - 0.1), _marks("a", _noise(1, count)), _sessions(400), RULES)
    assert told.verdict == "not_enough_data"
    assert f"{count} of at least 40 sessions" in told.why


def test_a_stream_with_gaps_is_paired_by_session() -> None:
    """Sessions that one of both wasn't asked at don't count, wherever they are."""
    champion, challenger = _marks("a", _noise(1)), _marks("b", _noise(2) - 0.01)
    del champion[50:70], challenger[100:130]
    told = beside(challenger, champion, _sessions(400), RULES)
    assert (told.verdict, told.log_loss.sessions, told.silent) == ("better", 350, 0)


def test_a_champion_is_judged_against_the_rules_by_what_calls_earned() -> None:
    """Fifty basis points a candidate less, noise of a hundred."""
    earned = np.random.default_rng(5).normal(-0.005, 0.01, 400)
    assert beside_rules(_marks("a", _noise(1), earned), _sessions(400), RULES).verdict == "worse"
    assert beside_rules(_marks("a", _noise(1), -earned), _sessions(400), RULES).verdict == "better"


def _told(verdict: Verdict, sessions: int = 100) -> Judgement:
    return Judgement(verdict, Interval(0.0, 0.0, 0.0, sessions, 10), Interval(0.0, 0.0, 0.0, sessions, 10), 0, "why")


STANDING = Standing(
    champion="a", challenger="b", shadows=("c", "d"), was_champion=frozenset({"a", "d"}), usable=frozenset("abcd"),
    challenger_sessions=60, challenger_return=0.01,
)  # fmt: skip
EVEN = {name: _told("cannot_be_told") for name in "bcd"}


@pytest.mark.parametrize(
    ("change", "against", "champion", "wanted"),
    [
        ({}, {}, "cannot_be_told", None),
        ({}, {"b": "better"}, "cannot_be_told", ("b", "champion")),
        ({}, {"b": "worse"}, "cannot_be_told", ("b", "retired")),
        ({}, {"b": "better"}, "worse", ("a", "retired")),
        ({}, {"d": "better", "b": "better"}, "cannot_be_told", ("d", "champion")),
        ({}, {"c": "better"}, "cannot_be_told", None),
        ({"challenger": None}, {"c": "better"}, "cannot_be_told", ("c", "challenger")),
        ({"challenger_sessions": 19}, {"b": "better"}, "cannot_be_told", None),
        ({"challenger_return": -0.11}, {"b": "better"}, "cannot_be_told", None),
        ({"challenger_return": float("nan")}, {"b": "better"}, "cannot_be_told", ("b", "champion")),
        ({"usable": frozenset("acd")}, {"b": "better"}, "cannot_be_told", None),
        ({"champion": None}, {"b": "better"}, None, None),
        ({}, {"b": "not_enough_data"}, "not_enough_data", None),
    ],
)
def test_the_one_change_that_is_due(
    change: dict[str, object], against: dict[str, Verdict], champion: Verdict | None, wanted: tuple[str, str] | None
) -> None:
    """Whoever is worse goes first; the account is a guard only."""
    standing = replace(STANDING, **change)  # type: ignore[arg-type]
    judged = {**EVEN, **{name: _told(verdict) for name, verdict in against.items()}}
    found = proposed(standing, judged, None if champion is None else _told(champion), RULES)
    assert (None if found is None else (found.ensemble_id, found.role)) == wanted


def test_who_cannot_be_told_for_two_years_makes_room() -> None:
    """A challenger is no life position."""
    judged = {**EVEN, "b": _told("cannot_be_told", 504)}
    assert proposed(STANDING, judged, None, RULES) == Proposal("b", "retired", "why")
    assert guard(replace(STANDING, challenger_sessions=3), RULES).startswith("its account is 3 of at least 20")
