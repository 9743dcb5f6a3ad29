"""Open positions of the paper accounts."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from pydantic import Field

from adapters.postgres.accounts import PositionView
from serve.desk import Desk
from serve.parameters import Limit, OneBook
from serve.schema import Book, Schema, Symbol, book_of
from serve.sources import Sources
from trading.money import E4

router = APIRouter()


class Position(Schema):
    """An open position, marked at its latest close."""

    book: Book
    symbol: Symbol
    shares: int = Field(description="Negative when short.", examples=[120])
    entry_session: date
    entry_price_usd: float = Field(description="Average price paid per share, slippage included.", examples=[24.13])
    last_price_usd: float | None = Field(description="Latest close; null when no bar is known.", examples=[24.9])
    market_value_usd: float | None = None
    unrealised_usd: float | None = Field(default=None, description="Market value minus cost.", examples=[92.4])
    unrealised_return: float | None = Field(default=None, description="As a fraction of the cost.", examples=[0.0319])
    stop_price_usd: float | None = None
    target_price_usd: float | None = None
    held_sessions: int | None = Field(default=None, ge=0)
    reason: str = Field(description="Why it was opened, in words.")


class Positions(Schema):
    """Open positions."""

    session: date | None
    positions: list[Position]


def read(sources: Sources, book: Book | None, limit: int) -> Positions:
    """Open positions, by book and symbol; `book=None` means all accounts."""
    held = sources.accounts.positions(book, limit)
    session = sources.queries.progress().last_session
    return Positions(session=session, positions=[position_of(view) for view in held])


def position_of(view: PositionView) -> Position:
    """An open position."""
    held = view.position
    unrealised_cents = held.value_cents - held.cost_cents
    return Position(
        book=book_of(view.book),
        symbol=held.symbol,
        shares=held.shares,
        entry_session=held.entry_session,
        entry_price_usd=held.cost_cents / 100 / held.shares,
        last_price_usd=held.last_close_usd_e4 / E4,
        market_value_usd=held.value_cents / 100,
        unrealised_usd=unrealised_cents / 100,
        unrealised_return=unrealised_cents / abs(held.cost_cents),
        stop_price_usd=held.stop_usd_e4 / E4 if held.stop_usd_e4 else None,
        target_price_usd=held.target_usd_e4 / E4 if held.target_usd_e4 else None,
        held_sessions=held.held_sessions,
        reason=view.reason,
    )


@router.get("/positions", tags=["accounts"], summary="Open positions")
async def get_positions(desk: Desk, book: OneBook = None, limit: Limit = 100) -> Positions:
    """Open positions, marked at the latest close, with why they were opened."""
    return await desk.ask(read, book, limit)
