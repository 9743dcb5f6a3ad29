"""How the services do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from fastapi import APIRouter
from pydantic import Field

from adapters.postgres.health import HealthEvent, HealthStore, ServiceState, Uptime
from serve.desk import Desk
from serve.schema import Schema
from serve.sources import Sources

router = APIRouter()

State = Literal["ok", "degraded", "down", "unknown"]
STALE_AFTER: Final = timedelta(seconds=60)
WINDOW: Final = timedelta(hours=24)
STATES: Final[dict[str, State]] = {
    "starting": "degraded",
    "ok": "ok",
    "degraded": "degraded",
    "failed": "down",
    "stopped": "down",
}
SEVERITY: Final[tuple[State, ...]] = ("ok", "unknown", "degraded", "down")


class ServiceHealth(Schema):
    """One service."""

    service: str = Field(examples=["paper_trading"])
    state: State
    detail: str = Field(description="In words; empty when there is nothing to say.")
    at: datetime | None = Field(description="When it last reported (UTC); null = never.")
    uptime_24h: float | None = Field(
        default=None,
        description="Share of the last 24 h, as far as a run asked, in which it answered, 0 to 1; null = nobody asked.",
    )
    watched_h: float = Field(default=0.0, description="For so many of these 24 hours a run asked.")


class Restart(Schema):
    """Another process took over."""

    at: datetime = Field(description="Since when the one before had not answered (UTC).")
    service: str = Field(description="Of ours, or a process of Ray such as a replica.")
    detail: str


class Health(Schema):
    """All services; `state` is the worst of theirs."""

    state: State
    services: list[ServiceHealth]
    restarts: list[Restart] = Field(default=[], description="Of the last 24 h, the latest first, 20 at most.")


def read(sources: Sources) -> Health:
    """All services, their last 24 hours, and who was restarted in them."""
    now_at, store = datetime.now(UTC), HealthStore(sources.pool)
    uptimes = store.uptimes(now_at, WINDOW)
    services = [_service(row, now_at, uptimes.get(row.service, Uptime(0.0, 0.0))) for row in store.load()]
    worst = max((SEVERITY.index(service.state) for service in services), default=SEVERITY.index("unknown"))
    restarts = [_restart(event) for event in store.restarts(now_at - WINDOW)]
    return Health(state=SEVERITY[worst], services=services, restarts=restarts)


def _service(row: ServiceState, now_at: datetime, uptime: Uptime) -> ServiceHealth:
    return ServiceHealth(
        service=row.service,
        state="unknown" if now_at - row.at > STALE_AFTER else STATES[row.state],
        detail=row.detail,
        at=row.at,
        uptime_24h=None if uptime.share is None else round(uptime.share, 6),
        watched_h=round(uptime.watched_s / 3600, 3),
    )


def _restart(event: HealthEvent) -> Restart:
    return Restart(at=event.at, service=event.service, detail=event.detail)


@router.get("/health", tags=["platform"], summary="All services")
async def get_health(desk: Desk) -> Health:
    """The state of each service, its uptime over the last 24 h, and the last restarts; `state` is the worst one."""
    return await desk.ask(read)
