"""`feed_sessions`: what live feeds sent, session by session, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from adapters.postgres.bars_record import BarImport
from adapters.postgres.pool import Pool, transaction
from trading.bars.live_batches import Counts


@dataclass(frozen=True)
class ClosedSession:
    """A session's live bars as they went through the gates.

    Attributes:
        superseded: spooled bars that a later version replaced before.
    """

    feed: str
    session: date
    spool_sha256: str
    counts: Counts
    superseded: int
    imported: BarImport


@dataclass(frozen=True)
class Check:
    """The session as the feed's history gives it, beside what its stream had sent.

    Attributes:
        rows: of the history; the others say what became of them, and refused ones are the rest.
        days_stored: daily bars of the session that are new.
    """

    rows: int
    same: int
    missing: int
    differ: int
    days_stored: int


@dataclass(frozen=True)
class FeedSession:
    """A row of the table, several spools of one session added up.

    Attributes:
        checked: None until the history was asked.
    """

    feed: str
    session: date
    received: int
    duplicate: int
    late: int
    filled: int
    stored: int
    quarantined: int
    checked: Check | None
    problem: str


class FeedRecord:
    """Writer and reader of `feed_sessions`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record_closed(self, closed: ClosedSession, *, at: datetime) -> None:
        """The counts of the session are on record; repeating it changes nothing."""
        counts, imported = closed.counts, closed.imported
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO feed_sessions (feed, session, spool_sha256, import_id, bars_received, bars_duplicate, "
                "bars_spooled, bars_superseded, bars_late, bars_filled, messages_unread, rows_stored, "
                "rows_quarantined, rows_duplicate, closed_at) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [closed.feed, closed.session, closed.spool_sha256, imported.import_id, counts.received,
                 counts.duplicate, counts.spooled, closed.superseded, counts.late, counts.filled, counts.unread,
                 imported.rows_stored, imported.rows_quarantined, imported.rows_duplicate, at],
            )  # fmt: skip

    def record_check(self, feed: str, session: date, check: Check, *, at: datetime) -> None:
        """The session was compared with the history."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "UPDATE feed_sessions SET checked_at = %s, checked_rows = %s, checked_same = %s, checked_missing = %s, "
                "checked_differ = %s, days_stored = %s, problem = NULL WHERE feed = %s AND session = %s "
                "AND checked_at IS NULL",
                [at, check.rows, check.same, check.missing, check.differ, check.days_stored, feed, session],
            )

    def record_problem(self, feed: str, session: date, problem: str, *, at: datetime, final: bool) -> None:
        """Why the session can't be compared; a final problem isn't tried again."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "UPDATE feed_sessions SET problem = %s, checked_at = %s WHERE feed = %s AND session = %s "
                "AND checked_at IS NULL",
                [problem, at if final else None, feed, session],
            )

    def unchecked(self, feed: str) -> list[date]:
        """Sessions that are yet to be compared, ascending."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT DISTINCT session FROM feed_sessions WHERE feed = %s AND checked_at IS NULL ORDER BY 1", [feed]
            )
            return [session for (session,) in cursor.fetchall()]

    def latest(self, feed: str, most: int = 1) -> list[FeedSession]:
        """The latest sessions that are closed, the latest first."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT feed, session, sum(bars_received)::bigint, sum(bars_duplicate)::bigint, "
                "sum(bars_late)::bigint, sum(bars_filled)::bigint, sum(rows_stored)::bigint, "
                "sum(rows_quarantined)::bigint, max(checked_rows), max(checked_same), max(checked_missing), "
                "max(checked_differ), max(days_stored), coalesce(max(problem), '') FROM feed_sessions "
                "WHERE feed = %s GROUP BY 1, 2 ORDER BY 2 DESC LIMIT %s",
                [feed, most],
            )
            rows = cursor.fetchall()
        return [_session_of(row) for row in rows]


def _session_of(row: tuple[Any, ...]) -> FeedSession:
    feed, session, *counts = row
    received, duplicate, late, filled, stored, quarantined, *checked, problem = counts
    check = None if checked[0] is None else Check(*checked)
    return FeedSession(
        feed=feed,
        session=session,
        received=received,
        duplicate=duplicate,
        late=late,
        filled=filled,
        stored=stored,
        quarantined=quarantined,
        checked=check,
        problem=problem,
    )
