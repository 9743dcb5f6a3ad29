"""Whether positions may be opened and what the daily checks said, as the HTTP interface answers it."""

from __future__ import annotations

from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.daily_checks import DailyChecks
from adapters.postgres.pool import Pool
from serve.schemas import DailyCheck, Trading


def trading_answer(pool: Pool) -> Trading:
    """The answer, from the record alone."""
    blocked = ControlRecord(pool).state().blocked
    checks = [
        DailyCheck(
            kind=one.kind, session=one.session, verdict=one.verdict, compared=one.compared,
            differences=one.differences, detail=one.detail, findings=list(one.findings), checked_at=one.checked_at,
        )
        for one in DailyChecks(pool).latest()
    ]  # fmt: skip
    return Trading(may_open=not blocked, blocked=blocked, checks=checks)
