"""A rehearsal of Alpaca and the clock that it and the desk stand on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.alpaca.simulator.trading import TradingServer
from tests.fakes.broker_desk import MONDAY, SetClock


@pytest.fixture
def clock() -> SetClock:
    """Monday evening."""
    made = SetClock(datetime(2026, 11, 16, tzinfo=UTC))
    made.evening(MONDAY)
    return made


@pytest.fixture
def alpaca(clock: SetClock) -> Iterator[TradingServer]:
    """A rehearsal of Alpaca's trading on that clock."""
    with TradingServer(hang_s=2.0, clock=clock) as running:
        yield running
