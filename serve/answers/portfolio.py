"""The paper accounts: balances."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serve.schema import Book, Schema


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
