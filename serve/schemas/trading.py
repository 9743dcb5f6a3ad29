"""How trading stands: suspended, armed, and the account at the broker."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from serve.schemas.base import Schema
from serve.schemas.system import Progress


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


class TradingState(Schema):
    """How trading stands."""

    suspended: str | None = Field(description="Why nothing new is opened; null = it isn't suspended. Exits go on.")
    unreconciled: str | None = Field(description="Why account and books don't agree; null = they do.")
    armed_until: datetime | None = Field(description="Of live trading; null = nothing is sent to a live account.")
    limit_usd: float | None = Field(description="What live openings since arming may cost together; null = not armed.")
    spent_usd: float | None = Field(description="What they cost, open entries at their limits; null = not armed.")
    broker: BrokerAccountState | None = Field(description="Null = no account at a broker was ever looked at.")


class TradingChange(Schema):
    """Why trading is suspended or goes on, for the record."""

    reason: str = Field(default="by HTTP", min_length=1, max_length=200, examples=["a look at the fills"])


class PlatformStatus(Schema):
    """Run, services and trading."""

    progress: Progress
    services: Literal["ok", "degraded", "down", "unknown"] = Field(description="The worst of their states.")
    trading: TradingState
