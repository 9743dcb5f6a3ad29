"""The book at a broker: ordered for and settled by Alpaca's own client against its rehearsal."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from adapters.alpaca.simulator.trading import TradingServer
from adapters.postgres.pool import Pool
from tests.fakes.broker_desk import (
    CLOSES,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    SetClock,
    answers,
    decided,
    desk_of,
    records_of,
)
from trading.broker.controls import Control, armed


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
