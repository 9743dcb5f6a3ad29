"""What a look at the account finds and mends between two evenings."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.alpaca.simulator.trading import TradingServer
from adapters.postgres.pool import Pool
from execution.kill_switch import close_everything
from tests.fakes.broker_desk import (
    CLOSES,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    SetClock,
    answers,
    broker_of,
    decided,
    desk_of,
    records_of,
)
from trading.broker.book import Ordered
from trading.broker.controls import Control


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


def test_what_was_cut_off_is_sent_by_the_next_look_unless_its_open_has_passed(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """What was cut off is sent by the next look unless its open has passed."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    intents = [
        Ordered.opening(decided(MONDAY, name), session=MONDAY, close_usd_e4=CLOSES[name], at=clock.at)
        for name in ("AAPL", "MSFT")
    ]
    records_of(pool, clock).orders.place(MONDAY, intents)
    desk.watch()
    assert {answer for answer, _ in answers(pool, clock).values()} == {"accepted"}
    clock.evening(TUESDAY)
    desk.settle(TUESDAY, CLOSES)
    intent = Ordered.opening(decided(TUESDAY), session=TUESDAY, close_usd_e4=CLOSES["AAPL"], at=clock.at)
    records_of(pool, clock).orders.place(TUESDAY, [intent])
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


def waiting(alpaca: TradingServer) -> list[tuple[str, str, str, str | None]]:
    """Type, side, shares and stop of each order that is open at the broker."""
    return [
        (o["type"], o["side"], o["qty"], o["stop_price"])
        for o in alpaca.account.orders.values() if o["status"] in {"new", "partially_filled"}
    ]  # fmt: skip


def test_an_entry_that_stays_part_filled_is_cut_and_its_shares_have_a_stop_within_the_session(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """A minute after its first fill the rest is cancelled and a stop sent, which sells; a repeat sends nothing more."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    desk.execute(MONDAY, [decided(MONDAY)], CLOSES)
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 4, Decimal(101))
    desk.watch()
    assert waiting(alpaca) == [("limit", "buy", "10", None)], "fills come in parts: it may still fill"
    clock.later(1)
    desk.watch()
    assert waiting(alpaca) == [("stop", "sell", "4", "98.0")]
    desk_of(alpaca, pool, clock).watch()
    assert waiting(alpaca) == [("stop", "sell", "4", "98.0")]
    alpaca.account.trade("AAPL", 100, Decimal(97))
    clock.evening(TUESDAY)
    view = desk.settle(TUESDAY, CLOSES)
    assert (view.equity_cents, view.symbols) == (100_000_00 - 4 * 4_00, frozenset())
    assert desk.execute(TUESDAY, [], CLOSES) == 0


def test_an_entry_that_fills_whole_while_it_is_cut_keeps_its_own_legs(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """The cancellation comes too late: stop and target of the bracket live and no other stop is sent."""
    desk, cancel = desk_of(alpaca, pool, clock), alpaca.account.cancel
    desk.settle(MONDAY, CLOSES)
    desk.execute(MONDAY, [decided(MONDAY)], CLOSES)
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 4, Decimal(101))
    clock.later(1)

    def too_late(broker_id: str) -> tuple[int, Any]:
        alpaca.account.trade("AAPL", 100, Decimal(101))
        return cancel(broker_id)

    alpaca.account.cancel = too_late  # type: ignore[method-assign]
    desk.watch()
    assert waiting(alpaca) == [("limit", "sell", "10", None), ("stop", "sell", "10", "98.0")]
    assert desk.books().holdings.shares == {"AAPL": 10}


def test_where_the_broker_takes_no_stop_the_shares_are_sold(alpaca: TradingServer, pool: Pool, clock: SetClock) -> None:
    """A stop that is refused (its price is passed already, say) is followed by a sale at the market, once."""
    desk, taken = desk_of(alpaca, pool, clock), alpaca.account.submit
    desk.settle(MONDAY, CLOSES)
    desk.execute(MONDAY, [decided(MONDAY)], CLOSES)
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 4, Decimal(101))
    clock.later(1)

    def refusing(asked: Mapping[str, Any]) -> tuple[int, Any]:
        return (403, {"code": 40310000, "message": "no"}) if asked["type"] == "stop" else taken(asked)

    alpaca.account.submit = refusing  # type: ignore[method-assign]
    for _ in range(3):
        desk.watch()
    assert waiting(alpaca) == [("market", "sell", "4", None)]
    assert [one.reason for one in desk.books().ordered[1:]] == [
        "neither stop nor target was open", "no stop is open, and the broker refused one",
    ]  # fmt: skip


def test_an_exit_that_was_due_while_the_broker_was_away_goes_out_within_the_session(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """Once the broker answers again the legs are cancelled and the position is sold, once, and the record says why."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    desk.execute(MONDAY, [decided(MONDAY, hold_sessions=1)], CLOSES)
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(100))
    desk.watch()
    clock.evening(TUESDAY)
    alpaca.away = True
    desk.settle(TUESDAY, CLOSES)
    assert desk.execute(TUESDAY, [], CLOSES) == 0
    clock.opening(WEDNESDAY)
    desk.watch()
    alpaca.away = False
    for again in (desk, desk, desk_of(alpaca, pool, clock)):
        again.watch()
    assert waiting(alpaca) == [("market", "sell", "10", None)]
    assert desk.books().ordered[-1].reason == (
        "held for 1 sessions; late, within the session: it couldn't be sent after the close of 2026-11-17"
    )
    alpaca.account.trade("AAPL", 100, Decimal("100.5"))
    clock.evening(WEDNESDAY)
    assert desk.settle(WEDNESDAY, CLOSES).equity_cents == 100_000_00 + 5_00
    assert desk.execute(WEDNESDAY, [], CLOSES) == 0


def test_a_look_sends_nothing_beside_the_sales_of_the_kill_switch(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """Its sales hold the shares until the open: no stop is sent, and none is refused."""
    desk = desk_of(alpaca, pool, clock)
    desk.settle(MONDAY, CLOSES)
    desk.execute(MONDAY, [decided(MONDAY)], CLOSES)
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(101))
    desk.watch()
    clock.evening(TUESDAY)
    records_of(pool, clock).controls.give(Control("kill", "command", "enough", clock.at))
    assert {one.answer for one in close_everything(broker_of(alpaca, pool, clock), "kill-1")} == {"accepted"}
    desk.watch()
    assert waiting(alpaca) == [("market", "sell", "10", None)]
    assert [one.order_id for one in desk.books().ordered] == ["order:2026-11-16:broker:AAPL"]


def test_legs_that_a_list_of_open_orders_leaves_out_are_asked_for_by_name(
    alpaca: TradingServer, pool: Pool, clock: SetClock
) -> None:
    """Alpaca's lists leave out legs that are held: a position whose legs live gets no stop beside them."""
    desk, listed = desk_of(alpaca, pool, clock), alpaca._orders
    desk.settle(MONDAY, CLOSES)
    desk.execute(MONDAY, [decided(MONDAY)], CLOSES)
    clock.opening(TUESDAY)
    alpaca.account.trade("AAPL", 100, Decimal(101))
    alpaca._orders = lambda asked: [  # type: ignore[method-assign]
        order for order in listed(asked) if asked.get("status") != "open" or order["side"] == "buy"
    ]
    desk.watch()
    clock.evening(TUESDAY)
    desk.settle(TUESDAY, CLOSES)
    assert desk.execute(TUESDAY, [], CLOSES) == 0
    assert [one.order_id for one in desk.books().ordered] == ["order:2026-11-16:broker:AAPL"]
