"""Whether positions may be opened and what the daily checks said, as the HTTP interface answers it."""

from __future__ import annotations

from adapters.postgres import risk_limits
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.daily_checks import DailyChecks
from adapters.postgres.pool import Pool
from serve.schemas import DailyCheck, RiskLimits, Trading


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
    row = risk_limits.RiskLimits(pool).in_force()
    limits = None if row is None else RiskLimits(
        sha256=row.sha256, action=row.action, reason=row.reason, set_at=row.set_at, limits=row.limits
    )  # fmt: skip
    return Trading(may_open=not blocked, blocked=blocked, limits=limits, checks=checks)
