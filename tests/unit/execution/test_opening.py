"""Brokers are made in one place, by the names that the setting may have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from adapters.settings import Settings
from execution.opening import BROKERS, account_of, connect
from trading.broker.events import EventsInMemory
from trading.errors import ConfigurationError

AT = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)


def test_each_broker_that_can_be_set_has_a_row_and_the_other_way_round() -> None:
    """`simulated` stands for none; whoever adds a broker adds its row and its name in the setting."""
    assert set(get_args(Settings.model_fields["broker"].annotation)) == {"simulated", *BROKERS}


def test_money_is_at_stake_in_no_row_but_the_live_one() -> None:
    """A row that says wrongly that it isn't live would open positions that nobody armed."""
    assert {name for name, row in BROKERS.items() if row.live} == {"alpaca-live"}
    assert len({row.url for row in BROKERS.values()}) == len(BROKERS)


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
