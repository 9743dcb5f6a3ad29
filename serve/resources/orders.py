"""Orders of the paper accounts and what became of them."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from pydantic import Field

from adapters.postgres.queries import OrderView
from serve.desk import Desk
from serve.parameters import Limit, OneBook
from serve.schema import Book, Schema, Symbol, book_of
from serve.sources import Sources
from trading.money import E4

router = APIRouter()


class Order(Schema):
    """An order that an account gave, and what became of it."""

    order_id: str
    book: Book
    symbol: Symbol
    side: str = Field(description="buy, sell, sell_short or buy_to_cover.", examples=["buy"])
    shares: int = Field(description="Positive, unless the order was refused for it.")
    kind: str = Field(description="Order type.", examples=["on_open"])
    decided_session: date = Field(description="Its bar was the last thing the decision knew.")
    status: str = Field(description="Where it stands.", examples=["filled"])
    filled_session: date | None = None
    fill_price_usd: float | None = Field(default=None, description="Per share, slippage included.", examples=[24.13])
    commission_usd: float | None = None
    reason: str = Field(description="Why it was given, in words.")


class Orders(Schema):
    """Orders, latest first."""

    orders: list[Order]


def read(sources: Sources, book: Book | None, limit: int) -> Orders:
    """Orders, latest first; `book=None` means all accounts."""
    return Orders(orders=[order_of(view) for view in sources.queries.orders(book, limit)])


def order_of(view: OrderView) -> Order:
    """An order and what became of it."""
    return Order(
        order_id=view.order_id,
        book=book_of(view.book),
        symbol=view.symbol,
        side=view.side,
        shares=view.shares,
        kind=view.kind,
        decided_session=view.decided_session,
        status=view.status,
        filled_session=view.filled_session,
        fill_price_usd=None if view.price_usd_e4 is None else view.price_usd_e4 / E4,
        commission_usd=None if view.commission_cents is None else view.commission_cents / 100,
        reason=view.reason if view.closed_reason is None else f"{view.reason}; {view.closed_reason}",
    )


@router.get("/orders", tags=["accounts"], summary="Orders")
async def get_orders(desk: Desk, book: OneBook = None, limit: Limit = 100) -> Orders:
    """Orders, latest first, with what became of them and why they were given."""
    return await desk.ask(read, book, limit)
