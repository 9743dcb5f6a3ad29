"""`inplay approve` as it is typed."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from adapters.postgres.approvals import ApprovalStore
from adapters.postgres.pool import Pool
from cli.main import app
from tests.fakes.approvals import a_list
from trading.errors import ConfigurationError

SESSION = date(2026, 11, 16)


@pytest.fixture
def typed(pool: Pool, empty_url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command on the test's database."""
    assert pool is not None
    monkeypatch.setenv("DATABASE_URL", empty_url)
    monkeypatch.setenv("INPLAY_HOME", str(home))

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["approve", *words])

    return run


def ask(pool: Pool, ends_in: timedelta = timedelta(hours=1), session: date = SESSION) -> None:
    """Orders of AAPL and MSFT wait."""
    at = datetime.now(UTC)
    ApprovalStore(pool).ask(a_list(session=session, asked_at=at, expires_at=at + ends_in))


def test_nothing_was_asked(typed: Any) -> None:
    """On a record without a list: said in words; an answer is refused."""
    assert "nothing was asked yet" in typed("list").stdout
    assert json.loads(typed("list", "--json").stdout) == {"lists": []}
    refused = typed("yes")
    assert isinstance(refused.exception, ConfigurationError)
    assert "Nothing was asked yet. Nothing was changed." in str(refused.exception)


def test_one_is_refused_and_the_rest_approved(typed: Any, pool: Pool) -> None:
    """By symbol, with a reason; then all that wait. The user of the machine is on record."""
    ask(pool)
    assert "until" in typed("list").stdout
    done = typed("no", "aapl", "--reason", "earnings tonight")
    assert (done.exit_code, "MSFT, about $1,000.00: no answer yet" in done.stdout) == (0, True)
    told = json.loads(typed("yes", "--json").stdout)
    assert told["answered"] == [f"order:{SESSION}:hybrid:MSFT"]
    (listed,) = json.loads(typed("list", "--json").stdout)["lists"]
    who = f"command:{getpass.getuser()}"
    said = {one["symbol"]: one["answer"] for one in listed["orders"]}
    assert {name: (one["verdict"], one["who"], one["reason"]) for name, one in said.items()} == {
        "AAPL": ("no", who, "earnings tonight"), "MSFT": ("yes", who, ""),
    }  # fmt: skip
    assert not listed["open"]
    again = typed("no", "AAPL")
    assert "All orders of 2026-11-16 have their answer." in str(again.exception)


def test_a_symbol_that_does_not_wait_changes_nothing(typed: Any, pool: Pool) -> None:
    """A misspelt one beside a right one: neither is answered."""
    ask(pool)
    refused = typed("no", "AAPL", "APPL")
    assert "No order of APPL waits for an answer. Nothing was changed. Waiting: AAPL, MSFT." in str(refused.exception)
    assert "no answer yet" in typed("list").stdout


def test_too_late_is_refused_in_words(typed: Any, pool: Pool) -> None:
    """The list of yesterday takes no answer, and says what holds."""
    ask(pool, timedelta(seconds=-1))
    refused = typed("yes")
    assert "It is too late for an answer about 2026-11-16" in str(refused.exception)
    assert "so they are not placed" in typed("list").stdout


def test_a_strange_reason_keeps_nobody_from_refusing(typed: Any, pool: Pool) -> None:
    """Line breaks, signs that can't be seen, a text of thousands: shown as what they are, cut at 200."""
    ask(pool)
    assert typed("no", "--reason", "a\x1b[31m\nb" + "x" * 5_000).exit_code == 0
    (listed,) = json.loads(typed("list", "--json").stdout)["lists"]
    reason = listed["orders"][0]["answer"]["reason"]
    assert len(reason) <= 200
    assert "\x1b" not in reason
    assert "\n" not in reason
