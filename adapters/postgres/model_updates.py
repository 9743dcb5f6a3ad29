"""`model_updates` and `update_judgements`: what each light update was made from, and how updating does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime

from adapters.postgres.pool import Pool, transaction

UPDATE = "ensemble_id, parent, root, line, after_session, rows, sessions, seconds, made_at"


@dataclass(frozen=True)
class UpdateRow:
    """An update on record.

    Attributes:
        parent: that it was made from.
        root: the champion that its line began with.
        line: the first update of the line.
        after_session: when it was made, by the sessions' clock.
        rows: that it learned from, of `sessions` sessions.
        seconds: from the rows to the files.
    """

    ensemble_id: str
    parent: str
    root: str
    line: str
    after_session: date
    rows: int
    sessions: int
    seconds: float
    made_at: datetime


@dataclass(frozen=True)
class JudgementRow:
    """How a line did beside its root, as known after a session; figures are NaN where nothing can be said yet."""

    session: date
    line: str
    ensemble_id: str
    verdict: str
    sessions: int
    mean: float
    low: float
    high: float
    why: str


class UpdateRecord:
    """Writer and reader of both tables."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def add(self, row: UpdateRow) -> None:
        """The update is on record; repeating it changes nothing."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                f"INSERT INTO model_updates ({UPDATE}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) "  # noqa: S608 - constants
                "ON CONFLICT (ensemble_id) DO NOTHING",
                [
                    row.ensemble_id, row.parent, row.root, row.line, row.after_session, row.rows, row.sessions,
                    row.seconds, row.made_at,
                ],
            )  # fmt: skip

    def updates(self) -> list[UpdateRow]:
        """All of them, in the order in which they were made."""
        with transaction(self._pool) as cursor:
            cursor.execute(f"SELECT {UPDATE} FROM model_updates ORDER BY number")  # noqa: S608 - constants
            return [UpdateRow(*row) for row in cursor.fetchall()]

    def judge(self, row: JudgementRow, at: datetime) -> None:
        """The judgement is on record; the first one of a session stands."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO update_judgements (session, line, ensemble_id, verdict, sessions, mean, low, high, why, "
                "judged_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [
                    row.session, row.line, row.ensemble_id, row.verdict, row.sessions,
                    *(None if math.isnan(figure) else figure for figure in (row.mean, row.low, row.high)), row.why, at,
                ],
            )  # fmt: skip

    def judgements(self, line: str) -> list[JudgementRow]:
        """Those of a line, ascending by session."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT session, line, ensemble_id, verdict, sessions, coalesce(mean, 'NaN'), coalesce(low, 'NaN'), "
                "coalesce(high, 'NaN'), why FROM update_judgements WHERE line = %s ORDER BY session",
                [line],
            )
            return [JudgementRow(*row) for row in cursor.fetchall()]
