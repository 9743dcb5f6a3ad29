"""The paper accounts: balances."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from pydantic import Field

from adapters.postgres.accounts import AccountView
from serve.desk import Desk
from serve.report import ACCOUNT_LABELS
from serve.schema import Book, Schema, book_of
from serve.sources import Sources

router = APIRouter()


class Account(Schema):
    """One account, marked at the close of the latest session."""

    book: Book
    title: str = Field(description="Who decides in it.", examples=["Models alone"])
    cash_usd: float = Field(description="US dollars, to the cent.", examples=[61_204.11])
    positions_usd: float = Field(description="Market value of the open positions.", examples=[40_110.35])
    equity_usd: float = Field(description="Cash plus positions.", examples=[101_314.46])
    start_equity_usd: float = Field(description="What the account was opened with.", examples=[100_000.0])
    total_return: float | None = Field(description="equity / start - 1, as a fraction.", examples=[0.0131])
    drawdown: float | None = Field(
        description="Fall of the equity from its highest close, as a fraction.", examples=[0.021]
    )
    open_positions: int = Field(ge=0)
    state: str = Field(description="'trading', or why it isn't.", examples=["trading"])


class Portfolio(Schema):
    """The accounts, each with who decides in it."""

    session: date | None = Field(description="Session of the marks; null before the first one.")
    accounts: list[Account]


def read(sources: Sources) -> Portfolio:
    """Every account, marked at the latest close."""
    views = sources.accounts.accounts()
    restrictions = sources.accounts.restrictions(sources.decision_rules())
    accounts = [account_of(view, restrictions.get(view.book, "")) for view in views]
    return Portfolio(session=views[0].session if views else None, accounts=accounts)


def account_of(view: AccountView, restriction: str) -> Account:
    """An account; `restriction` is what its losses forbid, empty if nothing."""
    return Account(
        book=book_of(view.book),
        title=ACCOUNT_LABELS[view.book],
        cash_usd=view.cash_cents / 100,
        positions_usd=view.positions_cents / 100,
        equity_usd=view.equity_cents / 100,
        start_equity_usd=view.start_cents / 100,
        total_return=view.equity_cents / view.start_cents - 1,
        drawdown=1 - view.equity_cents / max(view.start_cents, view.peak_cents),
        open_positions=view.open_positions,
        state=restriction or "trading",
    )


@router.get("/portfolio", tags=["accounts"], summary="The accounts")
async def get_portfolio(desk: Desk) -> Portfolio:
    """Cash, positions and equity at the latest close."""
    return await desk.ask(read)
