"""How trading stands: suspended, armed, and the account at the broker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter

from adapters.postgres import risk_limits
from adapters.postgres.broker_record import BrokerRecord, ControlRecord
from adapters.postgres.daily_checks import DailyCheck as Checked
from adapters.postgres.daily_checks import DailyChecks
from adapters.postgres.execution_record import ExecutionRecord, Look
from adapters.postgres.pool import Pool
from serve.answers.trading import BrokerAccountState, DailyCheck, RiskLimits, Trading
from serve.desk import Desk
from serve.sources import Sources
from trading.broker.book import Ordered, spent_cents
from trading.broker.book import trades as trades_of
from trading.broker.controls import Controls

router = APIRouter()

MOST_EVENTS: Final = 1_000_000


def read(sources: Sources) -> Trading:
    """Whether trading is suspended or armed, and the account at the broker."""
    return trading_answer(sources.pool, datetime.now(UTC))


def trading_answer(pool: Pool, now_at: datetime) -> Trading:
    """The answer."""
    orders = ExecutionRecord(pool, clock=lambda: now_at)
    state, ordered, look = ControlRecord(pool).state(), orders.orders(), orders.last_look()
    armed = state.expires_at is not None and now_at < state.expires_at
    return Trading(
        may_open=not state.paused,
        blocked=state.paused or None,
        suspended=state.suspended or None,
        unreconciled=state.unreconciled or None,
        armed_until=state.expires_at if armed else None,
        limit_usd=state.limit_cents / 100 if armed else None,
        spent_usd=_spent_usd(pool, state, ordered, now_at) if armed else None,
        broker=None if look is None else _account(look, ordered, orders),
        limits=_limits(pool),
        checks=[_check(one) for one in DailyChecks(pool).latest()],
    )


def _limits(pool: Pool) -> RiskLimits | None:
    row = risk_limits.RiskLimits(pool).in_force()
    if row is None:
        return None
    return RiskLimits(sha256=row.sha256, action=row.action, reason=row.reason, set_at=row.set_at, limits=row.limits)


def _check(one: Checked) -> DailyCheck:
    return DailyCheck(
        kind=one.kind, session=one.session, verdict=one.verdict, compared=one.compared,
        differences=one.differences, detail=one.detail, findings=list(one.findings), checked_at=one.checked_at,
    )  # fmt: skip


def _spent_usd(pool: Pool, state: Controls, ordered: list[Ordered], now_at: datetime) -> float:
    events = BrokerRecord(pool, clock=lambda: now_at).after("", MOST_EVENTS)
    return spent_cents(trades_of(ordered, events).values(), state.armed_at) / 100


def _account(look: Look, ordered: list[Ordered], orders: ExecutionRecord) -> BrokerAccountState:
    mark = next(iter(orders.marks()[-1:]), None)
    return BrokerAccountState(
        broker=look.broker,
        connected=look.connected,
        listening=look.listening,
        detail=look.detail,
        looked_at=look.looked_at,
        reconciled_at=look.reconciled_at,
        open_orders=look.open_orders,
        unknown_orders=sum(one.answer in {"", "unknown"} for one in ordered),
        session=mark.session if mark else None,
        cash_usd=mark.cash_cents / 100 if mark else None,
        equity_usd=mark.equity_cents / 100 if mark else None,
        positions=len(mark.symbols) if mark else 0,
    )


@router.get("/trading", tags=["trading"], summary="Suspended, armed, the account at the broker")
async def get_trading(desk: Desk) -> Trading:
    """Whether anything new may be opened, and how the latest look at the broker's account ended."""
    return await desk.ask(read)
