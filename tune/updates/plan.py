"""Whether a version is updated after a session: a plan from facts alone, by the sessions' own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from tune.training_plan import Code, Plan, SessionRules

MOST_SESSIONS = 60
"""That no version learned from; after more an update is no light one, and a training is due."""
MEMORY_MIB = 500
"""Free before an update begins: its process took 340 MiB for 6,600 rows; half as much more is for more of them."""


OFF = "Light updates are off: INPLAY_UPDATE_EVERY_SESSIONS is 0."


@dataclass(frozen=True)
class Facts:
    """What the plan is made of.

    Attributes:
        session: that is complete.
        parent: the version to go on from; None without a champion.
        since: complete sessions that the parent knows nothing of, this one included.
        held: an update was made after this session, or a training was.
        deployed: the version of the line that is challenger and waits for its judgement; empty where none is.
        memory_mib: free where the platform runs; None where nobody knows.
    """

    session: date
    parent: str | None
    since: int
    held: bool = False
    deployed: str = ""
    memory_mib: int | None = None


def plan_update(facts: Facts, rules: SessionRules) -> Plan:
    """The plan after a session. The wall clock has no part in it."""
    code, reason = _reason(facts, rules.update_every_sessions)
    return told(facts.session, code, reason)


def told(session: date, code: Code, reason: str) -> Plan:
    """A plan for an update after a session, or what became of it."""
    return Plan("update", datetime.combine(session, datetime.min.time(), UTC), code == "opens", code, reason)


def _reason(facts: Facts, every: int) -> tuple[Code, str]:
    if every <= 0:
        return "off", OFF
    if facts.parent is None:
        return "no_champion", "No ensemble is champion, so there is nothing to go on from."
    if facts.deployed:
        return "deployed", f"{facts.deployed} was judged to be better and is challenger; it isn't updated meanwhile."
    if facts.held:
        return "held", f"A version was made after {facts.session}."
    return _due(facts, every)


def _due(facts: Facts, every: int) -> tuple[Code, str]:
    if facts.since < every:
        return "unchanged", f"{facts.since} of {every} sessions are complete that {facts.parent} didn't learn from."
    if facts.since > MOST_SESSIONS:
        return "stale", (
            f"{facts.parent} didn't learn from {facts.since} complete sessions; a light update takes at most "
            f"{MOST_SESSIONS}. Train anew: `inplay train`, or by itself with INPLAY_TRAIN_EVERY_SESSIONS."
        )
    if facts.memory_mib is not None and facts.memory_mib < MEMORY_MIB:
        return "memory", f"An update needs {MEMORY_MIB:,} MiB beside the platform; {facts.memory_mib:,} MiB are free."
    return "opens", f"{facts.since} sessions are complete that {facts.parent} didn't learn from."
