"""The simulator behind the broker port."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from tests.fakes.one_account import CASH, START, Bar, bars_of, bracket, quiet
from trading.broker.orders import OrderRequest, Replacement
from trading.broker.port import Broker, BrokerCash, BrokerPosition, Outcome
from trading.engine.account import Account
from trading.engine.bars import Step
from trading.engine.engine import Engine
from trading.engine.fold import fold
from trading.engine.instruments import Instruments
from trading.engine.simulator import SimulatedBroker


class Session:
    """A broker and its days."""

    def __init__(self) -> None:
        self.engine = Engine(Account("rule", Instruments(("AA", "BB"))), CASH)
        self.broker = SimulatedBroker(self.engine, Step.daily(START), 10_000_000)
        self.port: Broker = self.broker
        self.at = 0
        self.day(quiet(20))

    def day(self, *bars: Bar) -> None:
        """The next session has passed."""
        self.at += 1
        tape = dict(zip(("AA", "BB"), (*bars, None)[:2], strict=True))
        self.broker.advance(bars_of(Step.daily(START + timedelta(days=self.at)), tape))  # type: ignore[arg-type]


BUY = OrderRequest("o", "AA", "buy", 100, bracket=bracket(1, 2))


def test_an_order_is_accepted_filled_and_told_of() -> None:
    """Accepted at once, filled with the next bar, then its stop: four events in order, and the money follows."""
    session = Session()
    assert session.port.submit([BUY]) == [Outcome("o", "accepted")]
    assert [order.status for order in session.port.orders()] == ["open"]
    session.day(quiet(20))
    assert session.port.positions() == [BrokerPosition("AA", 100, 200_000)]
    assert session.port.cash() == BrokerCash(9_800_000, 10_000_000, 9_800_000)
    session.day((19.5, 19.6, 18.5, 18.6, 10_000))
    events = session.port.events("")
    assert [(event.order_id, event.kind, event.shares, event.price_usd_e4) for event in events] == [
        ("o", "accepted", 0, 0), ("o", "filled", 100, 200_000), ("o:stop", "filled", 100, 190_000),
    ]  # fmt: skip
    assert [order.status for order in session.port.orders(["o", "o:stop", "x"])] == ["filled", "filled"]
    assert session.port.cash().cash_cents == 10_000_000 - 10_000


def test_events_go_on_from_a_cursor() -> None:
    """What was seen doesn't come again, and no more than asked for."""
    session = Session()
    session.port.submit([BUY])
    (first,) = session.port.events("")
    session.day(quiet(20))
    (second,) = session.port.events(first.cursor)
    assert second.kind == "filled"
    assert session.port.events("", 1) == [first]
    assert session.port.events(second.cursor) == []


def test_a_repeat_is_accepted_and_not_doubled() -> None:
    """The same id twice is one order."""
    session = Session()
    assert session.port.submit([BUY, BUY]) == [Outcome("o", "accepted")] * 2
    session.day(quiet(20))
    assert session.port.submit([BUY]) == [Outcome("o", "accepted")]
    session.day(quiet(20))
    assert session.port.positions() == [BrokerPosition("AA", 100, 200_000)]


def test_refusals_cancels_and_replacements_say_why() -> None:
    """Each outcome in the order of the requests."""
    session = Session()
    wait = OrderRequest("w", "AA", "buy", 100, "limit", "gtc", limit_usd_e4=150_000)
    outcomes = session.port.submit([OrderRequest("n", "NOPE", "buy", 1), wait])
    assert outcomes == [Outcome("n", "refused", "nobody knows the symbol NOPE"), Outcome("w", "accepted")]
    assert session.port.replace([Replacement("c", "w", shares=50)]) == [Outcome("w", "accepted")]
    assert session.port.orders()[0].shares == 50
    assert session.port.cancel(["w", "w2"]) == [
        Outcome("w", "accepted"), Outcome("w2", "refused", "the order is not open"),
    ]  # fmt: skip
    assert [event.kind for event in session.port.events("")] == ["refused", "accepted", "replaced", "cancelled"]


def test_its_journal_restores_its_account() -> None:
    """The entries it kept fold to the account that the engine has."""
    session = Session()
    session.port.submit([BUY])
    session.day(quiet(20))
    restored = fold("rule", session.broker.journal, Instruments(("AA", "BB")))
    assert restored.snapshot() == session.engine.account.snapshot()
    assert np.array_equal(restored.shares, session.engine.account.shares)
