"""What machines cost, by arithmetic on their starts and stops; and the file they come from."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.spend import costs as machine_costs
from adapters.spend.costs import Event, MachineEvent, Role, lives, month_of, reckon
from adapters.spend.files import read_spend_files
from cluster import cost
from cluster.spend_ledger import Entry, SpendLedger, ledger_path
from trading.errors import BadDataError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def event(kind: Event, at: datetime, number: int = 1, size: str = "gpu-h100x1-80gb") -> MachineEvent:
    """A start or stop of a machine of $3.39 an hour and at most $2,522.16 a month; the head of $24."""
    role: Role = "worker" if size.startswith("gpu") else "head"
    prices = (3_390_000, 252_216) if role == "worker" else (35_710, 2_400)
    return MachineEvent("demo", number, kind, at, f"m{number}", role, size, *prices)


def test_a_session_of_yesterday_and_one_that_runs_on() -> None:
    """Four hours yesterday, two hours of today so far: 6 h at $3.39, $6.78 of it today, one machine still running."""
    yesterday, today = NOW - timedelta(days=1), NOW - timedelta(hours=2)
    events = [event("started", yesterday), event("stopped", yesterday + timedelta(hours=4)), event("started", today, 2)]
    costs = reckon(lives(events), NOW)
    assert costs.gpu_hours == pytest.approx(6)
    assert costs.today_usd == pytest.approx(2 * 3.39)
    assert costs.month_to_date_usd == costs.gpu_usd == pytest.approx(6 * 3.39)
    assert costs.now_usd_per_h == pytest.approx(3.39)
    # To the end of November: 7.5 days of 24 hours.
    assert costs.month_forecast_usd == pytest.approx((6 + 7.5 * 24) * 3.39)


def test_a_month_costs_no_more_than_its_price() -> None:
    """A head that ran since October costs $24 in November, however late it is in the month, and then nothing more."""
    (head,) = lives([event("started", datetime(2026, 10, 1, tzinfo=UTC), size="s-2vcpu-4gb")])
    end = datetime(2026, 11, 30, 23, tzinfo=UTC)
    costs = reckon([head], end)
    assert costs.month_to_date_usd == pytest.approx(24)  # 719 h at $0.03571 would be $25.68
    assert costs.month_forecast_usd == pytest.approx(24)
    assert head.cost_usd(end, end + timedelta(minutes=59)) == 0
    assert costs.gpu_usd == 0


def test_a_month_ends_where_the_next_begins() -> None:
    """December ends at the new year."""
    assert month_of(datetime(2026, 12, 31, 23, tzinfo=UTC)) == (
        datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def test_the_phases_are_the_same_on_both_sides() -> None:
    """The budgets of the strategy's phases are those that the cluster's commands show; the rooms can't share them."""
    theirs = tuple((each.number, each.name, each.budget_usd_per_month) for each in cost.PHASES)
    assert theirs == machine_costs.PHASES


def test_what_the_provider_writes_is_read(tmp_path: Path) -> None:
    """What the node provider's ledger writes is read as it was meant, and a line without its end is left for later."""
    ledger = SpendLedger(ledger_path(str(tmp_path), "demo"))
    ledger.record(Entry("started", NOW.timestamp(), 7, "m7", "worker", "gpu-h100x1-80gb", 3.39, 2_522.16))
    ledger.record(Entry("stopped", NOW.timestamp() + 60, 7, "m7", "worker", "gpu-h100x1-80gb", 3.39, 2_522.16))
    with ledger.path.open("a", encoding="utf-8") as file:
        file.write('{"event": "star')
    assert read_spend_files(tmp_path) == [
        MachineEvent("demo", 7, "started", NOW, "m7", "worker", "gpu-h100x1-80gb", 3_390_000, 252_216),
        MachineEvent(
            "demo", 7, "stopped", NOW + timedelta(minutes=1), "m7", "worker", "gpu-h100x1-80gb", 3_390_000, 252_216
        ),
    ]
    assert read_spend_files(tmp_path / "absent") == []


@pytest.mark.parametrize("line", ["{}", "nonsense", "[]", json.dumps({"event": "paused", "role": "head"})])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    """A line that can't be read is named, and nothing of the files is taken over."""
    (tmp_path / "spend-demo.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(BadDataError, match=r"spend-demo\.jsonl, line 1"):
        read_spend_files(tmp_path)


def test_a_stop_that_was_only_begun_is_no_stop_and_no_bad_line(tmp_path: Path) -> None:
    """The cluster writes it before a machine is destroyed; its end, or the machine itself, says the rest."""
    ledger = SpendLedger(ledger_path(str(tmp_path), "demo"))
    start_s = NOW.timestamp() - 7_200
    for kind, at_s in (("started", start_s), ("stopping", start_s + 3_600)):
        ledger.record(Entry(kind, at_s, 1, "m1", "worker", "gpu-h100x1-80gb", 3.39, 2_522.16))  # type: ignore[arg-type]
    assert [each.event for each in read_spend_files(tmp_path)] == ["started"]
    assert ledger.gone_usd(start_s, NOW.timestamp()) == pytest.approx(3.39)
    assert ledger.gone_usd(start_s, NOW.timestamp(), {1}) == 0
