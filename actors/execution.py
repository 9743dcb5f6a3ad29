"""Execution: the only writer of the book at a broker, and the only service that orders anything there."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import structlog

from actors.service import Condition, Service
from actors.wiring import Wiring, now
from adapters.postgres.broker_record import BrokerRecord, ControlRecord
from adapters.postgres.execution_record import ExecutionRecord
from execution.book_on_record import Records
from execution.desk import PART_FILLED, BrokerDesk, DeskTerms
from execution.opening import BROKERS, connect, listen
from trading.broker.orders import OrderRequest
from trading.cycle.stages import closes_of
from trading.decisions.book_view import BookView
from trading.errors import ConfigurationError, UnavailableError

AFTER_NEWS_S = PART_FILLED.total_seconds() + 1
"""From what the stream told to the look at the account that follows from it."""
ANSWERS_EVERY_S = 15.0
"""So often the owner's answers are looked for, between two looks at the account."""


class Execution(Service):
    """The desk over the broker's port; a thread hears its stream and another one reconciles at start and on and on."""

    name = "execution"

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        account = wiring.broker
        if account is None:
            raise ConfigurationError("No broker is set, so nothing can be ordered. Set INPLAY_BROKER.")
        records = Records(
            BrokerRecord(self.pool, clock=now), ExecutionRecord(self.pool, clock=now), ControlRecord(self.pool)
        )
        self._broker = broker = connect(account, records.events, now)
        self._updates = listen(account, self._heard, self._not_taken)
        live = BROKERS[account.broker].live
        terms = DeskTerms(account.broker, account.decides_by, wiring.decisions, live=live, approval=wiring.approval)
        self._desk = BrokerDesk(
            broker, broker.account_id, records, terms, now, listening=lambda: self._updates.listening
        )  # fmt: skip
        self._every_s, self._stop, self._told = account.reconcile_every_s, threading.Event(), threading.Event()
        self._updates.__enter__()
        threading.Thread(target=self._watch, name="reconciling", daemon=True).start()

    def settle(self, session: date, batch: pa.Table) -> BookView:
        """The book at the close of the session; see `BrokerDesk.settle`."""
        return self._desk.settle(session, closes_of(batch))

    def execute(self, session: date, orders: Sequence[OrderRequest], batch: pa.Table) -> int:
        """The session's orders sent, or withheld; see `BrokerDesk.execute`."""
        return self._desk.execute(session, orders, closes_of(batch))

    def condition(self) -> Condition:
        """Degraded while the account can't be reconciled."""
        trouble = self._desk.trouble
        return ("degraded", trouble) if trouble else super().condition()

    def close(self) -> None:
        """The stream and the looks have ended; for a service that isn't an actor."""
        self._stop.set()
        self._told.set()  # which ends the pause
        self._updates.__exit__(None, None, None)

    def _heard(self, update: Mapping[str, Any]) -> int:
        new = self._broker.heard(update)
        if new:
            self._told.set()
        return new

    def _watch(self) -> None:
        while True:
            try:
                self._desk.watch()
            except UnavailableError as error:
                structlog.get_logger().warning("broker_not_reconciled", reason=str(error))
            if self._pause():
                return

    def _pause(self) -> bool:
        """It is time for the next look; True when there is none.

        After news it comes once part fills are old enough, and at once after an answer of the owner.
        """
        ends = time.monotonic() + self._every_s
        while not self._stop.is_set() and (left_s := ends - time.monotonic()) > 0:
            if self._told.wait(min(left_s, ANSWERS_EVERY_S)):
                self._told.clear()
                ends = min(ends, time.monotonic() + AFTER_NEWS_S)
            elif self._is_due():
                break
        return self._stop.is_set()

    def _is_due(self) -> bool:
        try:
            return self._desk.is_due()
        except UnavailableError:  # the look that follows says so
            return False

    @staticmethod
    def _not_taken(words: str) -> None:
        facts: Mapping[str, str] = {"reason": words}
        structlog.get_logger().warning("trade_update_not_taken", **facts)
