"""Alpaca behind the broker port: its own client against a server on this machine that speaks its protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from alpaca.trading.models import Order, Position, TradeAccount, TradeActivity, TradeUpdate
from pydantic import SecretStr

from adapters.alpaca.broker import AlpacaBroker
from adapters.alpaca.http import AlpacaKeys
from adapters.alpaca.orders import tick
from adapters.alpaca.simulator.trading import Fault, TradingServer
from adapters.alpaca.trade_updates import TradeUpdates
from adapters.pace import TokenBucket
from execution.kill_switch import close_everything
from tests.fakes.eventually import eventually
from trading.broker.events import EventsInMemory
from trading.broker.orders import Bracket, OrderRequest, Replacement
from trading.broker.port import BrokerEvent
from trading.errors import UnavailableError

HUNG_S = 2.0
"""A busy machine answers within it, and no test waits for it more than once."""


@pytest.fixture
def server() -> Iterator[TradingServer]:
    """A rehearsal of Alpaca's trading."""
    with TradingServer(hang_s=HUNG_S + 1) as running:
        yield running


def broker_at(
    server: TradingServer, record: EventsInMemory | None = None, timeout_s: float = 60.0
) -> AlpacaBroker:  # fmt: skip
    """The adapter at the rehearsal, without pauses; only where an answer is lost it is waited for briefly."""
    return AlpacaBroker(
        server.keys, server.url, record if record is not None else EventsInMemory(), lambda: datetime.now(UTC),
        timeout_s=timeout_s, bucket=TokenBucket(100_000), wait=lambda _: None,
    )  # fmt: skip


def order(order_id: str, shares: int = 10, **more: object) -> OrderRequest:
    """A limit order to buy AAPL."""
    terms = {"kind": "limit", "limit_usd_e4": 100_0000, "side": "buy", **more}
    return OrderRequest(order_id, "AAPL", shares=shares, **terms)  # type: ignore[arg-type]


def alpacas(server: TradingServer, order_id: str) -> str:
    """Alpaca's id of our order."""
    return next(str(o["id"]) for o in server.account.orders.values() if o["client_order_id"] == order_id)


def fills(events: Sequence[BrokerEvent]) -> list[tuple[str, int, int]]:
    """Order, shares and price of each fill."""
    return [(event.order_id, event.shares, event.price_usd_e4) for event in events if event.kind == "filled"]


def test_partial_fills_come_one_by_one_and_add_up_in_the_order_the_position_and_the_cash(server: TradingServer) -> None:
    """Partial fills come one by one and add up in the order the position and the cash."""
    broker = broker_at(server)
    assert broker.submit([order("o1")])[0].answer == "accepted"
    server.account.fill(alpacas(server, "o1"), 4, Decimal("99.50"))
    server.account.fill(alpacas(server, "o1"), 6, Decimal("99.00"))
    assert fills(broker.events("")) == [("o1", 4, 995_000), ("o1", 6, 990_000)]
    (held,) = broker.positions()
    assert (held.symbol, held.shares, held.cost_cents) == ("AAPL", 10, 4 * 99_50 + 6 * 99_00)
    assert broker.cash().cash_cents == 100_000_00 - held.cost_cents
    (found,) = broker.orders(["o1"])
    assert (found.status, found.filled_shares, found.average_price_usd_e4) == ("filled", 10, 992_000)


@pytest.mark.parametrize("fault", ["fail_after", "hang_after"])
def test_an_order_whose_answer_was_lost_after_the_effect_is_accepted_and_there_once(
    server: TradingServer, fault: Fault
) -> None:
    """An order whose answer was lost after the effect is accepted and there once."""
    broker = broker_at(server, timeout_s=HUNG_S)
    server.faults.append(fault)
    assert broker.submit([order("o1")])[0].answer == "accepted"
    assert broker.submit([order("o1")])[0].answer == "accepted"
    assert len(server.account.orders) == 1


@pytest.mark.parametrize("fault", ["fail_before", "hang_before"])
def test_an_order_that_is_not_there_after_a_lost_answer_is_unknown_and_not_sent_again(
    server: TradingServer, fault: Fault
) -> None:
    """An order that is not there after a lost answer is unknown and not sent again."""
    broker = broker_at(server, timeout_s=HUNG_S)
    server.faults.append(fault)
    assert broker.submit([order("o1")])[0].answer == "unknown"
    assert server.account.orders == {}
    assert broker.orders(["o1"]) == []


def test_too_many_requests_is_asked_again_because_nothing_was_done(server: TradingServer) -> None:
    """Too many requests is asked again because nothing was done."""
    broker = broker_at(server)
    broker._client._retry_wait = 0
    server.faults.append("too_many")
    assert broker.submit([order("o1")])[0].answer == "accepted"


def test_a_broker_that_is_away_leaves_orders_unknown_and_questions_unanswered() -> None:
    """A broker that is away leaves orders unknown and questions unanswered."""
    with TradingServer() as server:
        broker = broker_at(server)
    assert broker.submit([order("o1")])[0].answer == "unknown"
    with pytest.raises(UnavailableError, match="nothing is known"):
        broker.positions()


def test_what_alpaca_refuses_is_refused_in_its_words(server: TradingServer) -> None:
    """What Alpaca refuses is refused in its words."""
    outcome = broker_at(server).submit([order("o1", shares=1_001), order("o2", side="sell")])
    assert [one.answer for one in outcome] == ["refused", "refused"]
    assert "insufficient buying power" in outcome[0].reason
    assert "insufficient qty" in outcome[1].reason


def test_wrong_keys_are_refused(server: TradingServer) -> None:
    """Wrong keys are refused."""
    broker = broker_at(SimpleNamespace(keys=AlpacaKeys(SecretStr("a"), SecretStr("b")), url=server.url))  # type: ignore[arg-type]
    assert broker.submit([order("o1")])[0].answer == "refused"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"shares": -1}, "shares"),
        ({"in_force": "gtd"}, "good-till-date"),
        ({"bracket": Bracket(stop_distance_usd_e4=1)}, "prices"),
        ({"bracket": Bracket(stop_usd_e4=90_0000, hold_sessions=5)}, "sessions"),
    ],
)
def test_what_alpaca_cannot_hold_as_meant_is_refused_and_not_sent(
    server: TradingServer, wrong: dict[str, object], why: str
) -> None:
    """What Alpaca cannot hold as meant is refused and not sent."""
    outcome = broker_at(server).submit([order("o1", **wrong)])[0]  # type: ignore[arg-type]
    assert (outcome.answer, why in outcome.reason) == ("refused", True)
    assert server.account.orders == {}


def test_the_same_fill_by_stream_twice_late_and_by_activities_is_one(server: TradingServer) -> None:
    """The same fill by stream twice late and by activities is one."""
    record = EventsInMemory()
    broker = broker_at(server, record)
    troubles: list[str] = []
    with TradeUpdates(server.keys, server.stream_url, broker.heard, troubles.append):
        eventually(lambda: server.listeners == 1, what="the stream listens")
        server.echoes, server.withheld = 2, []
        broker.submit([order("o1")])
        server.account.fill(alpacas(server, "o1"), 4, Decimal(99))
        server.account.fill(alpacas(server, "o1"), 6, Decimal(98))
        server.release(newest_first=True)
        eventually(lambda: len(fills(record.after("", 10))) == 2, what="both fills came by the stream")
        assert fills(record.after("", 10)) == [("o1", 6, 980_000), ("o1", 4, 990_000)]
        assert len(fills(broker.events(""))) == 2
    assert troubles == []


def test_fills_while_the_stream_was_cut_come_from_the_activities(server: TradingServer) -> None:
    """Fills while the stream was cut come from the activities."""
    record = EventsInMemory()
    broker = broker_at(server, record)
    with TradeUpdates(server.keys, server.stream_url, broker.heard, lambda _: None):
        eventually(lambda: server.listeners == 1, what="the stream listens")
        broker.submit([order("o1")])
        server.account.fill(alpacas(server, "o1"), 4, Decimal(99))
        server.disconnect()
        eventually(lambda: server.listeners == 0, what="the stream is cut")
        server.account.fill(alpacas(server, "o1"), 6, Decimal(98))
        assert sorted(fills(broker.events(""))) == [("o1", 4, 990_000), ("o1", 6, 980_000)]
        eventually(lambda: server.listeners == 1, what="the stream is back")


def test_after_a_restart_the_record_goes_on_without_a_lost_or_doubled_fill(server: TradingServer) -> None:
    """After a restart the record goes on without a lost or doubled fill."""
    record = EventsInMemory()
    first = broker_at(server, record)
    first.submit([order("o1")])
    server.account.fill(alpacas(server, "o1"), 4, Decimal(99))
    cursor = first.events("")[-1].cursor
    server.account.fill(alpacas(server, "o1"), 6, Decimal(98))
    second = broker_at(server, record)
    assert fills(second.events(cursor)) == [("o1", 6, 980_000)]
    assert sum(event.shares for event in second.events("")) == 10


def test_a_bracket_is_held_until_the_entry_fills_and_its_legs_are_known_after_a_restart(server: TradingServer) -> None:
    """A bracket is held until the entry fills and its legs are known after a restart."""
    bracket = Bracket(stop_usd_e4=90_0000, target_usd_e4=110_0000)
    broker_at(server).submit([order("o1", kind="market", bracket=bracket)])
    assert server.account.trade("AAPL", 100, Decimal(100)) == 1
    assert server.account.trade("AAPL", 100, Decimal(89)) == 1
    found = broker_at(server).events("")
    assert sorted(fills(found)) == [("o1", 10, 1_000_000), ("o1:stop", 10, 890_000)]
    assert [event.order_id for event in found if event.kind == "cancelled"] == ["o1:target"]
    assert server.account.held == {}


def test_a_replaced_order_keeps_our_id_and_a_cancelled_one_says_so(server: TradingServer) -> None:
    """A replaced order keeps our id and a cancelled one says so."""
    broker = broker_at(server)
    broker.submit([order("o1")])
    assert broker.replace([Replacement("c1", "o1", shares=5, limit_usd_e4=95_0000)])[0].answer == "accepted"
    (found,) = broker.orders()
    assert (found.order_id, found.shares, found.status) == ("o1", 5, "open")
    assert broker.cancel(["o1", "nobody"])[0].answer == "accepted"
    assert broker.cancel(["o1"])[0].answer == "refused"
    assert broker.orders() == []


def test_the_kill_switch_cancels_a_brackets_legs_and_closes_the_position(server: TradingServer) -> None:
    """The kill switch cancels a bracket's legs and closes the position."""
    broker = broker_at(server)
    broker.submit(
        [order("o1", kind="market", bracket=Bracket(stop_usd_e4=90_0000, target_usd_e4=110_0000)), order("o2")]
    )
    server.account.trade("AAPL", 10, Decimal(101))
    outcomes = close_everything(broker, "kill-1")
    assert {one.order_id: one.answer for one in outcomes} == dict.fromkeys(
        ("o1:stop", "o1:target", "o2", "kill-1-AAPL"), "accepted"
    )
    server.account.trade("AAPL", 10, Decimal(100))
    assert (server.account.held, broker.orders()) == ({}, [])


def test_an_order_made_by_hand_has_no_id_of_ours(server: TradingServer) -> None:
    """An order made by hand has no id of ours."""
    server.account.by_hand("MSFT", "buy", 3, Decimal(300))
    broker = broker_at(server)
    assert fills(broker.events("")) == [("", 3, 3_000_000)]
    assert [held.symbol for held in broker.positions()] == ["MSFT"]


@pytest.mark.parametrize(
    ("price_usd_e4", "side", "expected"),
    [(12_3456, "buy", 12.34), (12_3456, "sell", 12.35), (9_999, "buy", 0.9999), (12_3400, "sell", 12.34)],
)
def test_prices_are_on_the_grid_of_the_sub_penny_rule_and_never_worse(
    price_usd_e4: int, side: str, expected: float
) -> None:
    """Prices are on the grid of the sub penny rule and never worse."""
    assert tick(price_usd_e4, side) == expected


def test_alpacas_own_models_accept_every_shape_that_the_rehearsal_sends(server: TradingServer) -> None:
    """Alpaca's own models accept every shape that the rehearsal sends."""
    server.withheld = []
    bracket = Bracket(stop_usd_e4=90_0000, target_usd_e4=110_0000)
    broker_at(server).submit([order("o1", bracket=bracket)])
    server.account.fill(alpacas(server, "o1"), 4, Decimal(99))
    for update in server.withheld:
        TradeUpdate(**update)
    for one in server.account.orders.values():
        Order(**one)
    TradeActivity(**server.account.activities[0], account_id=server.account.account()["id"])
    TradeAccount(**server.account.account())
    Position(**server.account.positions()[0])
