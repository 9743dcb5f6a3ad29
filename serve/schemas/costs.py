"""What the machines of the cloud cost, and the training sessions that rent them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from serve.schemas.base import Schema


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

    kind: Literal["gpu", "cpu"]
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


class Costs(Schema):
    """What machines cost by the record of their starts and stops; nulls while no machine was ever on record.

    Storage, database, traffic and taxes aren't in it.
    """

    as_of: datetime
    now_usd_per_h: float | None = Field(description="Of all machines that run.")
    today_usd: float | None = Field(description="Since midnight UTC.")
    month_to_date_usd: float | None = Field(description="Since the month began in UTC.")
    month_forecast_usd: float | None = Field(description="By the month's end, if what runs now runs on.")
    gpu_hours: float | None = Field(description="In this month of UTC.")
    gpu_usd: float | None = Field(description="In this month of UTC.")
    gpu_budget_usd_per_month: float = Field(ge=0, description="Of training sessions; 0 = none are held.")
    machines: list[RunningMachine]
    phases: list[PhaseBudget]
    plans: list[TrainingPlan]
    sessions: list[TrainingSession] = Field(description="The latest of each kind, latest first.")
