"""Lines of updates: each update is made from the one before it, and the line is judged beside what it began with.

A single update is asked at a few sessions only, since the next takes its place. So the line is judged: at each session
by the version of it that was asked then, which had learned from earlier outcomes only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from adapters.postgres.model_updates import JudgementRow, UpdateRow
from trading.views.lifecycle import Change, Event, Lifecycle, Role, made

ALIVE = ("shadow", "challenger")


@dataclass(frozen=True)
class Line:
    """A line whose latest version is shadow or challenger.

    Attributes:
        root: the champion that it began with.
        name: of its first update.
        versions: in the order in which they were made.
        role: of the latest.
    """

    root: str
    name: str
    versions: tuple[str, ...]
    role: str

    @property
    def latest(self) -> str:
        """The version that is asked now."""
        return self.versions[-1]


class ForwardTest(Protocol):
    """An always-valid test of a line beside its root: it may be asked after each session."""

    def __call__(self, line: Line, session: date) -> JudgementRow:
        """What is known at the session's close, from outcomes that came after each version was made."""
        ...


def line_of(champion: str, updates: Sequence[UpdateRow], roles: Mapping[str, str]) -> Line | None:
    """The line that began with the champion and is alive; None where there is none."""
    mine = [update for update in updates if update.root == champion]
    if not mine or roles.get(mine[-1].ensemble_id, "") not in ALIVE:
        return None
    name = mine[-1].line
    versions = tuple(update.ensemble_id for update in mine if update.line == name)
    return Line(champion, name, versions, roles[versions[-1]])


def succeeded(life: Lifecycle, line: Line | None, ensemble_id: str, why: str) -> list[Change]:
    """The changes by which an update comes in as a shadow, in the place of the line's version before it.

    None when it has come in already.
    """
    if line is None or line.role != "shadow" or life.role_of(line.latest) != "shadow" or line.latest == ensemble_id:
        return made(life, ensemble_id, "shadow", why)
    leaves = Change(line.latest, "retired", f"{ensemble_id} was made from it")
    return [leaves, *made(_after(life, leaves), ensemble_id, "shadow", why)]


def _after(life: Lifecycle, change: Change) -> Lifecycle:
    """The life as if the change were on record."""
    last = life.events[-1]
    event = Event(
        number=last.number + 1, ensemble_id=change.ensemble_id, role=change.role, from_session=last.from_session,
        who="", why=change.why, at=last.at,
    )  # fmt: skip
    return Lifecycle((*life.events, event), life.known_before)


def judged(life: Lifecycle, line: Line, verdict: JudgementRow, makes: Role) -> list[Change]:
    """The changes that a verdict asks for: a better line's latest comes into the role, a worse one's retires."""
    if life.role_of(line.latest) != "shadow":
        return []
    if verdict.verdict == "better":
        return made(life, line.latest, makes, f"updating is better than {line.root}: {verdict.why}")
    if verdict.verdict == "worse":
        return made(life, line.latest, "retired", f"updating is worse than {line.root}: {verdict.why}")
    return []
