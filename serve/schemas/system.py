"""How the platform itself does."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from serve.schemas.base import Schema


class ServiceHealth(Schema):
    """One service."""

    service: str = Field(examples=["paper_trading"])
    state: Literal["ok", "degraded", "down", "unknown"]
    detail: str = Field(description="In words; empty when there is nothing to say.")
    at: datetime | None = Field(description="When it last reported (UTC); null = never.")


class Health(Schema):
    """All services; `state` is the worst of theirs."""

    state: Literal["ok", "degraded", "down", "unknown"]
    services: list[ServiceHealth]


class Progress(Schema):
    """What the run is doing."""

    phase: Literal["starting", "importing", "warming_up", "training", "replaying", "reporting", "done", "stopped"]
    session: date | None = Field(description="The latest session that is complete; null before the first one.")
    sessions_done: int = Field(ge=0)
    sessions_total: int | None = Field(ge=0, description="Null until the replay's length is known.")
    detail: str = Field(default="", description="In words.", examples=["training the outcome model"])
