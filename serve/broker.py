"""How trading stands, as the HTTP interface answers it from the record, and the two orders that it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from adapters.postgres.broker_record import BrokerRecord, ControlRecord
from adapters.postgres.execution_record import ExecutionRecord, Look
from adapters.postgres.pool import Pool
from serve.schemas import BrokerAccountState, TradingState
from trading.controls import Control, Controls
from trading.execution import Ordered, spent_cents, trades

MOST_EVENTS = 1_000_000


def trading_answer(pool: Pool, now_at: datetime) -> TradingState:
    """The answer."""
    orders = ExecutionRecord(pool, clock=lambda: now_at)
    state, ordered, look = ControlRecord(pool).state(), orders.orders(), orders.last_look()
    armed = state.expires_at is not None and now_at < state.expires_at
    return TradingState(
        suspended=state.suspended or None,
        unreconciled=state.unreconciled or None,
        armed_until=state.expires_at if armed else None,
        limit_usd=state.limit_cents / 100 if armed else None,
        spent_usd=_spent_usd(pool, state, ordered, now_at) if armed else None,
        broker=None if look is None else _account(look, ordered, orders),
    )


def give(pool: Pool, action: Literal["suspend", "resume"], reason: str, now_at: datetime) -> TradingState:
    """The order is on record; returns how trading stands then."""
    ControlRecord(pool).give(Control(action, "http", reason, now_at))
    return trading_answer(pool, now_at)


def _spent_usd(pool: Pool, state: Controls, ordered: list[Ordered], now_at: datetime) -> float:
    events = BrokerRecord(pool, clock=lambda: now_at).after("", MOST_EVENTS)
    return spent_cents(trades(ordered, events).values(), state.armed_at) / 100


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
