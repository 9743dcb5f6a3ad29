"""`daily_checks`: what parity, the look-ahead detector and the check of feature rows said of each session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from psycopg.types.json import Jsonb

from adapters.postgres.pool import Pool, transaction

CheckKind = Literal["parity", "lookahead", "features"]
Verdict = Literal["passed", "explained", "failed", "not done"]
COLUMNS = "session, kind, verdict, compared, differences, detail, findings, took_s, checked_at"


@dataclass(frozen=True)
class DailyCheck:
    """One check of one session.

    Attributes:
        verdict: `explained` = entries differ, each for a known cause; `failed` = a difference without a cause, or a
            look-ahead; `not done` = nothing could be compared, which is neither good nor bad.
        compared: journal entries, or values.
        detail: in words.
        findings: the first differences, in words.
        took_s: wall time.
    """

    session: date
    kind: CheckKind
    verdict: Verdict
    compared: int
    differences: int
    detail: str
    findings: tuple[str, ...]
    took_s: float
    checked_at: datetime


class DailyChecks:
    """Writer and reader of `daily_checks`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, check: DailyCheck) -> None:
        """The check is on record, after those of the same session that came before it."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                f"INSERT INTO daily_checks ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",  # noqa: S608
                [check.session, check.kind, check.verdict, check.compared, check.differences, check.detail,
                 Jsonb(list(check.findings)), check.took_s, check.checked_at],
            )  # fmt: skip

    def latest(self) -> list[DailyCheck]:
        """The last check of each kind, by kind."""
        return self._load("SELECT DISTINCT ON (kind) {} FROM daily_checks ORDER BY kind, seq DESC")

    def of(self, session: date) -> list[DailyCheck]:
        """The last check of each kind of the session, by kind."""
        query = "SELECT DISTINCT ON (kind) {} FROM daily_checks WHERE session = %s ORDER BY kind, seq DESC"
        return self._load(query, session)

    def _load(self, query: str, *parameters: object) -> list[DailyCheck]:
        with transaction(self._pool) as cursor:
            cursor.execute(query.format(COLUMNS).encode(), list(parameters))
            rows = cursor.fetchall()
        return [
            DailyCheck(
                session=day,
                kind=kind,
                verdict=verdict,
                compared=compared,
                differences=differing,
                detail=detail,
                findings=tuple(findings),
                took_s=took_s,
                checked_at=checked_at,
            )
            for day, kind, verdict, compared, differing, detail, findings, took_s, checked_at in rows
        ]
