"""What the made-up replay says of the platform itself: progress, services, storage, costs, trading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal

from serve.answers.costs import Costs, EnteredCosts, PhaseBudget, RunningMachine, TrainingPlan, TrainingSession
from serve.answers.health import Health, ServiceHealth
from serve.answers.progress import Progress
from serve.answers.storage import Storage, StorageEvent, TierHolding
from serve.answers.trading import BrokerAccountState, DailyCheck, Trading
from serve.resources import (
    costs,
    health,
    progress,
    reports,
    storage,
    trading,
    trading_switches,
)
from serve.resources.reports import KeptReport, Report, Reports
from tests.fakes.replay import Replay


def _progress(replay: Replay) -> Progress:
    phase: Literal["training", "replaying", "done"] = (
        "training" if not replay.done else "done" if replay.done == 100 else "replaying"
    )
    detail = "training the outcome model" if not replay.done else ""
    return Progress(phase=phase, session=replay.session, sessions_done=replay.done, sessions_total=100, detail=detail)


def _health(_replay: Replay) -> Health:
    at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    names = ("coordinator", "ingestion", "technical_analysis", "pattern_recognition", "scanner", "paper_trading")
    found = [ServiceHealth(service=name, state="ok", detail="", at=at) for name in names]
    found.append(ServiceHealth(service="ensemble", state="degraded", detail="restarted 1 time; answers again", at=at))
    return Health(state="degraded", services=found)


def _storage(replay: Replay) -> Storage:
    held = TierHolding(
        tier="hot",
        timeframe="1d",
        files=12,
        rows=122_564,
        first_session=date(2009, 8, 21),
        last_session=date(2010, 8, 20),
    )
    at = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
    return Storage(
        measured_on=date(2026, 11, 23),
        used_bytes=61_000_000_000,
        capacity_bytes=80_000_000_000,
        bars_bytes=9_000_000,
        database_bytes=400_000_000,
        growth_bytes_per_day=100_000_000.0,
        fills_on=date(2027, 6, 1),
        purchase="61.0 of 80.0 GB of the disk are used: buy a volume",
        tiers=[held] if replay.done else [],
        last_archive=StorageEvent(at=at, ok=True, detail="12 files moved, 0 merged"),
        last_backup=None,
    )


def _costs(replay: Replay) -> Costs:
    at = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    session = TrainingSession(
        kind="gpu",
        opened_at=at,
        ended_at=datetime(2026, 11, 21, 11, 12, tzinfo=UTC),
        state="trained",
        detail="",
        device="cuda:0 NVIDIA H100",
        ensemble_id="ensemble-0123456789ab",
        machines_gone=True,
        cost_usd=4.07,
        gpu_busy_share=0.62,
        gpu_busy_source="nvidia-smi",
    )
    head = RunningMachine(
        cluster="inplay", machine="inplay-inplay-h-1", size="s-2vcpu-4gb", usd_per_h=0.03571, since=at
    )
    plan = TrainingPlan(kind="gpu", planned_at=at, opens=False, code="held", reason="This week's session was held.")
    return Costs(
        as_of=at,
        now_usd_per_h=0.03571 if replay.done else None,
        today_usd=0.36 if replay.done else None,
        month_to_date_usd=21.49 if replay.done else None,
        month_forecast_usd=28.07 if replay.done else None,
        gpu_hours=1.2 if replay.done else None,
        gpu_usd=4.07 if replay.done else None,
        gpu_budget_usd_per_month=58.0,
        by_kind=[EnteredCosts(kind="news", month_to_date_usd=20.0)] if replay.done else [],
        everything_month_to_date_usd=20.0 if replay.done else None,
        machines=[head] if replay.done else [],
        phases=[PhaseBudget(phase=2, name="ML integration", budget_usd_per_month=82, forecast_fits=True)],
        plans=[plan] if replay.done else [],
        sessions=[session] if replay.done else [],
    )


def _trading(replay: Replay) -> Trading:
    at = datetime(2026, 11, 20, 21, 35, tzinfo=UTC)
    account = BrokerAccountState(
        broker="alpaca-paper",
        connected=True,
        listening=True,
        detail="the account and the books agree",
        looked_at=at,
        reconciled_at=at,
        open_orders=4,
        unknown_orders=0,
        session=date(2026, 11, 20),
        cash_usd=81_204.11,
        equity_usd=100_912.47,
        positions=2,
    )
    check = DailyCheck(
        kind="lookahead", session=date(2026, 11, 20), verdict="passed", compared=100, differences=0,
        detail="100 values", findings=[], checked_at=at,
    )  # fmt: skip
    return Trading(
        may_open=replay.suspended is None,
        blocked=None if replay.suspended is None else f"trading is suspended: {replay.suspended}",
        limits=None,
        checks=[check],
        suspended=replay.suspended,
        unreconciled=None,
        armed_until=None,
        limit_usd=None,
        spent_usd=None,
        broker=account if replay.done else None,
    )


def _suspend(replay: Replay, reason: str) -> Trading:
    replay.suspended = reason
    return _trading(replay)


def _resume(replay: Replay, reason: str) -> Trading:
    del reason
    replay.suspended = None
    return _trading(replay)


def _reports(replay: Replay) -> Reports:
    at = datetime(2026, 11, 27, 21, 20, tzinfo=UTC)
    names = ("day-2026-11-27", "week-2026-W48") if replay.done else ()
    return Reports(
        reports=[KeptReport(name=n, kind="day" if n.startswith("day") else "week", written_at=at) for n in names]
    )


def _report(replay: Replay, name: str) -> Report | None:
    if name not in {one.name for one in _reports(replay).reports}:
        return None
    return Report(
        name=name, kind="day", claim={"seed": 7}, milestones=[], targets=[], digest={"title": "Session of 2026-11-27"}
    )


ANSWERS: Mapping[Any, Callable[..., Any]] = {
    progress.read: _progress,
    health.read: _health,
    storage.read: _storage,
    costs.read: _costs,
    reports.read_list: _reports,
    reports.read: _report,
    trading.read: _trading,
    trading_switches.suspend: _suspend,
    trading_switches.resume: _resume,
}
"""Reader -> what the replay answers in its place."""
