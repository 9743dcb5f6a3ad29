"""What the machines of the cloud cost, and the training sessions that rent them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from serve.schema import Schema
from trading.accounting.costs import Kind


class RunningMachine(Schema):
    """A machine that runs now, by the record."""

    cluster: str
    machine: str
    size: str = Field(examples=["gpu-h100x1-80gb"])
    usd_per_h: float = Field(ge=0, description="As it was when it started.")
    since: datetime


class PhaseBudget(Schema):
    """A phase of the strategy beside this month."""

    phase: int = Field(ge=1, le=4, description="Of the strategy.")
    name: str
    budget_usd_per_month: float = Field(ge=0, description="Storage, database and news included.")
    forecast_fits: bool | None = Field(
        description="Whether the month's forecast is within it; null = no machine on record."
    )


class TrainingPlan(Schema):
    """What was decided about training last."""

    kind: Literal["gpu", "cpu", "update"] = Field(description="update = a light update of models.")
    planned_at: datetime
    opens: bool
    code: str = Field(examples=["unchanged"])
    reason: str = Field(description="In words.")


class TrainingSession(Schema):
    """A training session."""

    kind: Literal["gpu", "cpu"]
    opened_at: datetime
    ended_at: datetime | None
    state: Literal["open", "trained", "sold_out", "failed", "interrupted"]
    detail: str
    device: str | None = Field(description="As the worker that trained said.", examples=["cuda:0 NVIDIA H100"])
    ensemble_id: str | None
    machines_gone: bool | None = Field(description="Whether its machines were seen gone; null = none was rented.")
    cost_usd: float | None = Field(description="Of machines with a GPU while it lasted; null = none on record.")
    gpu_busy_share: float | None = Field(
        ge=0, le=1, description="Of the training in which the GPU was at work; null = nobody could tell."
    )
    gpu_busy_source: str = Field(description="Who said so.", examples=["nvidia-smi", "simulated"])


class EnteredCosts(Schema):
    """What one kind cost in this month of UTC so far, as `inplay costs add` entered it and machines on record tell."""

    kind: Kind
    month_to_date_usd: float


class Costs(Schema):
    """What machines cost by the record of their starts and stops; nulls while no machine was ever on record.

    Storage, database, news, data and hours are in `by_kind` alone, as the owner entered them.
    """

    as_of: datetime
    now_usd_per_h: float | None = Field(description="Of all machines that run.")
    today_usd: float | None = Field(description="Since midnight UTC.")
    month_to_date_usd: float | None = Field(description="Since the month began in UTC.")
    month_forecast_usd: float | None = Field(description="By the month's end, if what runs now runs on.")
    gpu_hours: float | None = Field(description="In this month of UTC.")
    gpu_usd: float | None = Field(description="In this month of UTC.")
    gpu_budget_usd_per_month: float = Field(ge=0, description="Of training sessions; 0 = none are held.")
    by_kind: list[EnteredCosts] = Field(description="Everything on record of this month, machines too.")
    everything_month_to_date_usd: float | None = Field(description="Their sum; null = no cost on record.")
    machines: list[RunningMachine]
    phases: list[PhaseBudget]
    plans: list[TrainingPlan]
    sessions: list[TrainingSession] = Field(description="The latest of each kind, latest first.")
