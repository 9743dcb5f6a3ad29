"""The life of ensembles on record: events, and the sessions that have begun, which no event may reach back to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from adapters.postgres.pool import Cursor, Pool, transaction
from trading.views.lifecycle import Change, Event, Lifecycle, Roles
from trading.views.restraint import Turn

LOCK = 7_230_003
"""Number of the advisory lock that makes registrations and turns take turns."""
Told = Callable[[Lifecycle], Sequence[Change]]


class LifecycleStore:
    """Writer and reader of `model_events` and `sessions_begun`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def life(self) -> Lifecycle:
        """Every event on record."""
        with transaction(self._pool) as cursor:
            return life_of(cursor)

    def last_begun(self) -> date | None:
        """The latest session that has begun; None before the first."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT max(session) FROM sessions_begun")
            ((found,),) = cursor.fetchall()
            return found  # type: ignore[no-any-return]

    def begin(self, session: date, at: datetime) -> Roles:
        """The roles that the session is decided with; from now on no event can change them.

        Repeating it answers the same, whatever happened in between.
        """
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute(
                "INSERT INTO sessions_begun (session, begun_at) VALUES (%s, %s) ON CONFLICT DO NOTHING", [session, at]
            )
            return life_of(cursor).at(session)

    def change(self, told: Told, *, who: str, at: datetime) -> list[Event]:
        """The changes are on record, all or none, from the next session on that hasn't begun.

        Args:
            told: the changes, from the life as it is on record; called while nobody else can change it.
            who: makes them.
            at: by the wall clock.

        Returns:
            The new events; none where there was nothing to change.
        """
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return put(cursor, told(life_of(cursor)), who=who, at=at)


def life_of(cursor: Cursor) -> Lifecycle:
    """Every event on record, in a transaction of the caller."""
    cursor.execute("SELECT event_id, ensemble_id, role, from_session, who, why, at FROM model_events ORDER BY event_id")
    events = tuple(Event(*row) for row in cursor.fetchall())
    cursor.execute("SELECT ensemble_id, known_before FROM ensembles")
    return Lifecycle(events, dict(cursor.fetchall()), turns_of(cursor))


def turns_of(cursor: Cursor) -> tuple[Turn, ...]:
    """How far each version may act, in a transaction of the caller; `adapters.postgres.watching` writes it."""
    cursor.execute(
        "SELECT ensemble_id, stage, found_session, from_session, why, at, step FROM watch_turns ORDER BY turn_id"
    )
    return tuple(Turn(*row) for row in cursor.fetchall())


def put(cursor: Cursor, changes: Sequence[Change], *, who: str, at: datetime) -> list[Event]:
    """The changes are on record, in a transaction of the caller that holds the lock.

    They hold from the first session that hasn't begun, that every ensemble concerned may be used at, and that is no
    earlier than the events of these ensembles and of those that ever had a role which is given now. An ensemble that
    was only registered holds no other one back.
    """
    if not changes:
        return []
    names = [change.ensemble_id for change in changes]
    held = sorted({change.role for change in changes} - {"registered", "retired"})
    cursor.execute(
        "SELECT greatest((SELECT max(session) + 1 FROM sessions_begun), "
        "(SELECT max(from_session) FROM model_events WHERE ensemble_id = ANY(%(names)s) OR ensemble_id IN "
        "(SELECT ensemble_id FROM model_events WHERE role = ANY(%(held)s))), "
        "(SELECT max(known_before) FROM ensembles WHERE ensemble_id = ANY(%(names)s)), DATE '0001-01-01')",
        {"names": names, "held": held},
    )
    ((from_session,),) = cursor.fetchall()
    events = []
    for change in changes:
        cursor.execute(
            "INSERT INTO model_events (ensemble_id, role, from_session, who, why, at) VALUES (%s, %s, %s, %s, %s, %s) "
            "RETURNING event_id",
            [change.ensemble_id, change.role, from_session, who, change.why, at],
        )
        ((number,),) = cursor.fetchall()
        events.append(
            Event(
                number=int(number), ensemble_id=change.ensemble_id, role=change.role, from_session=from_session,
                who=who, why=change.why, at=at,
            )
        )  # fmt: skip
    return events
