"""The life of an ensemble as events: who gave it a role, why, and from which session on. All who ask use this fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

from trading.errors import ModelRefusedError, UnknownModelError
from trading.transitions import Transitions
from trading.views.restraint import Turn, stages_at

Role = Literal["registered", "shadow", "challenger", "champion", "retired"]
ROLES: Final = Transitions[str](
    "ensemble",
    {
        "": {"registered"},
        "registered": {"shadow", "challenger", "champion", "retired"},
        "shadow": {"challenger", "champion", "retired"},
        "challenger": {"shadow", "champion", "retired"},
        "champion": {"retired"},
        "retired": {"shadow", "challenger", "champion"},
    },
)
"""Which role may follow which. A retired one may come back: that is what a rollback does."""
MOST_SHADOWS: Final = 2
"""They are scored at every session, so a further one retires the one that has been it longest."""

UNKNOWN: Final = "No ensemble {} is on record. Nothing was changed. `inplay models list` shows those there are."


@dataclass(frozen=True)
class Event:
    """One turn in the life of an ensemble.

    Attributes:
        number: on record; later ones are higher.
        role: what it is from then on.
        from_session: the first session that it holds for.
        who: did it: `inplay run`, `http`, `training` and so on.
        why: in words.
        at: by the wall clock.
    """

    number: int
    ensemble_id: str
    role: Role
    from_session: date
    who: str
    why: str
    at: datetime


@dataclass(frozen=True)
class Roles:
    """What the ensembles are at one session.

    Attributes:
        champion: decides; None before the first.
        challenger: decides in an account of its own.
        shadows: are asked and never decide, the earliest first.
        known_before: of each, the session from which on it learned nothing.
        held_back: the turn in force of those that may not act in full, or whose share of the decisions has grown.
    """

    champion: str | None = None
    challenger: str | None = None
    shadows: tuple[str, ...] = ()
    known_before: Mapping[str, date] = field(default_factory=dict)
    held_back: Mapping[str, Turn] = field(default_factory=dict)

    @property
    def every(self) -> tuple[str, ...]:
        """Those that are asked, the champion first."""
        return tuple(name for name in (self.champion, self.challenger, *self.shadows) if name is not None)


@dataclass(frozen=True)
class Lifecycle:
    """All events on record.

    Attributes:
        events: by number.
        known_before: of each ensemble on record.
        turns: how far each may act, in the order of the record.
    """

    events: tuple[Event, ...] = ()
    known_before: Mapping[str, date] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()

    def role_of(self, ensemble_id: str, session: date | None = None) -> str:
        """Its role at the session, or after everything on record if None; empty before it was registered."""
        return self._fold(session).get(ensemble_id, "")

    def latest(self) -> Mapping[str, str]:
        """The role of each after everything on record."""
        return self._fold(None)

    def at(self, session: date) -> Roles:
        """What the ensembles are when the session is decided."""
        found = self._fold(session)
        by_role: dict[str, list[str]] = {}
        for name, role in found.items():
            by_role.setdefault(role, []).append(name)
        return Roles(
            champion=next(iter(by_role.get("champion", ())), None),
            challenger=next(iter(by_role.get("challenger", ())), None),
            shadows=tuple(by_role.get("shadow", ())),
            known_before={name: day for name, day in self.known_before.items() if name in found},
            held_back={name: turn for name, turn in stages_at(self.turns, session).items() if name in found},
        )

    def champions(self) -> list[tuple[str, date]]:
        """Those that were champion, each with the first session, in the order of the record."""
        return [(event.ensemble_id, event.from_session) for event in self.events if event.role == "champion"]

    def before(self, champion: str) -> str | None:
        """The champion that this one took over from, when it last did; None when there was none."""
        held: list[str] = []
        for name, _ in self.champions():
            if name in held:  # it came back: what took over from it is undone
                held = held[: held.index(name)]
            held.append(name)
        return held[held.index(champion) - 1] if champion in held[1:] else None

    def _fold(self, session: date | None) -> dict[str, str]:
        """The role by ensemble, in the order in which each came into it."""
        found: dict[str, str] = {}
        for event in self.events:
            if session is None or event.from_session <= session:
                found.pop(event.ensemble_id, None)
                found[event.ensemble_id] = event.role
        return found


@dataclass(frozen=True)
class Change:
    """An event that isn't on record yet; see `Event`."""

    ensemble_id: str
    role: Role
    why: str


def made(life: Lifecycle, ensemble_id: str, role: Role, why: str) -> list[Change]:
    """The changes by which an ensemble comes into a role, those of others included; none when it is in it.

    There is one champion and one challenger. Who takes over from a champion retires it; a challenger that another one
    replaces becomes a shadow, and of too many shadows the earliest retires.

    Raises:
        UnknownModelError: when it isn't on record.
        LedgerError: when what it is can't become that.
    """
    roles = life.latest()
    now = roles.get(ensemble_id, "")
    if not now:
        raise UnknownModelError(UNKNOWN.format(ensemble_id))
    if now == role:
        return []
    ROLES.require(ensemble_id, now, role)
    held = next((name for name, is_in in roles.items() if is_in == role and name != ensemble_id), None)
    changes: list[Change] = []
    if held is not None and role == "champion":
        changes.append(Change(held, "retired", f"{ensemble_id} took over: {why}"))
    if held is not None and role == "challenger":
        changes.append(Change(held, "shadow", f"{ensemble_id} is the challenger now"))
        changes += _crowded_out(roles, held, leaves=ensemble_id)
    if role == "shadow":
        changes += _crowded_out(roles, ensemble_id, leaves=None)
    return [*changes, Change(ensemble_id, role, why)]


def _crowded_out(roles: Mapping[str, str], comes: str, leaves: str | None) -> list[Change]:
    shadows = [name for name, role in roles.items() if role == "shadow" and name not in (comes, leaves)]
    return [
        Change(name, "retired", f"{MOST_SHADOWS} later ones are shadows")
        for name in shadows[: max(0, len(shadows) + 1 - MOST_SHADOWS)]
    ]


def rolled_back(life: Lifecycle, ensemble_id: str, why: str) -> list[Change]:
    """The changes by which the champion before this one decides again; none when this one isn't champion any more.

    Raises:
        UnknownModelError: when it isn't on record.
        ModelRefusedError: when it was never champion, or there is nothing to go back to.
    """
    if not life.role_of(ensemble_id):
        raise UnknownModelError(UNKNOWN.format(ensemble_id))
    if ensemble_id not in [name for name, _ in life.champions()]:
        raise ModelRefusedError(
            f"{ensemble_id} was never champion, so there is nothing to roll back. Nothing was changed."
        )
    if life.role_of(ensemble_id) != "champion":
        return []
    earlier = life.before(ensemble_id)
    if earlier is None:
        raise ModelRefusedError(
            f"There was no champion before {ensemble_id}, so there is nothing to go back to. Nothing was changed. "
            f"`inplay models retire {ensemble_id}` leaves the decisions to the rules."
        )
    return [
        Change(ensemble_id, "retired", f"rolled back to {earlier}: {why}"),
        Change(earlier, "champion", f"rolled back from {ensemble_id}: {why}"),
    ]


def registered(ensemble_id: str, why: str) -> Change:
    """The first event of each."""
    return Change(ensemble_id, "registered", why)
