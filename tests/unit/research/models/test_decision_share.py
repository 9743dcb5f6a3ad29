"""The share of the decisions that models have: it grows and shrinks by evidence against the rules, and never flaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from research.models.decision_share import Share
from trading.arrays import Floats
from trading.bars.panel import as_date
from trading.risk.model_risk import ModelRiskLimits
from trading.risk.model_trust import grown
from trading.views.restraint import MOST_STEPS, Turn
from trading.watching.marks import Scored, SessionMarks, marks_of
from trading.watching.promotion import Judgement, PromotionRules, Verdict
from trading.watching.sequential import Interval
from trading.watching.stages import Hold, stepped

DAYS = np.datetime64("2024-01-01") + np.arange(1_200)
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
SHARE = Share(DAYS, PromotionRules(), ModelRiskLimits())


def marks_beside_rules(earned: Floats) -> list[SessionMarks]:
    """Sessions of ten candidates of which the version earned so much more than the rules, a candidate."""
    blank = marks_of(
        as_date(DAYS[0]), "e", Scored(*[np.zeros(0)] * 2, *[np.zeros(0, dtype=np.bool_)] * 3, *[np.zeros(0)] * 3)
    )
    return [
        replace(blank, session=as_date(day), setups=20, candidates=10, calls_return=10 * float(gain), rules_return=0.0)
        for day, gain in zip(DAYS, earned.tolist(), strict=False)
    ]


def _lived(marks: Sequence[SessionMarks], stage: str = "full") -> list[Turn]:
    """The turns of a life that is watched after every twentieth session."""
    turns: list[Turn] = []
    for at in range(19, len(marks), 20):
        hold = SHARE.after(Hold(stage=stage), turns, marks[: at + 1])  # type: ignore[arg-type]
        if hold.turned:
            day: date = marks[at].session
            turns.append(Turn("e", hold.stage, day, as_date(DAYS[at + 1]), hold.turned, AT, hold.step))
    return turns


def test_models_that_earn_more_than_the_rules_get_more_to_decide_step_by_step() -> None:
    """Each step takes the evidence of sessions of its own: at least forty lie between two, and two are the most."""
    turns = _lived(marks_beside_rules(np.random.default_rng(1).normal(0.004, 0.002, 400)))
    assert [turn.step for turn in turns] == [1, 2]
    apart = np.diff([np.searchsorted(DAYS, np.datetime64(turn.found_session)) for turn in turns])
    assert (apart >= PromotionRules().least_sessions).all()
    assert "models decide from a confidence of 0.4 on" in turns[0].why
    assert "better by" in turns[0].why


def test_what_grew_shrinks_again_when_the_rules_earn_more() -> None:
    """Up twice, then the difference turns: down, step by step, and no lower than as set."""
    rng = np.random.default_rng(2)
    earned = np.concatenate([rng.normal(0.004, 0.002, 360), rng.normal(-0.004, 0.002, 440)])
    assert [turn.step for turn in _lived(marks_beside_rules(earned))] == [1, 2, 1, 0]


@pytest.mark.parametrize("seed", range(4))
def test_without_a_difference_nothing_moves(seed: int) -> None:
    """Four lives of 200 sessions."""
    assert _lived(marks_beside_rules(np.random.default_rng(30 + seed).normal(0, 0.01, 200))) == []


def test_the_same_life_turns_at_the_same_sessions() -> None:
    """By the record alone."""
    marks = marks_beside_rules(np.random.default_rng(3).normal(0.004, 0.002, 200))
    assert _lived(marks) == _lived(marks)


def test_while_an_alarm_stands_the_share_stays() -> None:
    """Whatever the evidence says; a version that isn't the champion keeps what its turns have left."""
    marks = marks_beside_rules(np.random.default_rng(1).normal(0.004, 0.002, 200))
    assert _lived(marks, stage="half") == []
    before = [Turn("e", "full", as_date(DAYS[0]), as_date(DAYS[1]), "why", AT, 1)]
    assert SHARE.as_it_was(Hold("half"), before) == Hold("half", step=1)
    assert SHARE.as_it_was(Hold(turned="calm"), []) == Hold(turned="calm")


@pytest.mark.parametrize(
    ("verdict", "moves"),
    [("better", (1, 2, 2)), ("worse", (0, 0, 1)), ("cannot_be_told", (0, 1, 2)), ("not_enough_data", (0, 1, 2))],
)
def test_each_verdict_has_one_step(verdict: Verdict, moves: tuple[int, ...]) -> None:
    """From none, one and two."""
    nothing = Interval(np.nan, np.nan, np.nan, 0, 0)
    told = Judgement(verdict, nothing, nothing, 0, "why")
    assert tuple(stepped(step, "full", told) for step in range(MOST_STEPS + 1)) == moves
    assert [stepped(step, "rules", told) for step in range(3)] == [0, 1, 2]


def test_each_step_lowers_the_bar_of_confidence_and_nothing_else() -> None:
    """0.6 as set, 0.4, 0.2; a bar that is lower already ends at zero."""
    limits = ModelRiskLimits()
    assert [grown(limits, step).min_confidence for step in range(3)] == pytest.approx([0.6, 0.4, 0.2])
    assert grown(limits, 0) == limits
    assert replace(grown(limits, 2), min_confidence=0.6) == limits
    assert grown(replace(limits, min_confidence=0.3), 2).min_confidence == 0
