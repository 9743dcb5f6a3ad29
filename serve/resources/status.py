"""Run, services and trading in one answer."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from serve.answers.health import State
from serve.answers.progress import Progress
from serve.answers.trading import Trading
from serve.desk import Desk
from serve.resources import health, progress, trading
from serve.schema import Schema

router = APIRouter()


class PlatformStatus(Schema):
    """Run, services and trading."""

    progress: Progress
    services: State = Field(description="The worst of their states.")
    trading: Trading


@router.get("/status", tags=["platform"], summary="Run, services and trading in one answer")
async def get_status(desk: Desk) -> PlatformStatus:
    """What `inplay status` asks first: the run's progress, the worst state of its services, and how trading stands."""
    run = await desk.ask(progress.read)
    services = await desk.ask(health.read)
    stands = await desk.ask(trading.read)
    return PlatformStatus(progress=run, services=services.state, trading=stands)
