"""Answers that were lost, came late or never: each order once, whatever was heard of it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.alpaca.simulator.trading import TradingServer
from adapters.postgres.pool import Pool
from tests.fakes.broker_desk import CLOSES, MONDAY, TUESDAY, SetClock, answers, decided, desk_of
from tests.fakes.eventually import eventually


def test_the_answer_that_was_lost_after_the_effect_doubles_nothing(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """The answer that was lost after the effect doubles nothing."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    alpaca.faults.append("fail_after")
    assert desk.execute(MONDAY, [decided(MONDAY)], CLOSES) == 1
    assert desk_of(alpaca, pool, clock).execute(MONDAY, [decided(MONDAY)], CLOSES) == 1
    assert len([o for o in alpaca.account.orders.values() if o["legs"]]) == 1


def test_a_500_after_the_order_had_filled_is_one_position(alpaca: TradingServer, pool: Pool, clock: SetClock) -> None:
    """A 500 after the order had filled is one position."""
    desk, taken = desk_of(alpaca, pool, clock), alpaca.account.submit
    desk.settle(MONDAY, CLOSES)

    def filled_at_once(asked: Mapping[str, Any]) -> tuple[int, Any]:
        answer = taken(asked)
        alpaca.account.trade("AAPL", 100, Decimal(101))
        return answer

    alpaca.account.submit = filled_at_once  # type: ignore[method-assign]
    alpaca.faults.append("fail_after")
    assert desk.execute(MONDAY, [decided(MONDAY)], CLOSES) == 1
    assert desk_of(alpaca, pool, clock).reconcile().adopted == ()
    assert desk.books().holdings.shares == {"AAPL": 10}
    assert desk.books().holdings.cash_cents == 100_000_00 - 10 * 101_00


def test_an_order_that_never_arrived_is_unknown_blocks_its_symbol_and_is_lost_a_session_later(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """An order that never arrived is unknown blocks its symbol and is lost a session later."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    alpaca.faults.append("fail_before")
    assert desk.execute(MONDAY, [decided(MONDAY)], CLOSES) == 0
    assert answers(pool, clock)["order:2026-11-16:broker:AAPL"][0] == "unknown"
    assert desk.execute(MONDAY, [decided(MONDAY)], CLOSES) == 0
    assert alpaca.account.orders == {}
    clock.evening(TUESDAY)
    assert desk.settle(TUESDAY, CLOSES).symbols == frozenset()
    assert answers(pool, clock)["order:2026-11-16:broker:AAPL"][0] == "lost"


CHILD = """
import sys
from datetime import datetime
from types import SimpleNamespace
from pydantic import SecretStr
from adapters.alpaca.http import AlpacaKeys
from adapters.postgres.pool import open_pool
from tests.fakes.broker_desk import CLOSES, MONDAY, SetClock, decided, desk_of
clock = SetClock(datetime.fromisoformat(sys.argv[3]))
keys = AlpacaKeys(SecretStr("rehearsal-key"), SecretStr("rehearsal-secret"))
desk = desk_of(SimpleNamespace(keys=keys, url=sys.argv[2]), open_pool(sys.argv[1]), clock, timeout_s=60.0)
desk.execute(MONDAY, [decided(MONDAY), decided(MONDAY, "MSFT", 3)], CLOSES)
"""


def test_kill_9_between_sending_and_recording_loses_and_doubles_nothing(
    alpaca: TradingServer, pool: Pool, clock: SetClock, empty_url: str
) -> None:
    """Kill -9 between sending and recording loses and doubles nothing."""
    desk_of(alpaca, pool, clock).settle(MONDAY, CLOSES)
    alpaca.hang_s = 30.0
    alpaca.faults.append("hang_after")
    child = subprocess.Popen([sys.executable, "-c", CHILD, empty_url, alpaca.url, clock.at.isoformat()])
    eventually(lambda: alpaca.account.orders, what="the first order reached the broker", timeout_s=60)
    child.send_signal(signal.SIGKILL)
    assert child.wait(30) == -signal.SIGKILL
    assert {one: answer for one, (answer, _) in answers(pool, clock).items()} == {
        "order:2026-11-16:broker:AAPL": "", "order:2026-11-16:broker:MSFT": "",
    }, "both are on record, neither has an answer"  # fmt: skip
    again = desk_of(alpaca, pool, clock)
    assert again.execute(MONDAY, [decided(MONDAY), decided(MONDAY, "MSFT", 3)], CLOSES) == 2
    entries = [o["client_order_id"] for o in alpaca.account.orders.values() if o["legs"]]
    assert sorted(entries) == ["order:2026-11-16:broker:AAPL", "order:2026-11-16:broker:MSFT"]
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(101))
    assert again.reconcile().adopted == ()
    assert again.books().holdings.shares == {"AAPL": 10}
