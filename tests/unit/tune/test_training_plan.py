"""When a training session opens: one fact changed at a time. 2026-11-21 is a Saturday."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tune.gpu_worth import Measured
from tune.training_plan import (
    MEMORY_MIB,
    Facts,
    Session,
    SessionFacts,
    SessionRules,
    plan_after,
    plan_gpu,
    week_of,
)

SATURDAY = datetime(2026, 11, 21, 9, tzinfo=UTC)
RULES = SessionRules(budget_usd_per_month=58.0, hours=4.0, usd_per_h=3.39, if_dearer=True)
ON_CPU = Measured(seconds=55.2, rows=77_000)
LAST_WEEK = Session("gpu", SATURDAY - timedelta(days=7), "a" * 64, trained=True)
FACTS = Facts(SATURDAY, "b" * 64, spent_usd=0.0, usd_per_h=None, obtainable=True, gpus_running=0, sessions=[LAST_WEEK])


def test_a_session_opens_on_a_weekend_with_something_new_and_money() -> None:
    """On a weekend, with something new to learn and money left, a session opens: 4 h at $3.39 are $13.56."""
    plan = plan_gpu(FACTS, RULES)
    assert (plan.opens, plan.code) == (True, "opens")
    assert "$13.56" in plan.reason


@pytest.mark.parametrize(
    ("changed", "rules", "code", "said"),
    [
        ({}, {"budget_usd_per_month": 0.0}, "off", "INPLAY_GPU_BUDGET_USD_PER_MONTH"),
        ({"now_at": SATURDAY + timedelta(days=2)}, {}, "not_now", "2026-11-28"),
        ({"sessions": [replace(LAST_WEEK, opened_at=SATURDAY - timedelta(hours=8))]}, {}, "held", "2026-11-28"),
        ({"data_fingerprint": "a" * 64}, {}, "unchanged", "nothing to learn"),
        ({"data_fingerprint": None}, {}, "unchanged", "nothing to learn"),
        ({"obtainable": False}, {}, "no_autoscaler", "INPLAY_RAY_ADDRESS"),
        ({"gpus_running": 1}, {}, "left_over", "runs already"),
        ({"sessions": [Session("gpu", SATURDAY - timedelta(hours=2), "b" * 64, trained=False)]}, {}, "tried", "1 of"),
        ({"spent_usd": 44.45}, {}, "budget", "$13.56 doesn't fit: $44.45 of this month's $58.00"),
        ({"usd_per_h": 23.92}, {}, "budget", "$95.68"),
        ({}, {"if_dearer": False}, "unmeasured", "inplay train"),
        ({"on_cpu": ON_CPU}, {"if_dearer": False}, "does_not_pay", "INPLAY_GPU_IF_DEARER=true"),
        ({"memory_mib": 1_199}, {}, "memory", "1,199 MiB of memory and swap are free. Nothing was rented"),
    ],
)
def test_a_session_is_skipped_with_its_reason(
    changed: dict[str, object], rules: dict[str, float], code: str, said: str
) -> None:
    """Each reason not to open is told, with what it hangs on."""
    plan = plan_gpu(replace(FACTS, **changed), replace(RULES, **rules))  # type: ignore[arg-type]
    assert (plan.opens, plan.code) == (False, code)
    assert said in plan.reason


def test_a_gpu_that_pays_is_rented_without_being_told_to() -> None:
    """300 h of a CPU at $1.00 are $300; at 20 times the speed 15 h and 8 min at $3.39 are $51.30."""
    facts = replace(FACTS, on_cpu=Measured(300 * 3_600.0, 2_000_000), cpu_usd_per_h=1.0)
    assert plan_gpu(facts, replace(RULES, if_dearer=False)).code == "opens"


def test_what_a_gpu_took_here_outranks_the_guess() -> None:
    """The same, where the last one on record was twice as fast: 150 h at $3.39 are more than $300."""
    facts = replace(
        FACTS, on_cpu=Measured(300 * 3_600.0, 2_000_000), on_gpu=Measured(150 * 3_600.0, 2_000_000), cpu_usd_per_h=1.0
    )
    plan = plan_gpu(facts, replace(RULES, if_dearer=False))
    assert plan.code == "does_not_pay"
    assert "2.0 times as fast (as measured here)" in plan.reason


def test_in_a_rehearsal_any_day_will_do() -> None:
    """On a Monday as well."""
    assert plan_gpu(replace(FACTS, now_at=SATURDAY + timedelta(days=2)), replace(RULES, any_day=True)).opens


def test_what_just_fits_the_budget_opens() -> None:
    """$44.44 spent and $13.56 to spend are the $58.00 of the budget."""
    assert plan_gpu(replace(FACTS, spent_usd=44.44), RULES).opens


def test_after_three_hours_it_is_tried_again_four_times_in_all() -> None:
    """A GPU that was sold out is tried again after three hours, and no more than four times in a week."""
    tries = [Session("gpu", SATURDAY - timedelta(hours=hours), "b" * 64, trained=False) for hours in (3, 6, 9)]
    assert plan_gpu(replace(FACTS, sessions=[LAST_WEEK, *tries]), RULES).opens
    four = [*tries, Session("gpu", week_of(SATURDAY), "b" * 64, trained=False)]
    assert plan_gpu(replace(FACTS, sessions=[LAST_WEEK, *four]), RULES).code == "tried"


@pytest.mark.parametrize(("hour", "opens"), [(7, True), (8, False), (15, False)])
def test_a_missed_weekend_is_made_up_for_in_a_quiet_night(hour: int, opens: bool) -> None:  # noqa: FBT001
    """More than ten days after the last session a night of the week will do, before 8:00 UTC."""
    wednesday = datetime(2026, 11, 25, hour, tzinfo=UTC)
    facts = replace(FACTS, now_at=wednesday, sessions=[replace(LAST_WEEK, opened_at=wednesday - timedelta(days=11))])
    assert plan_gpu(facts, RULES).opens == opens


def test_the_week_begins_on_saturday() -> None:
    """Sunday night belongs to the week of the Saturday before it, the next Saturday doesn't."""
    first = datetime(2026, 11, 21, tzinfo=UTC)
    assert week_of(datetime(2026, 11, 27, 23, 59, tzinfo=UTC)) == first
    assert week_of(datetime(2026, 11, 28, tzinfo=UTC)) == first + timedelta(days=7)


def test_a_training_is_due_by_the_sessions_and_never_by_the_clock() -> None:
    """Every so many sessions, once; one that failed is left to the next session; none without memory or when off."""
    rules = SessionRules(every_sessions=20)
    facts = SessionFacts(date(2010, 4, 28), since=20)
    plan = plan_after(facts, rules)
    assert (plan.opens, plan.kind, plan.window_from) == (True, "cpu", datetime(2010, 4, 28, tzinfo=UTC))
    assert plan_after(facts, SessionRules()).code == "off"
    assert plan_after(replace(facts, since=19), rules).code == "unchanged"
    assert plan_after(replace(facts, trained=True), rules).code == "held"
    assert plan_after(replace(facts, tries=1), rules).code == "tried"
    assert plan_after(replace(facts, memory_mib=MEMORY_MIB - 1), rules).code == "memory"
    assert plan_after(replace(facts, memory_mib=MEMORY_MIB), rules).opens


def test_a_training_that_the_monitoring_asks_for_opens_early_and_only_where_any_may() -> None:
    """Not where trainings are off, not twice after a session, and never without memory."""
    rules = SessionRules(every_sessions=60)
    asked = SessionFacts(date(2010, 4, 28), since=20, asked=True)
    plan = plan_after(asked, rules)
    assert plan.opens
    assert "an alarm of the monitoring asks" in plan.reason
    assert plan_after(asked, SessionRules()).code == "off"
    assert plan_after(replace(asked, trained=True), rules).code == "held"
    assert plan_after(replace(asked, tries=1), rules).code == "tried"
    assert plan_after(replace(asked, memory_mib=100), rules).code == "memory"
