"""A desk that ends before or after any of its writes, and one that starts anew: the same orders, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from adapters.alpaca.broker import AlpacaBroker
from adapters.alpaca.simulator.trading import TradingServer
from adapters.pace import TokenBucket
from adapters.postgres.execution_record import ExecutionRecord, Mark
from adapters.postgres.pool import Pool
from execution.book_on_record import Records
from execution.desk import BrokerDesk, DeskTerms
from tests.fakes.broker_desk import CLOSES, MONDAY, TUESDAY, WEDNESDAY, SetClock, decided, desk_of, records_of
from trading.broker.book import Answered, Ordered
from trading.risk.decision_rules import DecisionRules


class EndedError(Exception):
    """The process ends here."""


class EndingRecord(ExecutionRecord):
    """A record whose process ends at its write number `at`, before it or after it."""

    def __init__(self, pool: Pool, clock: SetClock, at: int, *, after: bool) -> None:
        super().__init__(pool, clock=clock)
        self._left, self._after = at, after

    def _write(self, do: Any, *args: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise EndedError
        done = do(*args)
        if self._left == 0:
            raise EndedError
        return done

    def place(self, session: date, ordered: Sequence[Ordered]) -> bool:
        return bool(self._write(super().place, session, ordered))

    def answered(self, order_id: str, answer: Answered, reason: str) -> None:
        self._write(super().answered, order_id, answer, reason)

    def mark(self, mark: Mark) -> None:
        self._write(super().mark, mark)


def ending(alpaca: TradingServer, pool: Pool, clock: SetClock, at: int, *, after: bool) -> BrokerDesk:
    """A desk that ends at its write number `at`."""
    records = records_of(pool, clock)
    mortal = Records(records.events, EndingRecord(pool, clock, at, after=after), records.controls)
    broker = AlpacaBroker(
        alpaca.keys, alpaca.url, records.events, clock, bucket=TokenBucket(100_000), wait=lambda _: None
    )
    terms = DeskTerms("alpaca-paper", "rule", DecisionRules(), live=False)
    return BrokerDesk(broker, broker.account_id, mortal, terms, clock, wait=lambda _: None)


def evening(desk: BrokerDesk, session: date) -> None:
    """What the cycle asks after a session: a purchase of AAPL on Monday, of MSFT on each evening after it."""
    desk.settle(session, CLOSES)
    orders = [decided(session, "MSFT", 2)] if session > MONDAY else [decided(session, hold_sessions=1)]
    desk.execute(session, orders, CLOSES)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_desk_that_ends_at_any_write_and_starts_anew_orders_each_thing_once(
    alpaca: TradingServer, pool: Pool, clock: SetClock, at: int, *, after: bool
) -> None:
    """On the second evening it marks, places, sells and buys: four writes, and the end of the process at each."""
    evening(desk_of(alpaca, pool, clock), MONDAY)
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(101))
    clock.evening(TUESDAY)
    with pytest.raises(EndedError):
        evening(ending(alpaca, pool, clock, at, after=after), TUESDAY)
    evening(desk_of(alpaca, pool, clock), TUESDAY)
    sent = [str(o["client_order_id"]) for o in alpaca.account.orders.values() if ":" in str(o["client_order_id"])]
    assert sorted(sent) == [
        "exit:2026-11-17:2026-11-16:broker:AAPL", "order:2026-11-16:broker:AAPL", "order:2026-11-17:broker:MSFT",
    ]  # fmt: skip
    clock.opening(WEDNESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(102))
    alpaca.account.trade("MSFT", 100, Decimal(301))
    clock.evening(WEDNESDAY)
    last = desk_of(alpaca, pool, clock)
    assert last.settle(WEDNESDAY, CLOSES).equity_cents == 100_000_00 + 10 * 1_00 - 2 * 1_00
    assert last.reconcile().adopted == ()
    assert {one.answer for one in records_of(pool, clock).orders.orders()} == {"accepted"}
