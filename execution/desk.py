"""The book at a broker: settled from what the broker told, never from a simulated fill, and ordered for by its port."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from adapters.calendar import following
from adapters.exchange_time import NEW_YORK
from adapters.postgres.execution_record import Look, Mark
from execution.asking import ask
from execution.book_on_record import UNREACHED, BookOnRecord, Books, Records
from execution.reconciling import Reconciled, Reconciliation
from execution.sending import Sender
from trading.approval.asked import ApprovalTerms
from trading.broker.book import BOOK, Ordered, Trade, history_of, last_prices
from trading.broker.orders import OrderRequest
from trading.broker.port import Broker
from trading.decisions.arms import Arm
from trading.decisions.book_view import BookView
from trading.decisions.restrictions import restriction, standing
from trading.money import cents
from trading.risk.decision_rules import DecisionRules
from trading.risk.past import Past

PART_FILLED = timedelta(minutes=1)
"""So long an entry may fill in parts; its shares have no stop until then. A convention."""
PAUSE_S = 3.0
"""Before a difference is looked at again."""


@dataclass(frozen=True)
class DeskTerms:
    """What the book depends on beside the account.

    Attributes:
        broker: `alpaca-paper`, `alpaca-live`.
        decides_by: the system that it follows; without models the ensemble's decisions are those of the rules.
        limits: of risk.
        live: whether it trades with money.
        approval: what the owner wants to be asked before anything is opened; None for nothing.
    """

    broker: str
    decides_by: Arm
    limits: DecisionRules
    live: bool
    approval: ApprovalTerms | None = None


class BrokerDesk:
    """The book; every command may be repeated, and one at a time is carried out.

    Args:
        broker: of the account.
        identity: tells whose account it is.
        records: where the book is kept.
        terms: what it follows.
        clock: the time in UTC.
        wait: passes that many seconds.
        listening: whether the broker's stream is heard, for the record.
    """

    def __init__(
        self,
        broker: Broker,
        identity: Callable[[], str],
        records: Records,
        terms: DeskTerms,
        clock: Callable[[], datetime],
        *,
        wait: Callable[[float], object] = time.sleep,
        listening: Callable[[], bool] = lambda: False,
    ) -> None:
        self._broker, self._identity, self._records, self._terms = broker, identity, records, terms
        self._clock, self._wait, self._listening = clock, wait, listening
        self._book = BookOnRecord(records, broker, wait)
        self._lock = threading.RLock()
        self._last = Reconciled(refused="nothing was looked at yet")

    def settle(self, session: date, closes_usd_e4: Mapping[str, int]) -> BookView:
        """The book at the close of the session, from the broker's events; a repeat answers the same.

        What is left of entries of earlier sessions is cancelled first. While the broker can't be asked, it is the book
        as the record has it, and says so.
        """
        with self._lock:
            marks = self._records.orders.marks()
            mark = next((one for one in marks if one.session == session), None)
            if mark is None:
                self._cancel_entries(lambda trade: trade.opening.session < session)
                mark = self._mark(session, closes_usd_e4, marks, self.reconcile())
                self._records.orders.mark(mark)
            return self._view(mark, marks)

    def _view(self, mark: Mark, marks: Sequence[Mark]) -> BookView:
        return BookView.of(
            standing(self._past(mark.session, mark.equity_cents, marks), self._terms.limits, mark.drawdown),
            name=BOOK,
            decides_by=self._terms.decides_by,
            equity_cents=mark.equity_cents,
            symbols=mark.symbols,
            exposure_cents=mark.exposure_cents,
        )

    def _past(self, session: date, equity_cents: int, marks: Sequence[Mark]) -> Past:
        """The book up to the session's close; what it was worth where the broker couldn't be asked is left out."""
        before = [one for one in marks if one.session < session]
        curve = {one.session: one.equity_cents for one in before if one.reconciled}
        curve[session] = equity_cents
        return Past(
            sessions=sorted({session, *(one.session for one in before)}),
            equity_cents={day: worth for day, worth in curve.items() if worth > 0},
            history=history_of(self.books().trades.values(), session, lambda at: at.astimezone(NEW_YORK).date()),
        )

    def execute(self, session: date, orders: Sequence[OrderRequest], closes_usd_e4: Mapping[str, int]) -> int:
        """The session's orders are with the broker, or it is on record why not; returns how many it took.

        Exits come first. A repeat sends only those whose sending has no answer on record, under the same ids. Openings
        that the owner is asked about are on record and wait for the answer, or for what no answer means.
        """
        with self._lock:
            sender = self._sender()
            if not self._records.orders.is_placed(session):
                if self._last.open_orders is None:  # after a restart, or while the broker was away
                    self.reconcile()
                if self._terms.approval is not None:  # first, so that a watch after a crash finds the list
                    ask(
                        self._records.approvals, self._terms.approval, session, orders,
                        closes_usd_e4=closes_usd_e4, at=self._clock(),
                    )  # fmt: skip
                sender.place(session, orders, closes_usd_e4, self._last.open_orders)
            return sender.send(session)

    def watch(self) -> Reconciled:
        """The account is reconciled, and what the latest session's evening couldn't do is done.

        Orders that weren't sent yet are sent or withheld, exits that are due go out, and shares that no order would
        sell get a stop. While trading is suspended, or a daily check failed, entries of which nothing has filled are
        cancelled. What is left of an entry that filled in part `PART_FILLED` ago is cancelled at any time: its legs
        live only once all of it has filled, and Alpaca takes no stop beside a purchase that is open.
        """
        with self._lock:
            found = self.reconcile()
            if not found.refused and self._cancel_entries(self._to_be_cancelled()):
                found = self.reconcile()
            session = self._records.orders.last_placed()
            if session is not None and not found.refused:
                self._sender().complete(session, found.open_orders)
            pending = {one.session for one in self._records.orders.orders() if not one.answer}
            if pending and not found.refused:
                self._sender().send(max(pending))
            return found

    def _to_be_cancelled(self) -> Callable[[Trade], bool]:
        paused, before = bool(self._records.controls.state().paused), self._clock() - PART_FILLED

        def wanted(trade: Trade) -> bool:
            return paused if trade.first_fill_at is None else trade.first_fill_at <= before

        return wanted

    def is_due(self) -> bool:
        """Whether an opening that waited for the owner's answer can be sent or withheld now."""
        return self._terms.approval is not None and self._records.approvals.is_due(BOOK, self._clock())

    @property
    def trouble(self) -> str:
        """Why the account isn't reconciled; empty when it is."""
        return self._last.refused

    def reconcile(self) -> Reconciled:
        """The account was compared with the books, and how that ended is on record."""
        with self._lock:
            self._last = Reconciliation(
                self._broker, self._records.events, self._records.controls, self._clock,
                first=self._prepare, pause=lambda: self._wait(PAUSE_S),
            ).run()  # fmt: skip
            self._note(self._last)
            return self._last

    def books(self) -> Books:
        """What the record says now."""
        return self._book.books()

    def _sender(self) -> Sender:
        return Sender(self._book, live=self._terms.live, clock=self._clock)

    def _prepare(self) -> None:
        self._records.orders.claim(self._terms.broker, self._identity())
        self._resolve()

    def _cancel_entries(self, wanted: Callable[[Trade], bool]) -> bool:
        """Entries that wait and are wanted have ended, as far as the broker answers; False when there were none."""
        waiting = [
            name for name, trade in self.books().trades.items()
            if trade.waits and trade.opening.answer and wanted(trade)
        ]  # fmt: skip
        if waiting:
            self._last = Reconciled(refused="entries are being cancelled")
            try:
                self._book.cancel(waiting)
            except UNREACHED as error:
                self._last = Reconciled(refused=str(error))  # the reconciliation that follows has it on record
        return bool(waiting)

    def _resolve(self) -> None:
        """Orders whose sending has no certain answer, and those that ended unheard, have one as far as it is known."""
        self._broker.events("", 1)
        books = self.books()
        doubtful = [one for one in books.ordered if one.answer in {"", "unknown"}]
        open_here = [t.opening for t in books.trades.values() if t.waits and t.opening.answer == "accepted"]
        open_here += [
            one for t in books.trades.values() for one in t.working.values() if one.answer == "accepted"
        ]  # fmt: skip
        found = {o.order_id: o for o in self._broker.orders([one.order_id for one in (*doubtful, *open_here)])}
        for one in doubtful:
            self._resolved(one, found[one.order_id].status if one.order_id in found else "")
        for one in open_here:
            status = found[one.order_id].status if one.order_id in found else "unknown to the broker"
            if status not in {"open", "filled"}:
                self._records.orders.answered(one.order_id, "ended", f"it is {status}, and no event told of it")

    def _resolved(self, one: Ordered, status: str) -> None:
        if status == "refused":
            self._records.orders.answered(one.order_id, "refused", "the broker has refused it")
        elif status:
            self._records.orders.answered(one.order_id, "accepted", "the broker has it")
        elif self._clock() >= following(one.session)[2]:
            self._records.orders.answered(one.order_id, "lost", "the session it was for is over and it never arrived")

    def _mark(
        self, session: date, closes_usd_e4: Mapping[str, int], before: Sequence[Mark], found: Reconciled
    ) -> Mark:  # fmt: skip
        books, prices = self.books(), last_prices(self._book.events()) | dict(closes_usd_e4)
        held, waiting = books.holdings.shares, books.waiting_cents()
        values = {symbol: cents(prices[symbol], abs(n)) for symbol, n in held.items() if symbol in prices}
        positions = sum(value if held[symbol] > 0 else -value for symbol, value in values.items())
        cash = books.holdings.cash_cents
        return Mark(
            session=session,
            cash_cents=cash,
            positions_cents=positions,
            symbols=frozenset({*held, *waiting}),
            exposure_cents={n: values.get(n, 0) + waiting.get(n, 0) for n in sorted({*values, *waiting})},
            unpriced=tuple(sorted(set(held) - set(values))),
            drawdown=restriction(self._past(session, cash + positions, before), self._terms.limits),
            reconciled=not found.refused,
        )

    def _note(self, found: Reconciled) -> None:
        self._records.orders.looked(look_of(found, self._terms.broker, listening=self._listening(), at=self._clock()))


def look_of(found: Reconciled, broker: str, *, listening: bool, at: datetime) -> Look:
    """What is on record of a reconciliation."""
    adopted = f"{len(found.adopted)} differences adopted" if found.adopted else "the account and the books agree"
    return Look(
        broker=broker,
        connected=not found.refused,
        listening=listening,
        detail=found.refused or adopted,
        open_orders=None if found.open_orders is None else len(found.open_orders),
        reconciled_at=None if found.refused else at,
        looked_at=at,
    )
