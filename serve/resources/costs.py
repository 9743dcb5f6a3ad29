"""What the machines of the cloud cost, and the training sessions that rent them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

from fastapi import APIRouter
from pydantic import Field

from adapters.postgres.costs import costs_between
from adapters.postgres.machine_events import MachineEvents
from adapters.postgres.pool import Pool
from adapters.postgres.training_record import PlanKind, SessionRow, TrainingKind, TrainingRecord
from adapters.spend.costs import E6, PHASES, MachineCosts, lives, month_of, reckon
from serve.desk import Desk
from serve.schema import Schema
from serve.sources import Sources
from trading.accounting.costs import Kind

router = APIRouter()

KINDS: Final[tuple[TrainingKind, ...]] = ("gpu", "cpu")
PLANS: Final[tuple[PlanKind, ...]] = (*KINDS, "update")
SESSIONS: Final = 10


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


def read(sources: Sources) -> Costs:
    """What machines cost, and training sessions, by the record."""
    return costs_answer(sources.pool, sources.gpu_budget_usd_per_month, datetime.now(UTC))


def costs_answer(pool: Pool, gpu_budget_usd_per_month: float, now_at: datetime) -> Costs:
    """The answer; nulls where no machine was ever on record."""
    machines = lives(MachineEvents(pool).load(month_of(now_at)[0]))
    found = reckon(machines, now_at) if MachineEvents(pool).any() else None
    record = TrainingRecord(pool)
    plans = [plan for kind in PLANS if (plan := record.last_plan(kind)) is not None]
    sessions = [_session(row) for kind in KINDS for row in record.sessions(kind, SESSIONS)]
    every = costs_between(pool, month_of(now_at)[0].date(), now_at.date(), now_at)
    return Costs(
        as_of=now_at,
        now_usd_per_h=found.now_usd_per_h if found else None,
        today_usd=found.today_usd if found else None,
        month_to_date_usd=found.month_to_date_usd if found else None,
        month_forecast_usd=found.month_forecast_usd if found else None,
        gpu_hours=found.gpu_hours if found else None,
        gpu_usd=found.gpu_usd if found else None,
        gpu_budget_usd_per_month=gpu_budget_usd_per_month,
        by_kind=[EnteredCosts(kind=kind, month_to_date_usd=amount / E6) for kind, amount in every.items()],
        everything_month_to_date_usd=sum(every.values()) / E6 if every else None,
        machines=_running(found),
        phases=_phases(found),
        plans=[
            TrainingPlan(kind=p.kind, planned_at=p.planned_at, opens=p.opens, code=p.code, reason=p.reason)
            for p in plans
        ],
        sessions=sorted(sessions, key=lambda each: each.opened_at, reverse=True),
    )


def _running(found: MachineCosts | None) -> list[RunningMachine]:
    return [
        RunningMachine(
            cluster=each.start.cluster,
            machine=each.start.label,
            size=each.start.size,
            usd_per_h=each.start.price_usd_e6_per_h / E6,
            since=each.start.at,
        )
        for each in (found.running if found else ())
    ]


def _phases(found: MachineCosts | None) -> list[PhaseBudget]:
    return [
        PhaseBudget(
            phase=number,
            name=name,
            budget_usd_per_month=budget_usd,
            forecast_fits=None if found is None else found.month_forecast_usd <= budget_usd,
        )
        for number, name, budget_usd in PHASES
    ]


def _session(row: SessionRow) -> TrainingSession:
    return TrainingSession(
        kind=row.kind,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        state=row.state,
        detail=row.detail,
        device=row.device,
        ensemble_id=row.ensemble_id,
        machines_gone=row.machines_gone,
        cost_usd=None if row.cost_usd_e6 is None else row.cost_usd_e6 / E6,
        gpu_busy_share=row.gpu_busy_share,
        gpu_busy_source=row.gpu_busy_source,
    )


@router.get("/costs", tags=["platform"], summary="What machines cost, and training sessions")
async def get_costs(desk: Desk) -> Costs:
    """Today, this month and its end, hours of GPUs, the strategy's phases; the latest training sessions and why not."""
    return await desk.ask(read)
