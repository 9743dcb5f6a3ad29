"""How the services do."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from serve.schema import Schema

State = Literal["ok", "degraded", "down", "unknown"]


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
    score: float | None = Field(
        default=None, description="From 0 to 1, as of the last look (docs/operating.md); null = not known."
    )
    answer_ms_24h: float | None = Field(
        default=None, description="What its answers to a sign of life take, on average; null = none."
    )


class HttpAnswers(Schema):
    """How quickly the HTTP interface answered in the last 24 h."""

    answers: int = Field(description="Requests that were answered.")
    failed: int = Field(description="Of these with a status of 500 and above.")
    mean_ms: float | None = Field(description="Until the answer began, on average; null = none.")
    slow_share: float | None = Field(description="Share that took more than 500 ms, 0 to 1; null = none.")
    longest_ms: float | None = Field(description="The longest; null = none.")


class SessionStages(Schema):
    """How long the latest session took."""

    session: date
    total_s: float = Field(description="All of its cycle and of what followed it, in seconds; the bound is 300.")
    stages_s: dict[str, float] = Field(
        description="Seconds by stage. `cycle` is the sum of its stages; `monitoring`, `checks`, `report` follow it."
    )


class Restart(Schema):
    """Another process took over."""

    at: datetime = Field(description="Since when the one before had not answered (UTC).")
    service: str = Field(description="Of ours, or a process of Ray such as a replica.")
    detail: str


class Health(Schema):
    """All services; `state` is the worst of theirs."""

    state: State
    score: float | None = Field(default=None, description="The lowest of its services; null = not known.")
    services: list[ServiceHealth]
    restarts: list[Restart] = Field(default=[], description="Of the last 24 h, the latest first, 20 at most.")
    http_24h: HttpAnswers | None = Field(default=None, description="null = none was counted.")
    latest_session: SessionStages | None = Field(default=None, description="null = none was timed.")
