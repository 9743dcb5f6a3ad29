"""The two paper accounts: balances, positions, orders, closed trades."""

from datetime import date
from typing import Literal

from pydantic import Field

from serve.schemas.base import Book, Schema, Symbol


class Account(Schema):
    """One account, marked at the close of the latest session."""

    book: Book
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
    """Both accounts."""

    session: date | None = Field(description="Session of the marks; null before the first one.")
    accounts: list[Account]


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
