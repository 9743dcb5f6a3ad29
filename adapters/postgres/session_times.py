"""`session_times`: how long each stage of a session took, on the wall clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from adapters.postgres.pool import Pool, transaction
from trading.cycle.summary import CYCLE

AFTER: Final = ("monitoring", "checks", "report")
"""Stages that follow it. A training isn't one: it has a bound of its own."""


class Stopwatch:
    """Times stages that follow each other.

    Attributes:
        took_s: by stage, so far.

    Args:
        clock: in seconds, such as `time.monotonic`.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began_s = self._since_s = clock()
        self.took_s: dict[str, float] = {}

    def ended(self, stage: str) -> None:
        """The stage ends now; it began when the one before ended."""
        at_s = self._clock()
        self.took_s[stage] = at_s - self._since_s
        self._since_s = at_s

    @property
    def total_s(self) -> float:
        """From the beginning to the end of the last stage."""
        return self._since_s - self._began_s


class SessionTimes:
    """Writer and reader of the table."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, session: date, took_s: Mapping[str, float], at: datetime) -> None:
        """They are on record, seconds by stage; a stage that is there already stays as it was."""
        with transaction(self._pool) as cursor:
            cursor.executemany(
                "INSERT INTO session_times (session, stage, seconds, at) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT DO NOTHING",
                [(session, stage, seconds, at) for stage, seconds in took_s.items()],
            )

    def latest(self) -> tuple[date, dict[str, float]] | None:
        """The latest session whose cycle was timed, and its stages, in seconds; None before the first one."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT session, stage, seconds FROM session_times WHERE session = "
                "(SELECT max(session) FROM session_times WHERE stage = %s) ORDER BY at, stage",
                [CYCLE],
            )
            rows = cursor.fetchall()
        return (rows[0][0], {stage: seconds for _, stage, seconds in rows}) if rows else None

    def whole(self, until: date) -> list[tuple[date, float]]:
        """Sessions up to that one with the seconds from the start of the cycle to the end of what follows it."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT session, sum(seconds) FROM session_times AS t WHERE session <= %s AND stage = ANY(%s) "
                "AND EXISTS (SELECT FROM session_times AS c "
                "WHERE c.session = t.session AND c.stage = %s) GROUP BY session ORDER BY session",
                [until, [CYCLE, *AFTER], CYCLE],
            )
            return cursor.fetchall()
