"""The book at a broker as a fold of what was ordered and what the broker told."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from trading.broker.book import Ordered, Trade, last_prices, root, spent_cents, trades
from trading.broker.orders import Bracket, OrderRequest
from trading.broker.port import BrokerEvent, BrokerOrder
from trading.broker.reconciliation import Adoption, Holdings, expected, foreign_orders

AT = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)
MONDAY = date(2026, 11, 16)
DECIDED = OrderRequest("e", "AAPL", "buy", 10, "on_open", bracket=Bracket(2_0000, 4_0000, hold_sessions=5))
SENT = replace(
    Ordered.opening(DECIDED, session=MONDAY, close_usd_e4=100_0000, at=AT), answer="accepted", answered_at=AT
)
EXIT = replace(
    Ordered.sale(SENT, session=MONDAY, shares=10, reason="due", at=AT), order_id="x", answer="accepted", answered_at=AT
)


def event(name: str, kind: str, **more: Any) -> BrokerEvent:
    """An event of the entry unless it says otherwise."""
    facts = {"order_id": "e", "side": "buy", "at": AT + timedelta(hours=17), **more}
    return BrokerEvent(cursor="", event_id=name, broker_id="b", symbol="AAPL", kind=kind, **facts)  # type: ignore[arg-type]


def fill(name: str, shares: int, price_usd: float, **more: Any) -> BrokerEvent:
    """A fill."""
    return event(name, "filled", shares=shares, price_usd_e4=round(price_usd * 10_000), **more)


def trade_of(*events: BrokerEvent, ordered: tuple[Ordered, ...] = (SENT,)) -> Trade:
    """The one trade."""
    return trades(ordered, events)["e"]


def test_a_decisions_distances_become_prices_from_its_close() -> None:
    """A decision's distances become prices from its close, and its entry's limit half way to the target."""
    assert (SENT.stop_usd_e4, SENT.limit_usd_e4, SENT.target_usd_e4) == (98_0000, 102_0000, 104_0000)
    legs = SENT.request().bracket
    assert legs is not None
    assert (legs.stop_distance_usd_e4, legs.target_distance_usd_e4, legs.hold_sessions) == (0, 0, 0)
    cheap = Ordered.opening(DECIDED, session=MONDAY, close_usd_e4=1_0000, at=AT)
    assert cheap.stop_usd_e4 == 1, "a stop never has a price of nothing"


def test_a_stop_and_a_sale_end_the_opening_that_they_are_made_from() -> None:
    """Both sell its symbol and name it; only the stop has a price, the one that was decided."""
    opening = replace(SENT, order_id="order:2026-11-16:broker:AAPL")
    stop = Ordered.stop(opening, session=MONDAY, shares=4, reason="bare", at=AT)
    sale = Ordered.sale(opening, session=MONDAY, shares=4, reason="due", at=AT)
    assert {(one.entry_id, one.symbol, one.side, one.shares) for one in (stop, sale)} == {
        (opening.order_id, "AAPL", "sell", 4)
    }
    assert stop.order_id == "protect:2026-11-16:2026-11-16:broker:AAPL"
    assert sale.order_id == "exit:2026-11-16:2026-11-16:broker:AAPL"
    assert stop.request() == OrderRequest(
        stop.order_id, "AAPL", "sell", 4, "stop", "gtc", stop_usd_e4=98_0000, reason="bare"
    )
    assert sale.request() == OrderRequest(sale.order_id, "AAPL", "sell", 4, reason="due")


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_events_in_any_order_and_twice_make_the_same_trade(order: tuple[int, ...]) -> None:
    """Events in any order and twice make the same trade: 4 x 101 and 6 x 99 paid, 10 x 104 received."""
    told = [
        fill("f1", 4, 101.0),
        fill("f2", 6, 99.0, at=AT + timedelta(hours=18)),
        fill("f3", 10, 104.0, order_id="e:target", side="sell", at=AT + timedelta(hours=19)),
        event("c1", "cancelled", order_id="e:stop", side="sell", at=AT + timedelta(hours=19)),
    ]
    trade = trade_of(*[told[at] for at in order], *told)
    assert (trade.bought, trade.sold, trade.held, trade.entry_ended) == (10, 10, 0, True)
    assert trade.cost_cents == 4 * 101_00 + 6 * 99_00
    assert trade.closings == [(AT + timedelta(hours=19), 10 * 104_00 - 4 * 101_00 - 6 * 99_00, False)]
    assert trade.first_fill_at == AT + timedelta(hours=17)


def test_an_open_entry_may_still_cost_its_limit_and_an_ended_one_costs_what_filled() -> None:
    """An open entry may still cost its limit and an ended one costs what filled."""
    assert trade_of().cost_cents == 10 * 102_00
    assert trade_of(fill("f1", 4, 100.0)).cost_cents == 4 * 100_00 + 6 * 102_00
    assert trade_of(fill("f1", 4, 100.0), event("c", "cancelled")).cost_cents == 4 * 100_00
    assert trade_of(ordered=(replace(SENT, answer="unknown"),)).cost_cents == 10 * 102_00, "it may have arrived"


@pytest.mark.parametrize("answer", ["refused", "withheld", "lost"])
def test_an_entry_that_is_not_at_the_broker_costs_nothing(answer: str) -> None:
    """An entry that is not at the broker costs nothing."""
    trade = trade_of(ordered=(replace(SENT, answer=answer),))  # type: ignore[arg-type]
    assert (trade.cost_cents, trade.waits) == (0, False)


def test_an_exit_works_until_it_has_filled_or_ended() -> None:
    """An exit works until it has filled or ended."""
    both, bought = (SENT, EXIT), fill("f1", 10, 100.0)
    assert list(trade_of(bought, ordered=both).working) == ["x"]
    part = fill("f2", 4, 100.0, order_id="x", side="sell")
    assert list(trade_of(bought, part, part, ordered=both).working) == ["x"], "the same fill twice is one"
    rest = fill("f3", 6, 100.0, order_id="x", side="sell")
    assert trade_of(bought, part, rest, ordered=both).working == {}
    ended = trade_of(bought, part, event("e1", "expired", order_id="x", side="sell"), ordered=both)
    assert (ended.working, ended.held) == ({}, 6)


def test_a_fill_for_an_order_that_nobody_knows_is_in_the_holdings_and_in_no_trade() -> None:
    """A fill for an order that nobody knows is in the holdings and in no trade."""
    stray = fill("s", 3, 50.0, order_id="nobody")
    assert trade_of(stray).bought == 0
    assert expected([stray, stray], []) == Holdings(-150_00, {"AAPL": 3})


def test_the_limit_counts_openings_sent_since_arming_and_sales_give_nothing_back() -> None:
    """The limit counts openings sent since arming and sales give nothing back."""
    sold = trade_of(fill("f1", 10, 100.0), fill("f2", 10, 99.0, order_id="e:stop", side="sell"))
    assert spent_cents([sold], AT) == 1_000_00
    assert spent_cents([sold], AT + timedelta(seconds=1)) == 0
    assert spent_cents([sold], None) == 0


def test_open_orders_are_foreign_unless_they_or_their_entry_are_ours_or_adopted() -> None:
    """Open orders are foreign unless they or their entry are ours or adopted."""

    def at_broker(order_id: str, broker_id: str, filled: int = 0) -> BrokerOrder:
        return BrokerOrder(order_id, broker_id, "AAPL", "sell", 10, "open", filled)

    listed = [at_broker("e", "1"), at_broker("e:stop", "2"), at_broker("", "3", 4), at_broker("other", "4")]
    found = foreign_orders(listed, {"e"}, [Adoption("order", "AAPL", -10, "seen", "4")])
    assert [(one.broker_id, one.change) for one in found] == [("3", -6)]
    assert expected([], found) == Holdings(0, {}), "an open order changes nothing until it fills"


def test_a_leg_belongs_to_its_entry_and_the_latest_fill_prices_a_symbol() -> None:
    """A leg belongs to its entry and the latest fill prices a symbol."""
    assert [root(name) for name in ("e:stop", "e:target", "e", "a:b")] == ["e", "e", "e", "a:b"]
    later = fill("f2", 1, 99.0, at=AT + timedelta(days=2))
    assert last_prices([later, fill("f1", 1, 101.0)]) == {"AAPL": 99_0000}
