"""The book at a broker as the record has it, and the end of orders that are to be on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adapters.postgres.approvals import ApprovalStore
from adapters.postgres.broker_record import BrokerRecord, ControlRecord
from adapters.postgres.execution_record import ExecutionRecord
from trading.broker.book import Ordered, Trade, trades
from trading.broker.port import Broker, BrokerEvent
from trading.broker.reconciliation import Holdings, expected
from trading.errors import BadDataError, UnavailableError
from trading.money import cents

MOST_EVENTS = 1_000_000
LOOKS, LOOK_EVERY_S = 10, 0.5
"""At orders that were cancelled, until they have ended."""


@dataclass(frozen=True)
class Records:
    """Where the book is kept."""

    events: BrokerRecord
    orders: ExecutionRecord
    controls: ControlRecord

    @property
    def approvals(self) -> ApprovalStore:
        """What the owner was asked about and answered."""
        return ApprovalStore(self.orders.pool)


UNREACHED = (UnavailableError, BadDataError)


@dataclass(frozen=True)
class Books:
    """What the record says of the book.

    Attributes:
        ordered: every order with its latest answer.
        trades: by the opening's id.
        holdings: cash and positions, as events and adoptions add up.
    """

    ordered: Sequence[Ordered]
    trades: Mapping[str, Trade]
    holdings: Holdings

    def left(self, trade: Trade) -> int:
        """Shares of the trade that are still there: some may have been sold by hand, and later trades have theirs."""
        symbol, there = trade.opening.symbol, self.holdings.shares.get(trade.opening.symbol, 0)
        alike = [one for one in self.trades.values() if one.opening.symbol == symbol]
        names = [one.opening.order_id for one in alike]
        there -= sum(one.held for one in alike[names.index(trade.opening.order_id) + 1 :])
        return max(0, min(trade.held, there))

    def waiting_cents(self) -> dict[str, int]:
        """By symbol, what entries that were sent and may still fill may cost."""
        found: dict[str, int] = {}
        for trade in self.trades.values():
            if trade.waits and trade.opening.answer:
                rest = cents(trade.opening.limit_usd_e4, trade.opening.shares - trade.bought)
                found[trade.opening.symbol] = found.get(trade.opening.symbol, 0) + rest
        return found

    def free_cents(self) -> int:
        """Cash that no open entry may need."""
        return self.holdings.cash_cents - sum(self.waiting_cents().values())


@dataclass(frozen=True)
class BookOnRecord:
    """What the desk and its sending share: the record, the broker that it tells of, and time.

    Attributes:
        wait: passes that many seconds.
    """

    records: Records
    broker: Broker
    wait: Callable[[float], object]

    def events(self) -> list[BrokerEvent]:
        """All that the broker told, as far as it is on record."""
        return self.records.events.after("", MOST_EVENTS)

    def books(self) -> Books:
        """What the record says now."""
        events = self.events()
        ordered = self.records.orders.orders()
        return Books(ordered, trades(ordered, events), expected(events, self.records.events.adoptions()))

    def cancel(self, order_ids: Sequence[str]) -> bool:
        """The orders have ended, filled or not, and their fills are on record; False when that couldn't be seen.

        Raises:
            UnavailableError: when the broker didn't answer.
        """
        if not order_ids:
            return True
        self.broker.orders()  # a broker that is away is noticed here, and not once for each of them
        self.broker.cancel(order_ids)
        for _ in range(LOOKS):
            if not any(order.status == "open" for order in self.broker.orders(order_ids)):
                self.broker.events("", 1)  # which fetches what the stream has missed
                return True
            self.wait(LOOK_EVERY_S)
        return False
