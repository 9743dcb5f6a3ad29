"""`inplay costs` as it is typed: entered once, noticed twice, taken back by a counter-entry, never changed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from adapters.postgres.costs import CostLedger, costs_between, machine_costs
from adapters.postgres.machine_events import MachineEvents
from adapters.postgres.pool import Pool, transaction
from adapters.spend.costs import MachineEvent
from cli.main import app
from trading.accounting.costs import NewCost
from trading.errors import BadDataError, ConfigurationError, InplayError

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def typed(pool: Pool, empty_url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command on the test's database."""
    assert pool is not None
    monkeypatch.setenv("DATABASE_URL", empty_url)
    monkeypatch.setenv("INPLAY_HOME", str(home))

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["costs", *words])

    return run


def test_a_cost_entered_twice_is_noticed(typed: Any) -> None:
    """The same kind, days and amount, whatever the note: refused in words; with --again it is another cost."""
    assert typed("add", "news", "20", "--month", "2026-11").exit_code == 0
    twice = typed("add", "news", "20.00", "--from", "2026-11-01", "--to", "2026-11-30", "--note", "feed")
    assert isinstance(twice.exception, InplayError)
    assert "Entry 1 says the same: $20.00 for news" in str(twice.exception)
    assert typed("add", "news", "20", "--month", "2026-11", "--again", "--json").exit_code == 0
    listed = json.loads(typed("list", "--json").stdout)
    assert [(one["number"], one["amount_usd"]) for one in listed["costs"]] == [(1, 20.0), (2, 20.0)]


def test_a_wrong_entry_is_taken_back_and_may_be_entered_again(typed: Any) -> None:
    """Both entries stay; the same cost is no repeat then; nothing is taken back twice."""
    typed("add", "volume", "10", "--month", "2026-11")
    assert json.loads(typed("counter", "1", "--reason", "typed twice", "--json").stdout)["amount_usd"] == -10.0
    for number, words in (("1", "taken back by entry 2 already"), ("2", "takes back entry 1"), ("9", "no entry 9")):
        assert words in str(typed("counter", number).exception)
    assert typed("add", "volume", "10", "--month", "2026-11").exit_code == 0
    shown = typed("list").stdout
    assert "taken back by 2" in shown
    assert "takes back 1  typed twice" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("news", "20"), "Say which days"),
        (("news", "20", "--month", "2026-13"), "is no month"),
        (("news", "20", "--month", "2026-11", "--from", "2026-11-01"), "Say which days"),
        (("news", "20", "--from", "2026-11-30", "--to", "2026-11-01"), "before it begins"),
        (("news", "free", "--month", "2026-11"), "is no amount"),
        (("hours", "50", "--month", "2026-11"), "need --hours"),
        (("news", "50", "--hours", "3", "--month", "2026-11"), "need --hours"),
        (("hours", "50", "--hours", "a lot", "--month", "2026-11"), "no number of hours"),
    ],
)
def test_wrong_words_enter_nothing(typed: Any, words: tuple[str, ...], said: str) -> None:
    """Each says what is wrong, and that nothing was entered."""
    refused = typed("add", *words)
    assert said in str(refused.exception)
    assert "Nothing was entered" in str(refused.exception)
    assert json.loads(typed("list", "--json").stdout)["costs"] == []


def test_hours_of_the_owner_are_worth_their_price(typed: Any) -> None:
    """2.5 hours at $30 are $75."""
    entered = json.loads(typed("add", "hours", "30", "--hours", "2.5", "--from", "2026-11-07", "--json").stdout)
    assert (entered["amount_usd"], entered["hours"]) == (75.0, 2.5)


def test_what_is_on_record_is_never_changed(pool: Pool) -> None:
    """PostgreSQL itself refuses, and so it does a counter-entry of another amount."""
    CostLedger(pool).add(NewCost("news", *NOVEMBER, 20_000_000), NOW)
    other = (
        "INSERT INTO costs (kind, first_day, last_day, amount_usd_e6, note, counters, entered_at) "
        "VALUES ('news', '2026-11-01', '2026-11-30', -5, '', 1, now())"
    )
    for statement in ("UPDATE costs SET amount_usd_e6 = 1", "DELETE FROM costs", other):
        with pytest.raises(BadDataError), transaction(pool) as cursor:
            cursor.execute(statement.encode())


def _machine(event: str, at: datetime, number: int, size: str, price: tuple[int, int]) -> MachineEvent:
    return MachineEvent(
        cluster="demo", machine_id=number, event=event, at=at, label=f"m{number}", role="head", size=size,  # type: ignore[arg-type]
        price_usd_e6_per_h=price[0], price_cents_per_month=price[1],
    )  # fmt: skip


def test_machines_on_record_are_counted_once(pool: Pool) -> None:
    """A head of two months costs its monthly price each; four hours of a GPU beside; no entry counts them again."""
    head, gpu = (35_710, 2_400), (3_390_000, 252_216)
    start = datetime(2026, 10, 1, tzinfo=UTC)
    MachineEvents(pool).record(
        [
            _machine("started", start, 1, "s-2vcpu-4gb", head),
            _machine("started", NOW - timedelta(hours=5), 2, "gpu-h100x1-80gb", gpu),
            _machine("stopped", NOW - timedelta(hours=1), 2, "gpu-h100x1-80gb", gpu),
        ]
    )
    until = datetime(2026, 12, 1, tzinfo=UTC)
    assert machine_costs(pool, date(2026, 10, 1), date(2026, 11, 30), until) == {
        "machines": 48_000_000,
        "gpu": 13_560_000,
    }
    assert machine_costs(pool, date(2026, 9, 1), date(2026, 9, 30), until) == {}
    ledger = CostLedger(pool)
    with pytest.raises(ConfigurationError, match="which reports count already"):
        ledger.add(NewCost("gpu", *NOVEMBER, 13_560_000), NOW)
    ledger.add(NewCost("database", *NOVEMBER, 15_000_000), NOW)
    assert costs_between(pool, *NOVEMBER, until) == {"database": 15_000_000, "machines": 24_000_000, "gpu": 13_560_000}
    assert costs_between(pool, date(2025, 1, 1), date(2025, 1, 31), until) == {}
