"""How the services do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from fastapi import APIRouter
from pydantic import Field

from adapters.postgres.health import HealthStore, ServiceState
from serve.desk import Desk
from serve.schema import Schema
from serve.sources import Sources

router = APIRouter()

State = Literal["ok", "degraded", "down", "unknown"]
STALE_AFTER: Final = timedelta(seconds=60)
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


class Health(Schema):
    """All services; `state` is the worst of theirs."""

    state: State
    services: list[ServiceHealth]


def read(sources: Sources) -> Health:
    """All services."""
    now_at = datetime.now(UTC)
    services = [_service(row, now_at) for row in HealthStore(sources.pool).load()]
    worst = max((SEVERITY.index(service.state) for service in services), default=SEVERITY.index("unknown"))
    return Health(state=SEVERITY[worst], services=services)


def _service(row: ServiceState, now_at: datetime) -> ServiceHealth:
    return ServiceHealth(
        service=row.service,
        state="unknown" if now_at - row.at > STALE_AFTER else STATES[row.state],
        detail=row.detail,
        at=row.at,
    )


@router.get("/health", tags=["platform"], summary="All services")
async def get_health(desk: Desk) -> Health:
    """The state of each service; `state` is the worst of theirs."""
    return await desk.ask(read)
