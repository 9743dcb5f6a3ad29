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


class TierHolding(Schema):
    """The files of one tier and timeframe, by the manifest."""

    tier: Literal["hot", "warm", "cold"]
    timeframe: Literal["1d", "1m"]
    files: int = Field(ge=1)
    rows: int = Field(ge=1, description="Bars, a corrected one also in its earlier versions until files are merged.")
    first_session: date
    last_session: date


class StorageEvent(Schema):
    """A pass over the tiers, or a backup."""

    at: datetime
    ok: bool
    detail: str = Field(description="What it did, or why it failed.")


class Storage(Schema):
    """How full the disk is, when it will be, what to buy, what lies where, and the last backup."""

    measured_on: date | None = Field(description="Null before the first measurement.")
    used_bytes: int | None = Field(ge=0, description="Of the data folder's disk, by whatever.")
    capacity_bytes: int | None = Field(ge=0)
    bars_bytes: int | None = Field(ge=0, description="Of the bars in the data folder.")
    database_bytes: int | None = Field(ge=0)
    growth_bytes_per_day: float | None = Field(description="Null until measurements span a week.")
    fills_on: date | None = Field(description="At that pace; null = not growing, or not within ten years.")
    purchase: str | None = Field(description="What to buy and why; null = nothing.")
    tiers: list[TierHolding]
    last_archive: StorageEvent | None
    last_backup: StorageEvent | None = Field(description="The latest, failed ones included; null = none yet.")


class Progress(Schema):
    """What the run is doing."""

    phase: Literal[
        "starting", "importing", "warming_up", "training", "replaying", "reporting", "done", "following", "stopped"
    ]
    session: date | None = Field(description="The latest session that is complete; null before the first one.")
    sessions_done: int = Field(ge=0)
    sessions_total: int | None = Field(ge=0, description="Null until the replay's length is known.")
    detail: str = Field(default="", description="In words.", examples=["training the outcome model"])


class DailyCheck(Schema):
    """A check of the trading itself, done after each session."""

    kind: Literal["parity", "lookahead"] = Field(
        description="`parity`: the session again through the backtester. `lookahead`: signals without later data."
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


class Trading(Schema):
    """Whether positions may be opened, and what the daily checks said."""

    may_open: bool = Field(description="In the paper accounts; live trading has to be armed as well.")
    blocked: str = Field(description="Why not, in words; empty when they may.")
    limits: RiskLimits | None = Field(description="Null before the first start.")
    checks: list[DailyCheck] = Field(description="The last of each kind; empty before the first session's.")
