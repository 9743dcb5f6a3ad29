"""What the machines of the cloud cost, and the training sessions that rent them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter

from adapters.postgres.costs import costs_between
from adapters.postgres.machine_events import MachineEvents
from adapters.postgres.pool import Pool
from adapters.postgres.training_record import PlanKind, SessionRow, TrainingKind, TrainingRecord
from adapters.spend.costs import E6, PHASES, MachineCosts, lives, month_of, reckon
from serve.answers.costs import Costs, EnteredCosts, PhaseBudget, RunningMachine, TrainingPlan, TrainingSession
from serve.desk import Desk
from serve.sources import Sources

router = APIRouter()

KINDS: Final[tuple[TrainingKind, ...]] = ("gpu", "cpu")
PLANS: Final[tuple[PlanKind, ...]] = (*KINDS, "update")
SESSIONS: Final = 10


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
