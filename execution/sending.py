"""Orders of one session to a broker: planned, on record, then sent one by one, each with its answer on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from adapters.calendar import following, session_on, sessions_between
from execution.book_on_record import UNREACHED, BookOnRecord
from trading.approval.asked import REFUSED
from trading.broker.book import BOOK, LEGS, Ordered, Trade, root, spent_cents
from trading.broker.controls import Control
from trading.broker.orders import OrderRequest
from trading.broker.port import BrokerOrder

NAMED = 20
"""Symbols at most in one sentence."""


@dataclass(frozen=True)
class Sender:
    """What `BrokerDesk.execute` does.

    Attributes:
        live: with money.
        clock: the time in UTC.
    """

    book: BookOnRecord
    live: bool
    clock: Callable[[], datetime]

    def place(
        self,
        session: date,
        orders: Sequence[OrderRequest],
        closes_usd_e4: Mapping[str, int],
        open_orders: Sequence[BrokerOrder] | None,
    ) -> None:
        """The session's exits, protections and openings are on record, none of them sent."""
        now = self.clock()
        planned = self._closing(session, closes_usd_e4, open_orders, now)
        planned += [
            Ordered.opening(one, session=session, close_usd_e4=closes_usd_e4[one.symbol], at=now) for one in orders
        ]
        self.book.records.orders.place(session, planned)

    def complete(self, session: date, open_orders: Sequence[BrokerOrder] | None) -> None:
        """Exits that are due and stops that are missing are on record, where the session's evening couldn't do it.

        The broker was away, the legs didn't end in time, or an entry has ended with a part of it filled since. Of one
        position there are at most one stop and one sale a session, so that what the broker refuses isn't repeated.
        """
        known = {one.order_id for one in self.book.books().ordered}
        planned = self._closing(session, {}, open_orders, self.clock())
        late = [one for one in planned if one.order_id not in known]
        if late:
            self.book.records.orders.add(late)

    def _closing(
        self,
        session: date,
        closes_usd_e4: Mapping[str, int],
        open_orders: Sequence[BrokerOrder] | None,
        now: datetime,
    ) -> list[Ordered]:
        exits = self._exits(session, now)
        leaving = {one.entry_id for one in exits}
        bare = [t for t in self._bare(open_orders) if t.opening.order_id not in leaving]
        return exits + [self._protection(session, trade, closes_usd_e4, now) for trade in bare]

    def send(self, session: date) -> int:
        """Each order of the session without an answer was sent or withheld; returns how many the broker has.

        Openings that the owner is asked about wait until they are decided.

        When the broker stops answering in the middle, those that follow stay unsent until it is watched again.
        """
        withheld: list[tuple[Ordered, str]] = []
        asked = self.book.records.approvals.settle(session, BOOK, self.clock())
        reconciled = any(mark.session == session and mark.reconciled for mark in self.book.records.orders.marks())
        for one in self.book.records.orders.orders():
            if one.session != session or one.answer:
                continue
            why = self._refusal(one, reconciled=reconciled) if one.purpose == "open" else ""
            if asked is not None and one.purpose == "open" and not why:
                answer = asked.answers.get(one.order_id)
                if answer is None:  # it waits for the owner
                    continue
                why = answer.refusal
            if why:
                self.book.records.orders.answered(one.order_id, "withheld", why)
                if not why.startswith(REFUSED):  # what the owner said is on record already
                    withheld.append((one, why))
                continue
            outcome = self.book.broker.submit([one.request()])[0]
            self.book.records.orders.answered(one.order_id, outcome.answer, outcome.reason)
            if outcome.answer == "unknown" and not self._answers():
                break
        if withheld:
            names = ", ".join(one.symbol for one, _ in withheld[:NAMED])
            self._say(f"{len(withheld)} orders of {session} ({names}) withheld: {withheld[0][1]}")
        return sum(one.session == session and one.answer == "accepted" for one in self.book.records.orders.orders())

    def _answers(self) -> bool:
        try:
            self.book.broker.cash()
        except UNREACHED:
            return False
        return True

    def _refusal(self, one: Ordered, *, reconciled: bool) -> str:
        """Why the opening isn't sent; empty when it is.

        Args:
            one: the opening.
            reconciled: the book that it was sized by was the account's.
        """
        books, now = self.book.books(), self.clock()
        state = self.book.records.controls.state()
        spent = spent_cents(books.trades.values(), state.armed_at)
        refused = state.opening_refused(live=self.live, cost_cents=spent + one.most_cents, at=now)
        if refused:
            return refused
        if not reconciled:
            return f"the account could not be reconciled when {one.session} was decided, so its size may be wrong"
        session, opens_at, _ = following(one.session)
        if now >= opens_at:
            return f"the open of {session} that it was for has passed"
        free_cents = books.free_cents()
        if one.most_cents > free_cents:
            return f"it may cost USD {one.most_cents / 100:,.2f}, and USD {free_cents / 100:,.2f} of cash are free"
        return ""

    def _exits(self, session: date, now: datetime) -> list[Ordered]:
        """Sales of what was held for its longest time; stop and target hold the shares, so they are cancelled first."""
        exits, books = [], self.book.books()
        tried = {o.entry_id for o in books.ordered if o.purpose == "exit" and (o.session == session or not o.answer)}
        for name, trade in books.trades.items():
            if name in tried or not books.left(trade) or not self._due(trade, session):
                continue
            if any(one.purpose == "exit" for one in trade.working.values()):
                continue
            if not self._freed(trade):
                self._say(f"the exit of {trade.opening.symbol} ({name}) withheld: its stop and target didn't end")
                continue
            left = self.book.books().left(trade)
            if left:
                why = self._why_sold(session, trade, now)
                exits.append(Ordered.sale(trade.opening, session=session, shares=left, reason=why, at=now))
        return exits

    def _why_sold(self, session: date, trade: Trade, now: datetime) -> str:
        held = f"held for {trade.opening.hold_sessions} sessions"
        if now < following(session)[1]:
            return held
        return f"{held}; late, within the session: it couldn't be sent after the close of {session}"

    def _freed(self, trade: Trade) -> bool:
        names = [trade.opening.order_id + leg for leg in LEGS]
        try:
            return self.book.cancel([*names, *trade.working])
        except UNREACHED:
            return False

    def _due(self, trade: Trade, session: date) -> bool:
        hold = trade.opening.hold_sessions
        if not hold or trade.first_fill_at is None:
            return False
        return len(sessions_between(session_on(trade.first_fill_at), session)) >= hold

    def _bare(self, open_orders: Sequence[BrokerOrder] | None) -> list[Trade]:
        """Trades whose shares no open order would sell: legs live only once the whole entry has filled.

        A sale that was made elsewhere, by hand or by the kill switch, holds the shares: a stop would be refused.
        """
        if open_orders is None:
            return []
        books = self.book.books()
        ours = {one.order_id for one in books.ordered}
        listed = {order.order_id for order in open_orders}
        selling = {one.symbol for one in open_orders if one.side == "sell" and root(one.order_id) not in ours}
        planned = {one.entry_id for one in books.ordered if one.purpose != "open" and not one.answer}
        return [
            trade for name, trade in books.trades.items()
            if books.left(trade) and trade.entry_ended and not trade.working and name not in planned
            and trade.opening.symbol not in selling
            and not any(name + leg in listed for leg in LEGS) and self._has_no_leg(name)
        ]  # fmt: skip

    def _has_no_leg(self, name: str) -> bool:
        """Asked of the broker: a leg may live since the list was made, and one that is held isn't on every list."""
        try:
            return not any(leg.status == "open" for leg in self.book.broker.orders([name + leg for leg in LEGS]))
        except UNREACHED:
            return False  # the next look asks again

    def _protection(
        self, session: date, trade: Trade, closes_usd_e4: Mapping[str, int], now: datetime
    ) -> Ordered:  # fmt: skip
        """A stop of its own, at the price decided; a sale where the price is below it already, as far as is known."""
        books, entry = self.book.books(), trade.opening
        shares, why = books.left(trade), "neither stop nor target was open"
        stop = Ordered.stop(entry, session=session, shares=shares, reason=why, at=now)
        if closes_usd_e4.get(entry.symbol, stop.stop_usd_e4 + 1) <= stop.stop_usd_e4:
            why = "no stop was open, and the close is below its price"
        elif any(one.order_id == stop.order_id and one.answer == "refused" for one in books.ordered):
            why = "no stop is open, and the broker refused one"
        else:
            return stop
        return Ordered.sale(entry, session=session, shares=shares, reason=why, at=now)

    def _say(self, words: str) -> None:
        self.book.records.controls.give(Control("withheld", "execution", words, self.clock()))
