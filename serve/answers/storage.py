"""Disk, tiers and backups."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from serve.schema import Schema


class TierHolding(Schema):
    """The files of one tier and kind, by the manifest."""

    tier: Literal["hot", "warm", "cold"]
    timeframe: Literal["1d", "1h", "30m", "15m", "10m", "5m", "2m", "1m", "features"] = Field(
        description="Length of the bars, or `features`: the feature rows of setups."
    )
    files: int = Field(ge=1)
    rows: int = Field(
        ge=1, description="Bars or feature rows, a corrected one also in its earlier versions until files are merged."
    )
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
