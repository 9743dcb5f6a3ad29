"""The book at a broker: ordered for, settled and reconciled by Alpaca's own client against its rehearsal."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokers.rehearsal import TradingServer
from adapters.postgres.pool import Pool
from tests.fakes.broker_desk import (
    CLOSES,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    SetClock,
    decided,
    desk_of,
    records_of,
)
from tests.fakes.eventually import eventually
from trading.controls import Control, armed
from trading.execution import opening


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


def answers(pool: Pool, clock: SetClock) -> dict[str, tuple[str, str]]:
    """By order, how sending it ended and why."""
    return {one.order_id: (one.answer, one.why) for one in records_of(pool, clock).orders.orders()}


def test_a_decision_is_a_bracket_at_the_broker_and_the_book_is_settled_from_its_fills(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """A decision is a bracket at the broker and the book is settled from its fills."""
    desk = desk_of(alpaca, pool, clock)
    assert desk.settle(MONDAY, CLOSES).equity_cents == 100_000_00
    assert desk.execute(MONDAY, [decided(MONDAY)], CLOSES) == 1
    entry = next(o for o in alpaca.account.orders.values() if o["legs"])
    assert (entry["type"], entry["limit_price"], entry["time_in_force"]) == ("limit", "102.0", "gtc")
    assert [(leg["limit_price"], leg["stop_price"]) for leg in entry["legs"]] == [("104.0", None), (None, "98.0")]
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(101))
    clock.evening(TUESDAY)
    view = desk.settle(TUESDAY, {"AAPL": 103_0000})
    assert view.equity_cents == 100_000_00 + 10 * 2_00
    assert (view.symbols, view.exposure_cents) == ({"AAPL"}, {"AAPL": 1030_00})
    assert desk_of(alpaca, pool, clock).settle(TUESDAY, {"AAPL": 1}) == view, "a repeat answers the same"


def test_what_is_left_of_an_entry_is_cancelled_and_the_part_that_filled_gets_a_stop(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """What is left of an entry is cancelled and the part that filled gets a stop."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    desk.execute(MONDAY, [decided(MONDAY)], CLOSES)
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 4, Decimal(101))
    clock.evening(TUESDAY)
    desk.settle(TUESDAY, CLOSES)
    assert desk.execute(TUESDAY, [], CLOSES) == 1
    (left,) = [o for o in alpaca.account.orders.values() if o["status"] == "new"]
    assert (left["type"], left["qty"], left["stop_price"], left["side"]) == ("stop", "4", "98.0", "sell")
    clock.opening(WEDNESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(97))
    clock.evening(WEDNESDAY)
    view = desk.settle(WEDNESDAY, CLOSES)
    assert (view.equity_cents, view.symbols) == (100_000_00 - 4 * 4_00, frozenset())


def test_after_its_longest_time_the_legs_are_cancelled_and_the_position_is_sold(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """After its longest time the legs are cancelled and the position is sold."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    desk.execute(MONDAY, [decided(MONDAY, hold_sessions=2)], CLOSES)
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(100))
    for session in (TUESDAY, WEDNESDAY):
        clock.evening(session)
        desk.settle(session, CLOSES)
        desk.execute(session, [], CLOSES)
    waiting = [(o["type"], o["side"], o["qty"]) for o in alpaca.account.orders.values() if o["status"] == "new"]
    assert waiting == [("market", "sell", "10")]
    clock.opening(THURSDAY)
    alpaca.account.trade("AAPL", 100, Decimal("100.5"))
    clock.evening(THURSDAY)
    assert desk.settle(THURSDAY, CLOSES).equity_cents == 100_000_00 + 5_00


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


def test_live_sends_nothing_unarmed_and_stops_at_the_limit_of_all_openings_since(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """Live sends nothing unarmed and stops at the limit of all openings since."""
    controls, desk = records_of(pool, clock).controls, desk_of(alpaca, pool, clock, "alpaca-live")
    desk.settle(MONDAY, CLOSES)
    assert desk.execute(MONDAY, [decided(MONDAY)], CLOSES) == 0
    assert alpaca.account.orders == {}
    assert "not armed" in answers(pool, clock)["order:2026-11-16:broker:AAPL"][1]
    clock.evening(TUESDAY)
    controls.give(armed(2_000, timedelta(hours=30), "command", clock.at))
    desk.settle(TUESDAY, CLOSES)
    first, second = decided(TUESDAY), decided(TUESDAY, "MSFT", 4)  # at most 10 x 102 and 4 x 302 USD
    assert desk.execute(TUESDAY, [first, second], CLOSES) == 1
    assert "limit" in answers(pool, clock)[second.order_id][1]
    clock.opening(WEDNESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(100))
    alpaca.account.trade("AAPL", 100, Decimal(104))
    clock.evening(WEDNESDAY)
    desk.settle(WEDNESDAY, CLOSES)
    assert desk.execute(WEDNESDAY, [decided(WEDNESDAY)], CLOSES) == 0, "a sale gives nothing of the limit back"
    clock.evening(THURSDAY)
    desk.settle(THURSDAY, CLOSES)
    small = decided(THURSDAY, shares=1)
    assert desk.execute(THURSDAY, [small], CLOSES) == 0
    assert "not armed" in answers(pool, clock)[small.order_id][1], "arming has expired"


def test_suspended_trading_sells_and_opens_nothing_on_paper_too(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """Suspended trading sells and opens nothing on paper too."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    desk.execute(MONDAY, [decided(MONDAY, hold_sessions=1)], CLOSES)
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(100))
    records_of(pool, clock).controls.give(Control("suspend", "command", "a look at the fills", clock.at))
    clock.evening(TUESDAY)
    desk.settle(TUESDAY, CLOSES)
    assert desk.execute(TUESDAY, [decided(TUESDAY, "MSFT")], CLOSES) == 1
    found = answers(pool, clock)
    assert found["exit:2026-11-17:2026-11-16:broker:AAPL"][0] == "accepted"
    assert found["order:2026-11-17:broker:MSFT"] == ("withheld", "trading is suspended: a look at the fills")
    with pool.connection() as connection:
        (said,) = connection.execute("SELECT reason FROM trading_controls WHERE action = 'withheld'").fetchone() or (
            "",
        )
    assert "MSFT" in said


def test_a_suspension_cancels_the_entries_that_wait_and_leaves_the_stop_of_what_filled(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """The next look cancels entries that nothing has filled of; one that has begun keeps its legs until the close."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    desk.execute(MONDAY, [decided(MONDAY), decided(MONDAY, "MSFT")], CLOSES)
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 4, Decimal(101))
    records_of(pool, clock).controls.give(Control("suspend", "command", "a look at the fills", clock.at))
    assert desk.watch().refused == ""
    entries = {o["symbol"]: o["status"] for o in alpaca.account.orders.values() if o["legs"]}
    assert entries == {"AAPL": "partially_filled", "MSFT": "canceled"}


def test_an_order_larger_than_cash_and_one_after_its_open_are_withheld(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """An order larger than cash and one after its open are withheld."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    large = decided(MONDAY, shares=981)  # at 102 USD, 62 USD more than there are
    assert desk.execute(MONDAY, [large], CLOSES) == 0
    assert "100,062.00" in answers(pool, clock)[large.order_id][1]
    clock.evening(TUESDAY)
    desk.settle(TUESDAY, CLOSES)
    clock.opening(WEDNESDAY)
    late = decided(TUESDAY)
    assert desk.execute(TUESDAY, [late], CLOSES) == 0
    assert "has passed" in answers(pool, clock)[late.order_id][1]
    assert alpaca.account.orders == {}


def test_nothing_opens_while_the_account_cannot_be_reconciled(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """Nothing opens while the account cannot be reconciled."""
    desk_of(alpaca, pool, clock).settle(MONDAY, CLOSES)
    with TradingServer(clock=clock) as gone:
        pass
    clock.evening(TUESDAY)
    away = desk_of(gone, pool, clock)
    assert away.settle(TUESDAY, CLOSES).equity_cents == 100_000_00
    assert away.execute(TUESDAY, [decided(TUESDAY)], CLOSES) == 0
    assert "not reconciled" in answers(pool, clock)["order:2026-11-17:broker:AAPL"][1]
    look = records_of(pool, clock).orders.last_look()
    assert look is not None
    assert (look.connected, look.open_orders) == (False, None)
    clock.evening(WEDNESDAY)
    away.settle(WEDNESDAY, CLOSES)
    back = desk_of(alpaca, pool, clock)
    assert back.execute(WEDNESDAY, [decided(WEDNESDAY)], CLOSES) == 0
    assert "size may be wrong" in answers(pool, clock)["order:2026-11-18:broker:AAPL"][1]
    clock.evening(THURSDAY)
    back.settle(THURSDAY, CLOSES)
    assert back.execute(THURSDAY, [decided(THURSDAY)], CLOSES) == 1


def test_orders_and_changes_by_hand_are_adopted_once_with_their_reason(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """Orders and changes by hand are adopted once with their reason."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    asked = {"symbol": "MSFT", "side": "buy", "type": "limit", "limit_price": "290", "qty": 3}
    alpaca.account.submit(asked)
    assert [(one.subject, one.symbol, one.change) for one in desk.reconcile().adopted] == [("order", "MSFT", 3)]
    assert desk.reconcile().adopted == ()
    alpaca.account.trade("MSFT", 3, Decimal(290))
    assert desk.reconcile().adopted == ()
    assert desk.books().holdings.shares == {"MSFT": 3}
    assert desk.execute(MONDAY, [], CLOSES) == 0, "what was bought by hand is neither sold nor protected"


def test_another_account_under_the_same_record_is_refused(alpaca: TradingServer, pool: Pool, clock: SetClock) -> None:
    """Another account under the same record is refused."""
    desk_of(alpaca, pool, clock).settle(MONDAY, CLOSES)
    clock.evening(TUESDAY)
    other = desk_of(alpaca, pool, clock, "alpaca-live")
    other.settle(TUESDAY, CLOSES)
    assert other.execute(TUESDAY, [decided(TUESDAY)], CLOSES) == 0
    assert "holds the orders and fills of alpaca-paper" in answers(pool, clock)["order:2026-11-17:broker:AAPL"][1]


CHILD = """
import sys
from datetime import datetime
from types import SimpleNamespace
from pydantic import SecretStr
from adapters.alpaca_http import AlpacaKeys
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


def test_what_was_cut_off_is_sent_by_the_next_look_unless_its_open_has_passed(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """What was cut off is sent by the next look unless its open has passed."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    intents = [opening(decided(MONDAY, name), MONDAY, CLOSES[name], clock.at) for name in ("AAPL", "MSFT")]
    records_of(pool, clock).orders.place(MONDAY, intents)
    desk.watch()
    assert {answer for answer, _ in answers(pool, clock).values()} == {"accepted"}
    clock.evening(TUESDAY)
    desk.settle(TUESDAY, CLOSES)
    records_of(pool, clock).orders.place(TUESDAY, [opening(decided(TUESDAY), TUESDAY, CLOSES["AAPL"], clock.at)])
    clock.opening(WEDNESDAY)
    desk.watch()
    assert "has passed" in answers(pool, clock)["order:2026-11-17:broker:AAPL"][1]


def test_shares_sold_by_hand_are_not_sold_again_and_a_later_trade_keeps_its_own(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """Shares sold by hand are not sold again and a later trade keeps its own."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    desk.execute(MONDAY, [decided(MONDAY, hold_sessions=2)], CLOSES)
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(100))
    for broker_id in [name for name, o in alpaca.account.orders.items() if o["side"] == "sell"]:
        alpaca.account.cancel(broker_id)
    alpaca.account.by_hand("AAPL", "sell", 10, Decimal(101))
    clock.evening(TUESDAY)
    assert desk.settle(TUESDAY, CLOSES).symbols == frozenset()
    desk.execute(TUESDAY, [decided(TUESDAY, shares=4, hold_sessions=9)], CLOSES)
    clock.opening(WEDNESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(100))
    clock.evening(WEDNESDAY)
    desk.settle(WEDNESDAY, CLOSES)
    assert desk.execute(WEDNESDAY, [], CLOSES) == 0, "the first trade is due and has no share left; the second is not"
    assert desk.books().holdings.shares == {"AAPL": 4}
