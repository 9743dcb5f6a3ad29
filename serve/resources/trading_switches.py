"""Trading is suspended and resumed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.pool import Pool
from serve.answers.trading import Trading
from serve.desk import Desk
from serve.resources.trading import trading_answer
from serve.schema import Schema, Text
from serve.sources import Sources
from trading.broker.controls import Control

router = APIRouter()


class TradingChange(Schema):
    """Why trading is suspended or goes on, for the record."""

    reason: Text = Field(default="by HTTP", min_length=1, max_length=200, examples=["a look at the fills"])


def suspend(sources: Sources, reason: str) -> Trading:
    """Nothing new is opened from now on; repeating it is harmless."""
    return give(sources.pool, "suspend", reason, datetime.now(UTC))


def resume(sources: Sources, reason: str) -> Trading:
    """A suspension is over; nothing is armed by it."""
    return give(sources.pool, "resume", reason, datetime.now(UTC))


def give(pool: Pool, action: Literal["suspend", "resume"], reason: str, now_at: datetime) -> Trading:
    """The order is on record; returns how trading stands then."""
    ControlRecord(pool).give(Control(action, "http", reason, now_at))
    return trading_answer(pool, now_at)


@router.post("/trading/suspend", tags=["trading"], summary="Open nothing new")
async def post_suspend(desk: Desk, change: TradingChange | None = None) -> Trading:
    """No account opens or adds to a position from now on, simulated or at the broker; exits go on. It is on record."""
    return await desk.ask(suspend, (change or TradingChange()).reason)


@router.post("/trading/resume", tags=["trading"], summary="End a suspension")
async def post_resume(desk: Desk, change: TradingChange | None = None) -> Trading:
    """Positions may be opened again. It arms nothing: live trading needs `inplay trading arm` at the terminal."""
    return await desk.ask(resume, (change or TradingChange()).reason)
