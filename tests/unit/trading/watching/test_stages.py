"""From alarms to actions: each has one, they climb, and go back slowly."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from trading.views.restraint import STAGES, Turn, stages_at
from trading.watching.findings import Finding, Kind, State
from trading.watching.stages import ACTIONS, Hold, StageRules, after, fold

RULES = StageRules()


def _said(kind: Kind, state: State) -> list[Finding]:
    return [Finding(kind, state, None, None, "words")]


def _stages(days: list[list[Finding]]) -> list[str]:
    hold, out = Hold(), list[str]()
    for findings in days:
        hold = after(hold, findings, RULES)
        out.append(hold.stage)
    return out


@pytest.mark.parametrize(("kind", "stage"), ACTIONS.items())
def test_each_alarm_has_one_action(kind: Kind, stage: str) -> None:
    """At once, with the reason."""
    hold = after(Hold(), _said(kind, "alarm"), RULES)
    assert hold.stage == stage
    assert kind in hold.turned


def test_an_alarm_that_stays_climbs_and_one_that_goes_comes_down_step_by_step() -> None:
    """Twenty sessions a step up, ten a step down."""
    told = _stages([_said("concept", "alarm")] * 45 + [_said("concept", "quiet")] * 40)
    assert (told[0], told[19], told[20], told[39], told[40], told[44]) == (
        "half", "half", "rules", "rules", "retrain", "retrain",
    )  # fmt: skip
    assert (told[53], told[54], told[63], told[64], told[73], told[74]) == (
        "retrain", "rules", "rules", "half", "half", "full",
    )  # fmt: skip
    assert told[-1] == "full"


def test_an_alarm_that_comes_and_goes_does_not_flap() -> None:
    """On for a day, off for a day: one turn in a year and then steps up, never down."""
    told = _stages([_said("calibration", "alarm" if at % 2 == 0 else "quiet") for at in range(252)])
    turns = [one for one, before in zip(told, ["full", *told], strict=False) if one != before]
    assert turns == ["half", "rules", "retrain"]


def test_features_alone_go_no_further_than_half_size() -> None:
    """A year of them: one turn. With an alarm on outcomes they climb; once that is quiet, half size is left."""
    features, concept = _said("features", "alarm"), _said("concept", "alarm")
    told = _stages([features] * 252)
    assert set(told) == {"half"}
    both = [*features, *concept]
    told = _stages([*[both] * 45, *[features] * 60, *[_said("features", "quiet")] * 10])
    assert (told[20], told[40], told[44]) == ("rules", "retrain", "retrain")
    assert (told[53], told[54], told[63], told[64], told[104], told[114]) == (
        "retrain", "rules", "rules", "half", "half", "full",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["calibration", "concept", "unknown"])
def test_every_other_alarm_climbs_alone(kind: Kind) -> None:
    """It sees outcomes, or that inputs are missing."""
    assert _stages([_said(kind, "alarm")] * 45)[-1] == "retrain"


def test_an_outcome_that_agrees_now_and_then_counts_from_the_time_it_does() -> None:
    """Half size by features for long; one session with both is enough for the rules to decide, and it goes back."""
    features = _said("features", "alarm")
    both = [*features, *_said("calibration", "alarm")]
    told = _stages([*[features] * 30, both, *[features] * 12])
    assert (told[29], told[30], told[39], told[40], told[-1]) == ("half", "rules", "rules", "half", "half")


def test_a_session_that_says_nothing_changes_nothing() -> None:
    """A gap in the metrics, or all outcomes open: neither calm nor alarm."""
    silent = _said("concept", "not_enough_data")
    raised = [_said("concept", "alarm")]
    assert _stages([*raised, *[silent] * 100, []])[-1] == "half"
    assert fold([silent] * 100, RULES) == Hold()
    mixed = [*silent, *_said("calibration", "quiet")]
    assert _stages([*raised, *[mixed] * 10])[-1] == "full", "one that is well is a word"


def test_the_stronger_action_wins_and_the_fold_is_the_steps() -> None:
    """Unknown features mean that rules decide at once."""
    days = [_said("calibration", "alarm"), [*_said("calibration", "alarm"), *_said("unknown", "alarm")]]
    assert fold(days, RULES).stage == "rules"
    assert fold(days, RULES) == after(after(Hold(), days[0], RULES), days[1], RULES)


def test_a_turn_holds_from_its_session_on() -> None:
    """The later one counts, and one back to full leaves nothing."""
    at = datetime(2026, 1, 1, tzinfo=UTC)

    def turn(name: str, stage: str, day: int) -> Turn:
        return Turn(name, stage, date(2026, 1, day - 1), date(2026, 1, day), "why", at)  # type: ignore[arg-type]

    turns = [turn("a", "half", 5), turn("b", "rules", 6), turn("a", "rules", 8), turn("b", "full", 9)]
    found = [{name: one.stage for name, one in stages_at(turns, date(2026, 1, day)).items()} for day in (4, 5, 7, 8, 9)]
    assert found == [{}, {"a": "half"}, {"a": "half", "b": "rules"}, {"a": "rules", "b": "rules"}, {"a": "rules"}]
    assert STAGES[0] == "full"
    more = Turn("a", "full", date(2026, 1, 9), date(2026, 1, 12), "why", at, 1)
    assert stages_at([*turns, more], date(2026, 1, 12))["a"].step == 1, "acts in full, and decides more"
