"""The simulator: the engine behind the broker port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from trading.arrays import Ints
from trading.broker.orders import OrderRequest, Replacement
from trading.broker.port import BrokerCash, BrokerEvent, BrokerOrder, BrokerPosition, EventKind, Outcome, Status
from trading.engine.bars import Bars, CorporateAction, Step
from trading.engine.engine import Engine
from trading.engine.requests import OrderRequests
from trading.ledger.double_entry import Draft


class SimulatedBroker:
    """An account at a broker that exists in this process only; a `trading.broker.port.Broker`.

    Time passes by `advance`. What is submitted after a bar fills on the next one at the earliest. No answer is ever
    unknown: tests that need that put a broker of their own in front.

    Args:
        engine: over an empty account.
        step: the bar time before the first one.
        cash_cents: what the account opens with.
    """

    def __init__(self, engine: Engine, step: Step, cash_cents: int) -> None:
        self._engine = engine
        self._step = step
        self._last: Ints = np.zeros(0, np.int64)
        self._orders: dict[str, BrokerOrder] = {}
        self._events: list[BrokerEvent] = []
        self.journal: list[Draft] = []
        engine.deposit(step, cash_cents)
        self._take()

    def advance(self, bars: Bars, actions: Sequence[CorporateAction] = ()) -> None:
        """The bars have passed; what they filled is told by `events`."""
        self._step = bars.step
        self._engine.step(bars, actions)
        if len(self._last) < len(bars):
            self._last = np.concatenate([self._last, np.zeros(len(bars) - len(self._last), np.int64)])
        np.copyto(self._last[: len(bars)], bars.close_usd_e4, where=bars.printed)
        self._take()

    def submit(self, requests: Sequence[OrderRequest]) -> list[Outcome]:
        """See `Broker.submit`."""
        account = self._engine.account
        last = np.concatenate([self._last, np.zeros(max(0, len(account.instruments) - len(self._last)), np.int64)])
        refused = self._engine.submit(OrderRequests.of(requests, account.instruments.numbers), self._step, last)
        self._take()
        return [_outcome(request.order_id, refused) for request in requests]

    def cancel(self, order_ids: Sequence[str]) -> list[Outcome]:
        """See `Broker.cancel`."""
        refused = self._engine.cancel(order_ids, self._step)
        self._take()
        return [_outcome(order_id, refused) for order_id in order_ids]

    def replace(self, changes: Sequence[Replacement]) -> list[Outcome]:
        """See `Broker.replace`."""
        refused = self._engine.replace(changes, self._step)
        self._take()
        return [_outcome(change.order_id, refused) for change in changes]

    def orders(self, order_ids: Sequence[str] | None = None) -> list[BrokerOrder]:
        """See `Broker.orders`."""
        if order_ids is None:
            return [order for order in self._orders.values() if order.status == "open"]
        return [self._orders[order_id] for order_id in order_ids if order_id in self._orders]

    def positions(self) -> list[BrokerPosition]:
        """See `Broker.positions`."""
        account = self._engine.account
        return [
            BrokerPosition(account.instruments.symbols[i], int(account.shares[i]), int(account.cost_cents[i]))
            for i in account.held().tolist()
        ]

    def cash(self) -> BrokerCash:
        """See `Broker.cash`."""
        account, rules = self._engine.account, self._engine.rules.account
        equity = account.cash_cents + account.positions_cents
        return BrokerCash(account.cash_cents, equity, rules.buying_power_cents(account))

    def events(self, since: str, limit: int = 1000) -> list[BrokerEvent]:
        """See `Broker.events`."""
        start = int(since) if since else 0
        return self._events[start : start + limit]

    def _take(self) -> None:
        """What the engine wrote is in the journal, told as events and seen in the orders."""
        drafts = self._engine.log.drafts()
        self._engine.log.clear()
        self.journal.extend(drafts)
        for draft in drafts:
            if draft.kind in {"order", "refuse"}:
                self._open(draft)
            elif draft.kind == "fill":
                self._fill(draft)
            elif draft.kind == "cancel":
                self._end(draft, "expired" if draft.payload["expired"] else "cancelled")
            elif draft.kind == "replace":
                order = self._orders[draft.payload["order_id"]]
                self._orders[order.order_id] = replace(order, shares=draft.payload["shares"])
                self._tell(draft, order, "replaced")
            elif draft.kind == "split":
                for order_id, shares in draft.payload["orders"].items():
                    self._orders[order_id] = replace(self._orders[order_id], shares=shares)

    def _open(self, draft: Draft) -> None:
        told = draft.payload
        refused = draft.kind == "refuse"
        order = BrokerOrder(
            order_id=told["order_id"],
            broker_id=f"sim:{told['order_id']}",
            symbol=told["symbol"],
            side=told["side"],
            shares=told["shares"],
            status="refused" if refused else "open",
            reason=told["reason"] if refused else "",
        )
        self._orders[order.order_id] = order
        self._tell(draft, order, "refused" if refused else "accepted")

    def _fill(self, draft: Draft) -> None:
        told = draft.payload
        order_id = told["order_id"]
        new = BrokerOrder(
            order_id=order_id,
            broker_id=f"sim:{order_id}",
            symbol=told["symbol"],
            side=told["side"],
            shares=told["ordered_shares"],
            status="open",
        )
        order = self._orders.get(order_id, new)
        filled = order.filled_shares + told["shares"]
        value = order.average_price_usd_e4 * order.filled_shares + told["price_usd_e4"] * told["shares"]
        status: Status = "open" if told["remaining_shares"] else "filled"
        order = replace(order, filled_shares=filled, average_price_usd_e4=value // filled, status=status)
        self._orders[order_id] = order
        fees = told["commission_cents"] + told["fees_cents"]
        self._tell(draft, order, "filled", shares=told["shares"], price_usd_e4=told["price_usd_e4"], fees_cents=fees)

    def _end(self, draft: Draft, status: Status) -> None:
        order = self._orders.get(draft.payload["order_id"])
        if order is None:  # a leg that never traded is no order of its owner's
            return
        order = replace(order, status=status, reason=draft.payload["reason"])
        self._orders[order.order_id] = order
        self._tell(draft, order, "expired" if status == "expired" else "cancelled")

    def _tell(self, draft: Draft, order: BrokerOrder, kind: EventKind, **facts: int) -> None:
        event = BrokerEvent(
            cursor=str(len(self._events) + 1),
            event_id=draft.command_id,
            order_id=order.order_id,
            broker_id=order.broker_id,
            symbol=order.symbol,
            side=order.side,
            kind=kind,
            at=datetime.fromisoformat(draft.payload["at"]),
            reason=order.reason,
            **facts,
        )
        self._events.append(event)


def _outcome(order_id: str, refused: dict[str, str]) -> Outcome:
    reason = refused.get(order_id)
    return Outcome(order_id, "refused", reason) if reason else Outcome(order_id, "accepted")
