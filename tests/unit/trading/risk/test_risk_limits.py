"""The limits of risk by name: every field has one, bounds stop nonsense, and looser is told from tighter."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.errors import ConfigurationError
from trading.risk.decision_rules import DecisionRules, limits_of, rules_of
from trading.risk.limits import LIMITS, changed, loosened, sha256_of


def test_every_limit_of_every_section_has_a_name_and_none_has_two() -> None:
    """A limit without a name could neither be set nor be held against what is in force."""
    sections = ("sizing", "exposure", "drawdown", "model_risk", "cooldown", "regime")
    rules = DecisionRules()
    every = {(section, field.name) for section in sections for field in fields(getattr(rules, section))}
    assert {(limit.section, limit.field) for limit in LIMITS.values()} == every
    assert len(LIMITS) == len(every)
    assert {field.name for field in fields(rules)} == {*sections, "outcome"}


def test_the_defaults_are_within_their_bounds_and_come_back() -> None:
    """Setting each limit to its default changes nothing."""
    assert rules_of(limits_of(DecisionRules())) == DecisionRules()


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"max_wait": 1.0}, "no limit of risk"),
        ({"max_weight": 1.01}, "from 0 to 1"),
        ({"max_weight": float("nan")}, "can't be nan"),
        ({"max_positions": 2.5}, "whole number"),
        ({"size_bear": 1.5}, "size_bear can't be 1.5"),
    ],
)
def test_what_a_limit_cannot_be_is_refused_by_name(given_: dict[str, float], words: str) -> None:
    """Unknown names, values out of bounds, fractions of things that are counted."""
    with pytest.raises(ConfigurationError, match=words):
        rules_of(given_)


@pytest.mark.parametrize(
    ("name", "value", "looser"),
    [
        ("max_weight", 0.2, True),
        ("max_weight", 0.05, False),
        ("min_confidence", 0.5, True),
        ("min_confidence", 0.8, False),
        ("stop_out_sessions", 3, True),
        ("stop_out_sessions", 8, False),
        ("correlation_sessions", 30, True),
        ("correlation_sessions", 90, True),
        ("size_high_volatility", 1.0, True),
    ],
)
def test_looser_is_told_from_tighter(name: str, value: float, looser: bool) -> None:  # noqa: FBT001
    """More of a cap, less of a threshold; where it can't be told, any change counts as looser."""
    before, after = limits_of(DecisionRules()), limits_of(rules_of({name: value}))
    assert bool(loosened(before, after)) is looser
    assert len(changed(before, after)) == 1
    assert name in changed(before, after)[0]


def test_a_limit_that_a_new_version_brings_loosens_nothing_and_one_that_is_gone_does() -> None:
    """Nothing was limited there before; and what is gone limits nothing any more."""
    every = limits_of(DecisionRules())
    older = {name: value for name, value in every.items() if name != "pause_streak"}
    assert loosened(older, every) == []
    assert loosened(every, older) == ["pause_streak from 8 to unknown"]


def test_a_limit_that_is_gone_with_this_version_loosens_only_what_was_stricter_than_its_default() -> None:
    """An older record is gone on with; one whose owner had set the limit asks to be told."""
    every = limits_of(DecisionRules())
    assert loosened({**every, "max_disagreement": 0.25, "accuracy_trades": 20.0}, every) == []
    assert loosened({**every, "max_disagreement": 0.1}, every) == ["max_disagreement from 0.1 to unknown"]


@given(st.dictionaries(st.sampled_from(sorted(LIMITS)), st.floats(0, 1), max_size=5))
def test_the_hash_tells_sets_apart_and_not_their_order(given_: dict[str, float]) -> None:
    """The same values have the same hash, whole or not; other values have another."""
    every = limits_of(DecisionRules())
    other = every | given_
    assert (sha256_of(every) == sha256_of(other)) == (every == other)
    assert sha256_of(dict(reversed(other.items()))) == sha256_of(other)
