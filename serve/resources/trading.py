"""How trading stands: suspended, armed, and the account at the broker."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final, Literal

from fastapi import APIRouter
from pydantic import Field

from adapters.postgres import risk_limits
from adapters.postgres.broker_record import BrokerRecord, ControlRecord
from adapters.postgres.daily_checks import DailyCheck as Checked
from adapters.postgres.daily_checks import DailyChecks
from adapters.postgres.execution_record import ExecutionRecord, Look
from adapters.postgres.pool import Pool
from serve.desk import Desk
from serve.schema import Schema
from serve.sources import Sources
from trading.broker.book import Ordered, spent_cents
from trading.broker.book import trades as trades_of
from trading.broker.controls import Controls

router = APIRouter()

MOST_EVENTS: Final = 1_000_000


class DailyCheck(Schema):
    """A check of the trading itself, done after each session."""

    kind: Literal["parity", "lookahead", "features"] = Field(
        description="`parity`: the session again through the backtester. `lookahead`: signals without later data. "
        "`features`: the rows that were scored, computed again from bars."
    )
    session: date
    verdict: Literal["passed", "explained", "failed", "not done"]
    compared: int = Field(ge=0, description="Journal entries, or values.")
    differences: int = Field(ge=0)
    detail: str = Field(description="In words.")
    findings: list[str] = Field(description="The first differences, each with its cause.")
    checked_at: datetime


class RiskLimits(Schema):
    """The limits of risk in force."""

    sha256: str
    action: Literal["first", "tightened", "accepted"] = Field(description="`accepted`: looser than before, by hand.")
    reason: str
    set_at: datetime
    limits: dict[str, float] = Field(description="By name, as in `INPLAY_RISK_<NAME>`.")


class BrokerAccountState(Schema):
    """The account at the broker, by the latest look at it."""

    broker: str = Field(examples=["alpaca-paper"])
    connected: bool = Field(description="It answered, and account and books agreed; openings are withheld otherwise.")
    listening: bool = Field(description="Its stream of events was heard; without it events come with the next look.")
    detail: str = Field(description="Why it isn't connected, or what was adopted.")
    looked_at: datetime
    reconciled_at: datetime | None = Field(description="When account and books agreed last; null = never.")
    open_orders: int | None = Field(ge=0, description="At the broker, those made by hand included; null = unknown.")
    unknown_orders: int = Field(ge=0, description="Sent, or to be sent, without an answer on record.")
    session: date | None = Field(description="Of the book's latest mark; null = none yet.")
    cash_usd: float | None
    equity_usd: float | None = Field(description="Cash and positions at that session's closes.")
    positions: int = Field(ge=0, description="Held, or ordered and not ended, at that mark.")


class Trading(Schema):
    """How trading stands."""

    may_open: bool = Field(description="Whether accounts may open positions; one at a broker must agree as well.")
    blocked: str | None = Field(description="Why they may not: suspended, or a daily check failed. Exits go on.")
    suspended: str | None = Field(description="Why nothing new is opened; null = it isn't suspended. Exits go on.")
    unreconciled: str | None = Field(description="Why account and books don't agree; null = they do.")
    armed_until: datetime | None = Field(description="Of live trading; null = nothing is sent to a live account.")
    limit_usd: float | None = Field(description="What live openings since arming may cost together; null = not armed.")
    spent_usd: float | None = Field(description="What they cost, open entries at their limits; null = not armed.")
    broker: BrokerAccountState | None = Field(description="Null = no account at a broker was ever looked at.")
    limits: RiskLimits | None = Field(description="Null before the first start.")
    checks: list[DailyCheck] = Field(description="The last of each kind; empty before the first session's.")


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
