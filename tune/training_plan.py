"""When models are trained anew: a plan from facts alone.

After a session, by the session's own clock, so that a replay of years trains at the same sessions as a live platform
did. A GPU is rented by the wall clock, for a few hours once a week, on a weekend if it can be, when there is something
new to learn and money. Source: strategy, "Weekly 4-hour GPU training sessions".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from tune.gpu_worth import HEAD_USD_PER_H, UNMEASURED, Measured, Prices, not_worth_it, speed_up

TrainingKind = Literal["gpu", "cpu"]
PlanKind = Literal["gpu", "cpu", "update"]
Code = Literal[
    "opens",
    "off",
    "no_autoscaler",
    "not_now",
    "held",
    "unchanged",
    "left_over",
    "tried",
    "budget",
    "unmeasured",
    "does_not_pay",
    "memory",
    "no_champion",
    "deployed",
    "stale",
    "too_few",
    "failed",
]
Role = Literal["challenger", "champion"]
SATURDAY = 5
WEEKEND_DAYS = 2
OVERDUE = timedelta(days=10)
"""A weekend was missed: the next quiet night will do."""
QUIET_UNTIL_H = 8
"""UTC; American exchanges are closed until 13:30 at the earliest, so a session of four hours ends before."""
MEMORY_MIB = 1_200
"""Free before a training begins: on the sample a run rose by 1.0 GB (2.9 to 3.9) while it trained; a fifth more is for
more setups. With a GPU the rows alone are made beside the platform; how much less that takes wasn't measured."""
TRIES = 4
TRY_AGAIN_AFTER = timedelta(hours=3)


@dataclass(frozen=True)
class SessionRules:
    """What may be trained when, and for how much.

    Attributes:
        budget_usd_per_month: of GPUs in a calendar month of UTC; 0 = no GPU is ever asked for.
        hours: that a session lasts at most.
        wait_s: for a GPU before it counts as sold out.
        gone_s: after its release, before a machine that is still there counts as left over.
        usd_per_h: of a GPU, as long as none is on record; then that of the last one.
        if_dearer: a GPU is rented also where training on the CPU would cost less.
        every_sessions: so many complete sessions after the last that an ensemble learned from, one is trained on the
            CPU; 0 = never.
        update_every_sessions: so many complete sessions after the last that a version learned from, it is updated;
            0 = never.
        makes: what a new ensemble becomes at the next session, and an update that was judged to be better.
        any_day: a GPU's session may open at any time of the week, for a rehearsal.
    """

    budget_usd_per_month: float = 0.0
    hours: float = 4.0
    wait_s: float = 1_800.0
    gone_s: float = 1_200.0
    usd_per_h: float = 3.39
    if_dearer: bool = False
    every_sessions: int = 0
    update_every_sessions: int = 0
    makes: Role = "challenger"
    any_day: bool = False


@dataclass(frozen=True)
class Session:
    """A session that was held or tried. `data_fingerprint`: of what there was to learn from."""

    kind: TrainingKind
    opened_at: datetime
    data_fingerprint: str
    trained: bool


@dataclass(frozen=True)
class Facts:
    """What a plan is made of.

    Attributes:
        data_fingerprint: of what there is to learn from; None while there is nothing.
        spent_usd: on GPUs in this month.
        usd_per_h: of the last GPU on record; None without one.
        obtainable: whether Ray has a GPU, or an autoscaler that could rent one.
        gpus_running: machines with a GPU that run now, whoever asked for them.
        sessions: of the last weeks, in any order.
        memory_mib: free where the platform runs, swap included; None where nobody knows.
        cpu_usd_per_h: of the head, by the record.
        on_cpu: the last training on CPUs, and `on_gpu` the last on a GPU; None without one on record.
    """

    now_at: datetime
    data_fingerprint: str | None
    spent_usd: float
    usd_per_h: float | None
    obtainable: bool
    gpus_running: int
    sessions: Sequence[Session]
    memory_mib: int | None = None
    cpu_usd_per_h: float = HEAD_USD_PER_H
    on_cpu: Measured | None = None
    on_gpu: Measured | None = None


@dataclass(frozen=True)
class Plan:
    """Whether a session opens now, and why or why not. `window_from`: of the week, or of the day."""

    kind: PlanKind
    window_from: datetime
    opens: bool
    code: Code
    reason: str


def plan_gpu(facts: Facts, rules: SessionRules) -> Plan:
    """The plan for the GPU session of this week, which begins on Saturday 00:00 UTC."""
    window_from = week_of(facts.now_at)
    code, reason = _gpu_reason(facts, rules, window_from)
    return Plan("gpu", window_from, code == "opens", code, reason)


@dataclass(frozen=True)
class SessionFacts:
    """What the plan after a session is made of.

    Attributes:
        session: that is complete.
        since: complete sessions that no ensemble on record learned from, this one included.
        trained: an ensemble was made after this very session.
        tries: trainings after this session that ended without one; those that were cut off don't count.
        memory_mib: free where the platform runs, swap included; None where nobody knows.
        asked: the monitoring asks for one, and none was made since.
    """

    session: date
    since: int
    trained: bool = False
    tries: int = 0
    memory_mib: int | None = None
    asked: bool = False


def plan_after(facts: SessionFacts, rules: SessionRules) -> Plan:
    """The plan for the CPU after a session. The wall clock has no part in it."""
    window_from = datetime.combine(facts.session, datetime.min.time(), UTC)
    code, reason = _after_reason(facts, rules)
    return Plan("cpu", window_from, code == "opens", code, reason)


def week_of(at: datetime) -> datetime:
    """The Saturday at or before a time, 00:00 UTC."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=(day.weekday() - SATURDAY) % 7)


def _gpu_reason(facts: Facts, rules: SessionRules, window_from: datetime) -> tuple[Code, str]:
    if rules.budget_usd_per_month <= 0:
        return "off", "GPU sessions are off: INPLAY_GPU_BUDGET_USD_PER_MONTH is 0."
    held = [each for each in facts.sessions if each.kind == "gpu" and each.trained]
    if any(each.opened_at >= window_from for each in held):
        return "held", f"This week's session was held; the next may open on {window_from + timedelta(days=7):%Y-%m-%d}."
    last = max(held, key=lambda each: each.opened_at, default=None)
    return _time_reason(facts, rules, window_from, last) or _means_reason(facts, rules, window_from)


def _time_reason(
    facts: Facts, rules: SessionRules, window_from: datetime, last: Session | None
) -> tuple[Code, str] | None:
    if not rules.any_day and not _is_time(facts.now_at, window_from, last):
        saturday = window_from + timedelta(days=7)
        return "not_now", f"Sessions open on weekends (UTC); the next may open on {saturday:%Y-%m-%d}."
    if facts.data_fingerprint is None or (last is not None and last.data_fingerprint == facts.data_fingerprint):
        return "unchanged", "There is nothing to learn from that the last session didn't have."
    return None


def _means_reason(facts: Facts, rules: SessionRules, window_from: datetime) -> tuple[Code, str]:
    if not facts.obtainable:
        return "no_autoscaler", "This Ray has neither a GPU nor an autoscaler; see INPLAY_RAY_ADDRESS."
    if facts.gpus_running:
        return "left_over", "A machine with a GPU runs already; no second one is asked for. See `inplay cluster cost`."
    tries = [each for each in facts.sessions if each.kind == "gpu" and each.opened_at >= window_from]
    if len(tries) >= TRIES or any(facts.now_at - each.opened_at < TRY_AGAIN_AFTER for each in tries):
        return "tried", f"No GPU was had in {len(tries)} of at most {TRIES} tries of this week."
    usd_per_h = facts.usd_per_h if facts.usd_per_h is not None else rules.usd_per_h
    price_usd = rules.hours * usd_per_h
    if facts.spent_usd + price_usd > rules.budget_usd_per_month:
        return "budget", (
            f"A session of up to ${price_usd:.2f} doesn't fit: ${facts.spent_usd:.2f} of this month's "
            f"${rules.budget_usd_per_month:.2f} for GPUs are spent."
        )
    dearer = None if rules.if_dearer else _worth_reason(facts, usd_per_h)
    return (
        dearer
        or _memory_reason(facts.memory_mib)
        or (
            "opens",
            f"There is something new to learn from; up to {rules.hours:g} h and ${price_usd:.2f}.",
        )
    )


def _worth_reason(facts: Facts, gpu_usd_per_h: float) -> tuple[Code, str] | None:
    """Why no GPU is rented that wouldn't pay."""
    if facts.on_cpu is None:
        return "unmeasured", UNMEASURED
    faster = None if facts.on_gpu is None else speed_up(facts.on_cpu, facts.on_gpu)
    rows = max(facts.on_cpu.rows, 0 if facts.on_gpu is None else facts.on_gpu.rows)
    why = not_worth_it(facts.on_cpu, rows, Prices(facts.cpu_usd_per_h, gpu_usd_per_h), faster)
    return ("does_not_pay", why) if why else None


def _memory_reason(memory_mib: int | None) -> tuple[Code, str] | None:
    if memory_mib is None or memory_mib >= MEMORY_MIB:
        return None
    return "memory", (
        f"A training needs {MEMORY_MIB:,} MiB beside the platform, and {memory_mib:,} MiB of memory and swap are "
        "free. Nothing was rented. Give the machine more, or a swap file (cluster/boot/make_swap.sh)."
    )


def _is_time(now_at: datetime, window_from: datetime, last: Session | None) -> bool:
    if now_at < window_from + timedelta(days=WEEKEND_DAYS):
        return True
    overdue = last is not None and now_at - last.opened_at > OVERDUE
    return overdue and now_at.astimezone(UTC).hour < QUIET_UNTIL_H


def _after_reason(facts: SessionFacts, rules: SessionRules) -> tuple[Code, str]:
    every = rules.every_sessions
    if every <= 0:
        return "off", "Trainings after sessions are off: INPLAY_TRAIN_EVERY_SESSIONS is 0."
    if facts.trained:
        return "held", f"An ensemble was made after {facts.session}."
    if facts.since < every and not facts.asked:
        return "unchanged", f"{facts.since} of {every} sessions are complete that no ensemble learned from."
    if facts.tries:
        return "tried", f"The training after {facts.session} ended without an ensemble; the next session tries again."
    why = "; an alarm of the monitoring asks for a training" if facts.asked else ""
    return _memory_reason(facts.memory_mib) or (
        "opens",
        f"{facts.since} sessions are complete that no ensemble learned from{why}.",
    )
