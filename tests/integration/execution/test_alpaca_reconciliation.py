"""Alpaca's rehearsal, its own client and PostgreSQL: reconciliation, changes by hand, kill -9 in mid-order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.alpaca.broker import AlpacaBroker
from adapters.alpaca.simulator.trading import TradingServer
from adapters.pace import TokenBucket
from adapters.postgres.broker_record import BrokerRecord, ControlRecord
from adapters.postgres.pool import Pool
from execution.reconciling import Reconciliation
from tests.fakes.eventually import eventually
from trading.broker.controls import Control, armed
from trading.broker.orders import OrderRequest
from trading.broker.port import BrokerEvent
from trading.broker.reconciliation import Adoption, Holdings, expected
from trading.errors import LedgerError

CHILD = """
import sys
from datetime import UTC, datetime
from adapters.alpaca.http import AlpacaKeys
from adapters.alpaca.broker import AlpacaBroker
from adapters.postgres.broker_record import BrokerRecord
from adapters.postgres.pool import open_pool
from pydantic import SecretStr
from trading.broker.orders import OrderRequest
clock = lambda: datetime.now(UTC)
record = BrokerRecord(open_pool(sys.argv[1]), clock=clock)
keys = AlpacaKeys(SecretStr("rehearsal-key"), SecretStr("rehearsal-secret"))
broker = AlpacaBroker(keys, sys.argv[2], record, clock, timeout_s=30)
broker.events("")
broker.submit([OrderRequest("o1", "AAPL", "buy", 10, "limit", limit_usd_e4=1000000)])
"""


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@pytest.fixture
def alpaca() -> Iterator[TradingServer]:
    """A rehearsal of Alpaca's trading."""
    with TradingServer(hang_s=20.0) as running:
        yield running


def desk(alpaca: TradingServer, pool: Pool) -> Reconciliation:
    """A reconciliation of it over PostgreSQL."""
    record = BrokerRecord(pool, clock=now)
    broker = AlpacaBroker(
        alpaca.keys, alpaca.url, record, now, timeout_s=5, bucket=TokenBucket(100_000), wait=lambda _: None
    )
    return Reconciliation(broker, record, ControlRecord(pool), now)


def books(desk: Reconciliation) -> Holdings:
    """What the record says."""
    return expected(desk.record.after("", 1000), desk.record.adoptions())


def test_the_account_is_taken_over_once_and_its_own_fills_need_no_adoption(alpaca: TradingServer, pool: Pool) -> None:
    """The account is taken over once and its own fills need no adoption."""
    live = desk(alpaca, pool)
    assert [one.change for one in live.run().adopted] == [100_000_00]
    live.broker.submit([OrderRequest("o1", "AAPL", "buy", 10, "limit", limit_usd_e4=100_0000)])
    alpaca.account.trade("AAPL", 10, Decimal("99.50"))
    found = live.run()
    assert (found.adopted, found.refused) == ((), "")
    assert books(live) == Holdings(100_000_00 - 995_00, {"AAPL": 10})


def test_what_was_done_by_hand_is_in_the_books_with_its_reason(alpaca: TradingServer, pool: Pool) -> None:
    """What was done by hand is in the books with its reason."""
    live = desk(alpaca, pool)
    live.run()
    alpaca.account.by_hand("MSFT", "buy", 3, Decimal(300))
    alpaca.account.cash_usd += 500
    found = live.run()
    assert [(one.subject, one.change) for one in found.adopted] == [("cash", 500_00)]
    assert [event.symbol for event in found.made_elsewhere] == ["MSFT"]
    alpaca.account.held["GIFT"] = (7, Decimal(70))
    assert [(one.symbol, one.change) for one in live.run().adopted] == [("GIFT", 7)]
    assert live.run().adopted == ()
    assert books(live) == Holdings(100_000_00 - 900_00 + 500_00, {"MSFT": 3, "GIFT": 7})


def test_nothing_opens_while_the_broker_is_away_and_again_once_it_agrees(alpaca: TradingServer, pool: Pool) -> None:
    """Nothing opens while the broker is away and again once it agrees."""
    live = desk(alpaca, pool)
    with TradingServer() as gone:
        pass
    away = desk(gone, pool)
    assert "Alpaca was asked" in away.run().refused
    state = ControlRecord(pool).state()
    assert "not reconciled" in state.opening_refused(live=False, cost_cents=1, at=now())
    assert live.run().refused == ""
    assert ControlRecord(pool).state().unreconciled == ""


def test_kill_9_in_mid_order_loses_and_doubles_nothing(alpaca: TradingServer, pool: Pool, empty_url: str) -> None:
    """Kill -9 in mid order loses and doubles nothing."""
    live = desk(alpaca, pool)
    live.run()
    alpaca.faults.append("hang_after")
    child = subprocess.Popen([sys.executable, "-c", CHILD, empty_url, alpaca.url], env={**os.environ})
    eventually(lambda: len(alpaca.account.orders) == 1, what="the order reached the broker", timeout_s=60)
    child.send_signal(signal.SIGKILL)
    assert child.wait(30) == -signal.SIGKILL
    alpaca.account.fill(next(iter(alpaca.account.orders)), 4, Decimal(99))
    again = desk(alpaca, pool)
    assert again.broker.submit([OrderRequest("o1", "AAPL", "buy", 10, "limit", limit_usd_e4=100_0000)])[
        0
    ].answer == "accepted"  # fmt: skip
    alpaca.account.trade("AAPL", 100, Decimal(98))
    assert again.run().adopted == ()
    assert books(again) == Holdings(100_000_00 - 4 * 99_00 - 6 * 98_00, {"AAPL": 10})
    assert len(alpaca.account.orders) == 1


def test_controls_outlive_the_process_and_an_adoption_on_old_events_is_refused(pool: Pool) -> None:
    """Controls outlive the process and an adoption on old events is refused."""
    record = ControlRecord(pool)
    record.give(armed(1_000, timedelta(hours=8), "command", now()))
    record.give(Control("suspend", "command", "a look at the fills", now()))
    assert "a look at the fills" in ControlRecord(pool).state().opening_refused(live=True, cost_cents=1, at=now())
    adoptions = BrokerRecord(pool, clock=now)
    with pytest.raises(LedgerError, match="Nothing was adopted"):
        adoptions.adopt([Adoption("cash", "", 1, "late")], after=1, cursor="")
    assert adoptions.adoptions() == []


def test_events_are_read_in_the_order_in_which_they_were_added_beyond_nine_of_them(pool: Pool) -> None:
    """Events are read in the order in which they were added beyond nine of them."""
    record = BrokerRecord(pool, clock=now)
    names = [f"e{number}" for number in range(25)]
    record.add([BrokerEvent("", name, "o1", "b1", "AAPL", "buy", "accepted", now()) for name in names])
    assert [event.event_id for event in record.after("", 100)] == names
    assert [event.event_id for event in record.after("8", 5)] == names[8:13]


def test_a_position_that_shows_a_fill_before_its_event_does_is_not_adopted(alpaca: TradingServer, pool: Pool) -> None:
    """A position that shows a fill before its event does is not adopted."""
    live = desk(alpaca, pool)
    live.run()
    alpaca.account.by_hand("AAPL", "buy", 3, Decimal(50))
    late = [alpaca.account.activities.pop()]
    found = replace(live, pause=lambda: alpaca.account.activities.extend([late.pop()] if late else [])).run()
    assert (found.adopted, found.refused) == ((), "")
    assert books(live) == Holdings(100_000_00 - 150_00, {"AAPL": 3})
