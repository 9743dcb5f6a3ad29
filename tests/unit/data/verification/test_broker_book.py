"""The check of the book at a broker finds what is wrong in it and nothing in one that is right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from data.verification.broker_book import check_broker_book
from trading.broker.book import Ordered
from trading.broker.orders import Bracket, OrderRequest, Side
from trading.broker.port import BrokerEvent

AT = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)
MONDAY = date(2026, 11, 16)
DECIDED = OrderRequest("e", "AAPL", "buy", 10, bracket=Bracket(2, 4, hold_sessions=5))
ENTRY = replace(Ordered.opening(DECIDED, session=MONDAY, close_usd_e4=100, at=AT), answer="accepted", answered_at=AT)
EXIT = replace(
    Ordered.sale(ENTRY, session=MONDAY, shares=10, reason="", at=AT), order_id="x", answer="accepted", answered_at=AT
)


def fill(order_id: str, shares: int, side: Side = "sell") -> BrokerEvent:
    """A fill."""
    return BrokerEvent("", f"{order_id}{shares}", order_id, "b", "AAPL", side, "filled", AT, shares, 100)


def found(*events: BrokerEvent, entry: Ordered = ENTRY) -> list[str]:
    """What the check tells."""
    return [trouble.detail for trouble in check_broker_book([entry, EXIT], events)]


def test_a_whole_trade_orders_by_hand_and_no_fill_at_all_are_right() -> None:
    """A whole trade, orders by hand and no fill at all are right."""
    assert found() == []
    assert found(fill("e", 10, "buy"), fill("e:stop", 4), fill("x", 6), fill("", 99), fill("kill-1-AAPL", 3)) == []


def test_more_filled_than_ordered_and_more_sold_than_bought_are_wrong() -> None:
    """More filled than ordered and more sold than bought are wrong."""
    assert found(fill("e", 11, "buy")) == ["11 shares filled of 10 ordered"]
    both = found(fill("e", 10, "buy"), fill("e:target", 10), fill("x", 10))
    assert both == ["20 shares of it were sold, 10 bought"]


def test_a_fill_of_an_order_that_was_withheld_is_wrong() -> None:
    """A fill of an order that was withheld is wrong: it can't have been sent."""
    told = found(fill("e", 1, "buy"), entry=replace(ENTRY, answer="withheld"))
    assert told == ["1 shares filled of an order that was withheld"]
