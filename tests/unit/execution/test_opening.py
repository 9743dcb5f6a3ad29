"""Brokers are made in one place, by the names that the setting may have."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from adapters.settings import Settings
from execution.opening import BROKERS, account_of, connect
from trading.broker.events import EventsInMemory
from trading.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
AT = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)


def test_each_broker_that_can_be_set_has_a_row_and_the_other_way_round() -> None:
    """`simulated` stands for none; whoever adds a broker adds its row and its name in the setting."""
    assert set(get_args(Settings.model_fields["broker"].annotation)) == {"simulated", *BROKERS}


def test_money_is_at_stake_in_no_row_but_the_live_one() -> None:
    """A row that says wrongly that it isn't live would open positions that nobody armed."""
    assert {name for name, row in BROKERS.items() if row.live} == {"alpaca-live"}
    assert len({row.url for row in BROKERS.values()}) == len(BROKERS)


def test_who_only_asks_for_the_account_loads_no_brokers_client() -> None:
    """Alpaca's client loads pandas, which costs time and memory in a run that has no broker at all."""
    ask = "import sys, execution.opening; print(sorted({'alpaca', 'pandas'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("name", BROKERS)
def test_a_rows_client_is_made_without_asking_anything(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and a name are enough; the first question is asked later, and only then may it fail."""
    monkeypatch.setenv("INPLAY_BROKER", name)
    monkeypatch.setenv("APCA_API_KEY_ID", "a")
    monkeypatch.setenv("APCA_API_SECRET_KEY", "b")
    account = account_of(Settings())
    assert account.url == BROKERS[name].url
    assert connect(account, EventsInMemory(), lambda: AT)


def test_an_account_that_nobody_set_is_refused() -> None:
    """The simulated accounts are at no broker."""
    with pytest.raises(ConfigurationError, match="Nothing was asked"):
        account_of(Settings(broker="simulated"))
