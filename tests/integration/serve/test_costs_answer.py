"""What `/v1/costs` and `inplay cluster cost` say is what the node provider's files say, over a real database."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.postgres.costs import CostLedger
from adapters.postgres.machine_events import MachineEvents
from adapters.postgres.pool import Pool
from adapters.postgres.training_record import PlanRow, SessionRow, TrainingRecord
from adapters.spend.files import read_spend_files
from cli.cluster.busy import busy_words
from cli.cluster.record import record_lines
from cli.main import app
from cluster.spend_ledger import Entry, Event, SpendLedger, ledger_path
from serve.resources.costs import costs_answer
from trading.accounting.costs import NewCost
from trading.errors import BadDataError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FILE = str(Path(__file__).parents[3] / "ray-cluster.yaml")


def keep(folder: Path, event: Event, at: datetime, number: int, *, gpu: bool) -> None:
    """What the node provider does when a machine starts or stops."""
    size, prices = ("gpu-h100x1-80gb", (3.39, 2_522.16)) if gpu else ("s-2vcpu-4gb", (0.03571, 24.0))
    role = "worker" if gpu else "head"
    entry = Entry(event, at.timestamp(), number, f"m{number}", role, size, *prices)  # type: ignore[arg-type]
    SpendLedger(ledger_path(str(folder), "demo")).record(entry)


def test_an_empty_record_answers_nulls(pool: Pool) -> None:
    """Before the first machine everything that isn't known is null, and the budgets are those of the strategy."""
    answer = costs_answer(pool, 58.0, NOW)
    assert (answer.today_usd, answer.month_to_date_usd, answer.gpu_hours) == (None, None, None)
    assert [phase.budget_usd_per_month for phase in answer.phases] == [24, 82, 165, 263]
    assert {phase.forecast_fits for phase in answer.phases} == {None}
    assert (answer.by_kind, answer.everything_month_to_date_usd) == ([], None)


def test_what_the_owner_entered_is_told_by_kind(pool: Pool) -> None:
    """$30 of November on the 23rd are $23; the machines stand beside them."""
    CostLedger(pool).add(NewCost("news", date(2026, 11, 1), date(2026, 11, 30), 30_000_000), NOW)
    answer = costs_answer(pool, 0.0, NOW)
    assert [(one.kind, one.month_to_date_usd) for one in answer.by_kind] == [("news", 23.0)]
    assert (answer.everything_month_to_date_usd, answer.month_to_date_usd) == (23.0, None)


def test_the_files_are_taken_over_once_and_add_up(pool: Pool, tmp_path: Path) -> None:
    """A head since October and four GPU hours today: $24 at most for the head, 4 x $3.39, taken over once."""
    keep(tmp_path, "started", datetime(2026, 10, 1, tzinfo=UTC), 1, gpu=False)
    keep(tmp_path, "started", NOW - timedelta(hours=5), 2, gpu=True)
    keep(tmp_path, "stopped", NOW - timedelta(hours=1), 2, gpu=True)
    events = MachineEvents(pool)
    assert [events.record(read_spend_files(tmp_path)) for _ in range(2)] == [3, 0]
    answer = costs_answer(pool, 58.0, NOW)
    head_usd = 22.5 * 24 * 0.03571  # 1 to 23 November, noon
    assert answer.month_to_date_usd == pytest.approx(head_usd + 4 * 3.39)
    assert answer.today_usd == pytest.approx(12 * 0.03571 + 4 * 3.39)
    assert answer.month_forecast_usd == pytest.approx(24 + 4 * 3.39)
    assert answer.gpu_hours == pytest.approx(4)
    assert [machine.size for machine in answer.machines] == ["s-2vcpu-4gb"]
    # $37.56 at the month's end: over phase 1's $24, within the others.
    assert [phase.forecast_fits for phase in answer.phases] == [False, True, True, True]


def test_plans_and_sessions_are_shown_latest_first(pool: Pool) -> None:
    """The last plan of each kind and the latest sessions are shown; a plan repeated is one row with the later time."""
    record = TrainingRecord(pool)
    for minutes in (0, 1):
        at = NOW + timedelta(minutes=minutes)
        record.plan(PlanRow(at, "gpu", NOW, opens=False, code="unchanged", reason="Nothing is new."))
    for hours in (1, 2):
        opened = NOW + timedelta(hours=hours)
        record.open(SessionRow(f"cpu:{hours}", "cpu", NOW, opened, "a" * 64))
        record.end(SessionRow(f"cpu:{hours}", "cpu", NOW, opened, "a" * 64, "failed", opened, "out of memory", "cpu"))
    answer = costs_answer(pool, 0.0, NOW)
    assert [(plan.code, plan.planned_at) for plan in answer.plans] == [("unchanged", NOW + timedelta(minutes=1))]
    assert [each.opened_at for each in answer.sessions] == [NOW + timedelta(hours=hours) for hours in (2, 1)]
    assert answer.sessions[0].detail == "out of memory"


def test_how_busy_a_gpu_was_is_shown_with_who_said_so(pool: Pool) -> None:
    """A real one's share, a simulated one marked as such, and that nobody could tell; a share needs a source."""
    record = TrainingRecord(pool)
    told = [(0.62, "nvidia-smi"), (0.2, "simulated"), (None, "")]
    for number, (share, source) in enumerate(told):
        opened = NOW + timedelta(hours=number)
        row = SessionRow(f"gpu:{number}", "gpu", NOW, opened, "a" * 64)
        record.open(row)
        record.end(
            replace(
                row, state="trained", ended_at=opened, device="cuda:0", ensemble_id="e", gpu_busy_share=share,
                gpu_busy_source=source,
            )
        )  # fmt: skip
    answer = costs_answer(pool, 0.0, NOW).model_dump(mode="json")
    assert [(one["gpu_busy_share"], one["gpu_busy_source"]) for one in answer["sessions"]] == told[::-1]
    assert [busy_words(one) for one in answer["sessions"]] == [
        ", how busy the GPU was isn't known",
        ", the GPU was busy 20% of the time (simulated)",
        ", the GPU was busy 62% of the time (nvidia-smi)",
    ]
    lines = record_lines({"record": answer})
    assert any("trained, the GPU was busy 62% of the time (nvidia-smi)" in line for line in lines)
    wrong = SessionRow("gpu:9", "gpu", NOW, NOW, "a" * 64)
    record.open(wrong)
    with pytest.raises(BadDataError, match="refused a row"):
        record.end(replace(wrong, state="failed", ended_at=NOW, gpu_busy_share=0.5))


def test_a_session_that_ended_stays_as_it_is(pool: Pool) -> None:
    """Ending a session again changes nothing."""
    record = TrainingRecord(pool)
    row = SessionRow("gpu:1", "gpu", NOW, NOW, "a" * 64)
    record.open(row)
    ended = SessionRow("gpu:1", "gpu", NOW, NOW, "a" * 64, "trained", NOW, "", "cuda:0", "e", machines_gone=True)
    record.end(ended)
    record.end(SessionRow("gpu:1", "gpu", NOW, NOW, "a" * 64, "failed", NOW, "late"))
    assert record.sessions("gpu", 5) == [ended]


def test_the_command_shows_the_record(
    pool: Pool, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`inplay cluster cost` shows the record beside the file's cluster, without a token."""
    keep(tmp_path, "started", datetime.now(UTC) - timedelta(hours=1), 1, gpu=True)
    MachineEvents(pool).record(read_spend_files(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", empty_url)
    for name in ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    found = CliRunner().invoke(app, ["cluster", "cost", FILE, "--json"])
    answer = json.loads(found.stdout)
    assert answer["live"] is False
    assert answer["record"]["now_usd_per_h"] == pytest.approx(3.39)
    words = CliRunner().invoke(app, ["cluster", "cost", FILE]).stdout
    assert "on record, all clusters: today $" in words
