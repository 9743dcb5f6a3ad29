"""What can go wrong between a desk and a broker, done to a desk on purpose, one thing at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import pyarrow as pa

from adapters.alpaca.simulator.trading import TradingServer
from adapters.postgres.execution_record import ExecutionRecord
from execution.book_on_record import Books, Records
from execution.desk import BrokerDesk
from execution.reconciling import Reconciled
from trading.broker.book import Answered, Ordered
from trading.broker.controls import Control
from trading.broker.orders import OrderRequest
from trading.cycle.stages import closes_of
from trading.decisions.book_view import BookView

Fault = Literal[
    "partial fills", "500 after it was taken", "500 before it was taken", "disconnect in mid-order", "rejected later",
    "duplicate and late events", "restart between sending and recording", "change by hand", "suspended", "broker away",
]  # fmt: skip
FAULTS: tuple[Fault, ...] = (
    "partial fills", "500 after it was taken", "500 before it was taken", "disconnect in mid-order", "rejected later",
    "duplicate and late events", "restart between sending and recording", "change by hand", "suspended", "broker away",
)  # fmt: skip
PART = 7
"""Shares of each print while fills are partial."""
ALL = 10**9
BY_HAND_USD = 500
BY_HAND_SHARES = 3


class CutOffError(Exception):
    """The process ended here, as far as the desk is concerned."""


class CutOffRecord(ExecutionRecord):
    """A record whose process ends before the first answer is on it."""

    def answered(self, order_id: str, answer: Answered, reason: str) -> None:
        """Never on record.

        Raises:
            CutOffError: always.
        """
        raise CutOffError(f"{order_id} was {answer}, and the process ended before that was on record {reason}".strip())


class FaultDesk:
    """Stands for the service `execution`: the desk itself, with a fault in each session that has something to open.

    Args:
        made: a desk as after a start, over this record of orders.
        faults: in the order in which they are to be tried.

    Attributes:
        tried: by session.
        by_hand: cents of cash (under the empty name) and shares that somebody changed without an order.
    """

    def __init__(
        self,
        server: TradingServer,
        records: Records,
        made: Callable[[ExecutionRecord], BrokerDesk],
        faults: Sequence[Fault],
        clock: Callable[[], datetime],
    ) -> None:
        self._server, self._records, self._made, self._clock = server, records, made, clock
        self._left = list(faults)
        self._now: Fault | None = None
        self._desk = made(records.orders)
        self.tried: dict[date, str] = {}
        self.by_hand: Counter[str] = Counter()

    @property
    def not_tried(self) -> tuple[str, ...]:
        """Faults that are left."""
        return tuple(self._left)

    def settle(self, session: date, batch: pa.Table) -> BookView:
        """See `BrokerDesk.settle`."""
        return self._desk.settle(session, closes_of(batch))

    def execute(self, session: date, orders: Sequence[OrderRequest], batch: pa.Table) -> int:
        """See `BrokerDesk.execute`; the next fault is in it when there is something to open."""
        self._now = self._left.pop(0) if self._left and orders else None
        if self._now is not None:
            self.tried[session] = self._now
        self._before()
        sent = self._executed(session, orders, batch)
        self._after(session)
        return sent

    def watch(self) -> Reconciled:
        """See `BrokerDesk.watch`."""
        return self._desk.watch()

    def reconcile(self) -> Reconciled:
        """See `BrokerDesk.reconcile`."""
        return self._desk.reconcile()

    def books(self) -> Books:
        """See `BrokerDesk.books`."""
        return self._desk.books()

    def volume(self, print_number: int, symbol: str) -> int:
        """Shares of one print; few while fills are partial, so that an entry is done only in part at the close."""
        if self._now != "partial fills":
            return ALL
        return PART + print_number + len(symbol)

    def market_is_over(self) -> None:
        """What was held back is told now, the latest first."""
        if self._now == "duplicate and late events":
            self._server.release(newest_first=True)
            self._server.echoes = 1

    def _executed(self, session: date, orders: Sequence[OrderRequest], batch: pa.Table) -> int:
        closes = closes_of(batch)
        if self._now != "restart between sending and recording":
            return self._desk.execute(session, orders, closes)
        dying = self._made(CutOffRecord(self._records.orders.pool, clock=self._clock))
        try:
            dying.execute(session, orders, closes)
        except CutOffError:
            self._desk = self._made(self._records.orders)
        return self._desk.execute(session, orders, closes)

    def _before(self) -> None:
        server = self._server
        if self._now == "500 after it was taken":
            server.faults.append("fail_after")
        elif self._now == "500 before it was taken":
            server.faults.append("fail_before")
        elif self._now == "disconnect in mid-order":
            server.disconnect()
            server.faults.append("hang_after")
        elif self._now == "duplicate and late events":
            server.echoes, server.withheld = 2, []
        elif self._now == "suspended":
            self._say("suspend")
        elif self._now == "broker away":
            server.away = True
            self._desk.reconcile()

    def _after(self, session: date) -> None:
        if self._now == "suspended":
            self._say("resume")
        elif self._now == "broker away":
            self._server.away = False
        elif self._now == "rejected later":
            sent = [one for one in self._records.orders.orders() if one.session == session]
            with self._server.lock:
                self._reject([one for one in sent if one.purpose == "open" and one.answer == "accepted"])
        elif self._now == "change by hand":
            with self._server.lock:
                self._by_hand()

    def _reject(self, sent: Sequence[Ordered]) -> None:
        names = {one.order_id for one in sent[:1]}
        for broker_id, order in list(self._server.account.orders.items()):
            if order["client_order_id"] in names:
                self._server.account.end(broker_id, "rejected")

    def _by_hand(self) -> None:
        """A deposit, a purchase, an order that stays open, and half a position of ours sold."""
        account = self._server.account
        account.cash_usd += BY_HAND_USD
        self.by_hand[""] += BY_HAND_USD * 100
        account.by_hand("SPY", "buy", BY_HAND_SHARES, Decimal("110.17"))
        stays = {"symbol": "SPY", "side": "buy", "type": "limit", "limit_price": "1.00", "time_in_force": "gtc"}
        account.submit({**stays, "qty": BY_HAND_SHARES})
        ours = {trade.opening.symbol for trade in self._desk.books().trades.values() if trade.held}
        for symbol in sorted(ours & set(account.held)):
            shares, cost = account.held[symbol]
            if shares > 1:
                for broker_id, order in list(account.orders.items()):  # they hold the shares
                    if order["symbol"] == symbol and order["side"] == "sell":
                        account.cancel(broker_id)
                account.by_hand(symbol, "sell", shares // 2, round(cost / shares, 2))
                return

    def _say(self, action: Literal["suspend", "resume"]) -> None:
        self._records.controls.give(Control(action, "rehearsal", "a rehearsal of it", self._clock()))
