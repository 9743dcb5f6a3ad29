"""The book at a broker as the record has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.postgres.broker_record import BrokerRecord, ControlRecord
from adapters.postgres.execution_record import ExecutionRecord
from trading.broker.book import Ordered, Trade
from trading.broker.reconciliation import Holdings
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
