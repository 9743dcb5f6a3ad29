"""`service_health`: the last word of each service. `health_events`: each change of its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from adapters.machine.processes import Process
from adapters.postgres.pool import Cursor, Pool, transaction

State = Literal["starting", "ok", "degraded", "failed", "stopped"]
UP: frozenset[State] = frozenset({"ok", "degraded"})
"""States in which a service answers."""
UNWATCHED: State = "stopped"
"""Nobody asked: no run was alive."""
NOT_ASKED_AFTER = timedelta(seconds=30)
"""A word older than this says that nobody asked since."""


@dataclass(frozen=True)
class ServiceState:
    """How a service is.

    Attributes:
        at: when it was seen so.
        since: from when on; `at` if None.
        process: that answered last; None if unknown.
        score: as of the last look (`adapters.machine.health_score`); None if unknown.
    """

    service: str
    state: State
    detail: str
    at: datetime
    since: datetime | None = None
    process: Process | None = None
    score: float | None = None


@dataclass(frozen=True)
class HealthEvent:
    """A service went over into a state."""

    at: datetime
    service: str
    state: State
    detail: str


@dataclass(frozen=True)
class Uptime:
    """How long a service answered.

    Attributes:
        up_s: in which it did, in seconds.
        watched_s: in which it was asked at all; the rest of the window no run was alive.
    """

    up_s: float
    watched_s: float

    @property
    def share(self) -> float | None:
        """From 0 to 1; None when nobody asked."""
        return self.up_s / self.watched_s if self.watched_s > 0 else None


class HealthStore:
    """Writer and reader of both tables."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, *words: ServiceState | HealthEvent) -> None:
        """In order and all or none of them: last words of services, whose changes are events, and events of others.

        A word is the last one of its service unless a later one is on record. Processes that are no service of ours,
        such as replicas, have no last word.
        """
        with transaction(self._pool) as cursor:
            for said in words:
                if isinstance(said, ServiceState):
                    _record(cursor, said)
                else:
                    _tell(cursor, said)

    def begin(self, at: datetime) -> None:
        """From each last word that is old on, nobody had asked: no run was alive. So it says in the history."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO health_events (at, service, state, detail) "
                "SELECT h.at, h.service, 'stopped', 'no run asked until ' || to_char(%s AT TIME ZONE 'UTC', "
                "'YYYY-MM-DD HH24:MI:SS \"UTC\"') FROM service_health AS h WHERE h.at < %s AND 'stopped' <> COALESCE("
                "(SELECT state FROM health_events AS e WHERE e.service = h.service ORDER BY at DESC, number DESC "
                "LIMIT 1), 'stopped')",
                [at, at - NOT_ASKED_AFTER],
            )

    def load(self) -> list[ServiceState]:
        """The last word of each service, by name."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT service, state, detail, at, pid, started_ticks, score FROM service_health ORDER BY service"
            )
            return [
                ServiceState(service, state, detail, at, process=pid and Process(pid, ticks), score=score)
                for service, state, detail, at, pid, ticks, score in cursor.fetchall()
            ]

    def restarts(self, since: datetime) -> list[HealthEvent]:
        """When a new process took over, the latest first; 20 at most."""
        return self._events("starting", since, None)

    def failures(self, since: datetime, service: str) -> list[HealthEvent]:
        """When it hung, the latest first; 20 at most."""
        return self._events("failed", since, service)

    def _events(self, state: State, since: datetime, service: str | None) -> list[HealthEvent]:
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT at, service, state, detail FROM health_events WHERE state = %s AND at >= %s "
                "AND service = COALESCE(%s, service) ORDER BY at DESC, number DESC LIMIT 20",
                [state, since, service],
            )
            return [HealthEvent(*row) for row in cursor.fetchall()]

    def uptimes(self, now: datetime, window: timedelta) -> dict[str, Uptime]:
        """Of each service in the window that ends now."""
        start = now - window
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT at, service, state, detail FROM health_events AS e WHERE at <= %(now)s AND at >= COALESCE("
                "(SELECT max(at) FROM health_events AS b WHERE b.service = e.service AND b.at <= %(start)s), "
                "'-infinity') ORDER BY service, at, number",
                {"now": now, "start": start},
            )
            events: dict[str, list[HealthEvent]] = {}
            for row in cursor.fetchall():
                events.setdefault(row[1], []).append(HealthEvent(*row))
            cursor.execute("SELECT service, at FROM service_health")
            heard: Mapping[str, datetime] = dict(cursor.fetchall())
        return {
            service: uptime(events.get(service, []), start, min(now, at + NOT_ASKED_AFTER))
            for service, at in heard.items()
        }


def uptime(events: Sequence[HealthEvent], start: datetime, end: datetime) -> Uptime:
    """Of one service between two instants.

    Args:
        events: its own, in order; the state before the first one is unknown.
        start: of the time that counts.
        end: likewise; until then the last state holds.
    """
    up = watched = timedelta()
    for number, event in enumerate(events):
        until = events[number + 1].at if number + 1 < len(events) else end
        spent = max(timedelta(), min(until, end) - max(event.at, start))
        watched += timedelta() if event.state == UNWATCHED else spent
        up += spent if event.state in UP else timedelta()
    return Uptime(up.total_seconds(), watched.total_seconds())


def _record(cursor: Cursor, said: ServiceState) -> None:
    process = said.process
    cursor.execute(
        "INSERT INTO service_health AS h (service, state, detail, at, pid, started_ticks, score) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (service) DO UPDATE SET state = excluded.state, detail = excluded.detail, at = excluded.at, "
        "score = excluded.score, "
        "pid = COALESCE(excluded.pid, h.pid), started_ticks = COALESCE(excluded.started_ticks, h.started_ticks) "
        "WHERE h.at <= excluded.at RETURNING 1",
        [
            said.service,
            said.state,
            said.detail,
            said.at,
            process and process.pid,
            process and process.started_ticks,
            said.score,
        ],
    )
    if cursor.fetchone() is None:
        return
    cursor.execute(
        "SELECT state, at FROM health_events WHERE service = %s ORDER BY at DESC, number DESC LIMIT 1", [said.service]
    )
    last = cursor.fetchone()
    if last is None or last[0] != said.state:
        since = said.since or said.at
        since = since if last is None else max(since, last[1])
        _tell(cursor, HealthEvent(since, said.service, said.state, said.detail))


def _tell(cursor: Cursor, event: HealthEvent) -> None:
    cursor.execute(
        "INSERT INTO health_events (at, service, state, detail) VALUES (%s, %s, %s, %s)",
        [event.at, event.service, event.state, event.detail],
    )
