"""A broker's account beside its books: asked, compared, adopted; and nothing new is opened while that can't be done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trading.broker.controls import Action, Control, Controls
from trading.broker.events import EventRecord
from trading.broker.port import Broker, BrokerEvent, BrokerOrder
from trading.broker.reconciliation import Adoption, Holdings, differences, expected, foreign_orders
from trading.errors import BadDataError, ConfigurationError, LedgerError, UnavailableError

LOOKS = 5
"""At most; two in a row must agree before anything is adopted, because a fill may come between two questions."""
PAGE = 1_000
MOST_EVENTS = 1_000_000
TOLERANCE_CENTS = 1


class AdoptionRecord(EventRecord, Protocol):
    """Where events and adoptions are kept."""

    def adoptions(self) -> list[Adoption]:
        """All of them, oldest first."""
        ...

    def adopt(self, adoptions: Sequence[Adoption], *, after: int, cursor: str) -> None:
        """They are on record unless adoptions or events came in between."""
        ...

    def order_ids(self) -> Collection[str]:
        """Of the orders that this book knows as its own."""
        ...


class Controlling(Protocol):
    """Where the state of trading is kept."""

    def give(self, one: Control) -> Controls:
        """The control is on record."""
        ...

    def state(self) -> Controls:
        """How trading stands."""
        ...


@dataclass(frozen=True)
class Reconciled:
    """How it ended.

    Attributes:
        adopted: what the books took over.
        made_elsewhere: fills of orders that have no id of ours.
        refused: why trading may not go on; empty when it may.
        open_orders: at the broker, those made elsewhere included; None when nobody could tell.
    """

    adopted: tuple[Adoption, ...] = ()
    made_elsewhere: tuple[BrokerEvent, ...] = ()
    refused: str = ""
    open_orders: tuple[BrokerOrder, ...] | None = None


@dataclass(frozen=True)
class Reconciliation:
    """Of one account; run it at start and between cycles.

    Attributes:
        first: what must hold before the account is looked at; what it raises refuses trading.
        pause: passes some time before a difference is looked at again: a position may show a fill before events do.
    """

    broker: Broker
    record: AdoptionRecord
    controls: Controlling
    clock: Callable[[], datetime]
    first: Callable[[], object] = lambda: None
    pause: Callable[[], object] = lambda: None

    def run(self) -> Reconciled:
        """The books say what the account holds, or trading is refused with the reason on record."""
        try:
            self.first()
            found = self._settled()
        except (UnavailableError, BadDataError, LedgerError, ConfigurationError) as error:
            self._say("unreconciled", str(error))
            return Reconciled(refused=str(error))
        if self.controls.state().unreconciled:
            self._say("reconciled", "the broker's account and the books agree")
        return found

    def _settled(self) -> Reconciled:
        before: tuple[str, list[Adoption]] | None = None
        for _ in range(LOOKS):
            events = self._events()
            adopted = self.record.adoptions()
            cursor = events[-1].cursor if events else ""
            books = expected(events, adopted)
            change = differences(books, self._held(), first=not adopted, tolerance_cents=TOLERANCE_CENTS)
            waiting = self.broker.orders()
            change += foreign_orders(waiting, self.record.order_ids(), adopted)
            if (cursor, change) == before:
                if change:
                    self.record.adopt(change, after=len(adopted), cursor=cursor)
                foreign = tuple(event for event in events if event.kind == "filled" and not event.order_id)
                return Reconciled(tuple(change), foreign, open_orders=tuple(waiting))
            before = cursor, change
            if change:
                self.pause()
        raise UnavailableError(
            f"The broker's account gave another answer each of {LOOKS} times. Nothing was adopted and nothing new is "
            "opened until it stands still; it is looked at again."
        )

    def _held(self) -> Holdings:
        held = {position.symbol: position.shares for position in self.broker.positions()}
        return Holdings(self.broker.cash().cash_cents, held)

    def _events(self) -> list[BrokerEvent]:
        """All there are, those asked for now included."""
        found: list[BrokerEvent] = self.broker.events("", PAGE)
        while found and len(found) % PAGE == 0 and len(found) < MOST_EVENTS:
            more = self.record.after(found[-1].cursor, PAGE)
            if not more:
                break
            found.extend(more)
        return found

    def _say(self, action: Action, reason: str) -> None:
        if action == "unreconciled" and self.controls.state().unreconciled == reason:
            return
        self.controls.give(
            Control(
                "unreconciled" if action == "unreconciled" else "reconciled", "reconciliation", reason, self.clock()
            )
        )
