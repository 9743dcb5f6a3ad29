"""How trading stands: suspended, armed, and the account at the broker."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from serve.schema import Schema


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
