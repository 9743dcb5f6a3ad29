"""Closed round trips of the paper accounts."""

from __future__ import annotations

from datetime import date
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from adapters.postgres.accounts import TradeView
from serve.desk import Desk
from serve.parameters import Limit, OneBook
from serve.schema import Book, Schema, Symbol, book_of
from serve.sources import Sources
from trading.money import E4

router = APIRouter()

EXITS = {
    "stop": "stop reached",
    "target": "target reached",
    "time": "time limit reached",
    "exit": "closed by an order",
    "settled": "settled: its history broke or its bars ended",
}


class Trade(Schema):
    """A closed round trip, net of slippage and commission."""

    book: Book
    symbol: Symbol
    direction: Literal["long", "short"]
    shares: int = Field(gt=0)
    entry_session: date
    entry_price_usd: float
    exit_session: date
    exit_price_usd: float
    profit_usd: float = Field(description="Net of all costs; negative = loss.", examples=[-38.2])
    trade_return: float = Field(description="Profit over cost, as a fraction.", examples=[-0.0131])
    held_sessions: int = Field(ge=0)
    entry_reason: str = Field(description="Why it was opened, in words.")
    exit_reason: str = Field(description="Why it was closed, in words.", examples=["stop reached"])


class Trades(Schema):
    """Closed trades, latest first."""

    total: int = Field(ge=0, description="Closed trades in all, also those beyond the limit.")
    trades: list[Trade]


def read(sources: Sources, book: Book | None, limit: int) -> Trades:
    """Closed round trips, latest first; `book=None` means all accounts."""
    total, closed = sources.accounts.trades(book, limit)
    return Trades(total=total, trades=[trade_of(view) for view in closed])


def trade_of(view: TradeView) -> Trade:
    """A closed round trip."""
    return Trade(
        book=book_of(view.book),
        symbol=view.symbol,
        direction=view.direction,
        shares=view.shares,
        entry_session=view.entry_session,
        entry_price_usd=view.cost_cents / 100 / view.shares,
        exit_session=view.exit_session,
        exit_price_usd=view.exit_price_usd_e4 / E4,
        profit_usd=view.profit_cents / 100,
        trade_return=view.profit_cents / view.cost_cents,
        held_sessions=view.held_sessions,
        entry_reason=view.entry_reason,
        exit_reason=EXITS[view.exit_reason],
    )


@router.get("/trades", tags=["accounts"], summary="Closed trades")
async def get_trades(desk: Desk, book: OneBook = None, limit: Limit = 100) -> Trades:
    """Closed round trips, latest first, net of slippage and commission."""
    return await desk.ask(read, book, limit)
