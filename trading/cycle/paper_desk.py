"""The paper desk: all paper books over one journal. Its state is a fold of the journal and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trading.broker.orders import OrderRequest, Replacement
from trading.cycle.summary import SessionSummary
from trading.decisions.arms import Arm
from trading.decisions.book_view import BookView
from trading.decisions.restrictions import standing
from trading.engine.account import Account
from trading.engine.bars import CorporateAction, Quotes, Step
from trading.engine.engine import Engine
from trading.engine.fold import take
from trading.engine.instruments import Instruments
from trading.engine.requests import OrderRequests
from trading.engine.rules import EngineRules
from trading.errors import LedgerError
from trading.ledger.double_entry import GENESIS, Draft, chain, draft_of
from trading.ledger.journal import Journal, SessionDone
from trading.risk.decision_rules import DecisionRules
from trading.risk.past import Past
from trading.risk.trade_history import TradeHistory


@dataclass(frozen=True)
class DeskState:
    """What a decision and a progress line need to know after a session's bar was settled.

    Attributes:
        fills: of this session, both sides, per book.
    """

    views: tuple[BookView, ...]
    fills: Mapping[str, int]


class PaperDesk:
    """The books, one command a session and step; a repeated command changes nothing and answers the same."""

    def __init__(
        self, journal: Journal, books: Mapping[str, Arm], cash_cents: int, rules: EngineRules,
        limits: DecisionRules | None = None,
    ) -> None:  # fmt: skip
        self._limits = limits or DecisionRules()
        self._journal = journal
        self._decides_by = dict(books)
        self._cash_cents = cash_cents
        self._rules = rules
        self._loaded = False

    def _load(self) -> None:
        """The state of the journal; after a failed write it is unknown which side won, so it is read again."""
        if self._loaded:
            return
        self._instruments = Instruments()
        self._books = {name: Account(name, self._instruments) for name in self._decides_by}
        self._seq, self._hash = 0, GENESIS
        self._fills: dict[date, dict[str, int]] = {}
        self._histories = {name: TradeHistory() for name in self._decides_by}
        for entry in self._journal.load():
            draft = draft_of(entry.body)
            for book in self._books.values():
                take(book, draft)
            self._note(draft)
            self._seq, self._hash = entry.seq, entry.hash
        self._completed = self._journal.completed_sessions()
        self._loaded = True

    def _note(self, draft: Draft) -> None:
        history = self._histories.get(str(draft.payload.get("book", "")))
        if history is not None:
            history.take(draft.kind, draft.session, draft.payload)
        if draft.kind == "fill":
            counts = self._fills.setdefault(draft.session, dict.fromkeys(self._books, 0))
            counts[draft.payload["book"]] += 1

    def _append(self, drafts: Sequence[Draft], done: SessionDone | None = None) -> None:
        entries = chain(drafts, last_seq=self._seq, last_hash=self._hash)
        self._loaded = False
        self._journal.append(entries, done)
        self._loaded = True
        for draft in drafts:
            self._note(draft)
        if entries:
            self._seq, self._hash = entries[-1].seq, entries[-1].hash
        if done is not None:
            self._completed[done.session] = done.stocks_in_play

    @property
    def journal_hash(self) -> str:
        """The hash of the last entry."""
        self._load()
        return self._hash

    def sessions(self) -> list[date]:
        """Sessions whose orders are placed, ascending."""
        self._load()
        return sorted(self._completed)

    def is_settled(self, session: date) -> bool:
        """Whether the session's bar was done to any book."""
        self._load()
        return any(session in book.equity_cents for book in self._books.values())

    def completed(self, session: date) -> SessionSummary | None:
        """What a complete session ended with; None if it isn't complete."""
        self._load()
        if session not in self._completed:
            return None
        equity = {name: book.equity_cents[session] for name, book in self._books.items()}
        return SessionSummary(
            session=session,
            equity_cents=equity,
            fills=dict(self.state(session).fills),
            stocks_in_play=self._completed[session],
        )

    def settle(
        self, session: date, quotes: Quotes, actions: Sequence[CorporateAction]
    ) -> DeskState:  # fmt: skip
        """The session's bar done to every book: corporate actions, entries at the open, exits, marks at the close.

        Raises:
            LedgerError: when the session is not the next one: an earlier one is still without its orders, or a later
                one is settled already. Nothing was written.
        """
        self._load()
        self._require_next(session)
        drafts: list[Draft] = []
        bars = quotes.at(Step.daily(session), self._instruments)
        for book in self._books.values():
            if session in book.equity_cents:
                continue
            self._loaded = False  # the book changes before the journal does; a crash in between must reload it
            engine = Engine(book, self._rules)
            if not book.equity_cents:
                engine.deposit(bars.step, self._cash_cents)
            engine.step(bars, actions)
            drafts.extend(engine.log.drafts())
        self._append(drafts)
        return self.state(session)

    def place(self, session: date, orders: Mapping[str, Sequence[OrderRequest]], stocks_in_play: int) -> int:
        """The orders wait for the next session's open and the session is complete; returns how many are new.

        Raises:
            LedgerError: when the session is not settled yet, or an order is for a book that isn't here. Nothing was
                written.
        """
        self._load()
        if session in self._completed:
            return 0
        if not all(session in book.equity_cents for book in self._books.values()):
            raise LedgerError(
                f"orders of {session} came before its bar was settled. Nothing was written; settle it first."
            )
        if set(orders) - set(self._books):
            raise LedgerError(f"orders for {sorted(set(orders) - set(self._books))}, which are no books of this desk")
        drafts: list[Draft] = []
        self._loaded = False
        for name, book in self._books.items():
            engine = Engine(book, self._rules)
            # A desk that was started anew knows only the symbols of its journal; decisions know the whole market's.
            self._instruments.add(request.symbol for request in orders.get(name, ()))
            wanted = OrderRequests.of(orders.get(name, ()), self._instruments.numbers)
            engine.submit(wanted, Step.daily(session))
            drafts.extend(engine.log.drafts())
        self._append(drafts, SessionDone(session, f"session:{session}", stocks_in_play))
        return len(drafts)

    def change(
        self, session: date, book: str, cancels: Sequence[str], changes: Sequence[Replacement]
    ) -> dict[str, str]:  # fmt: skip
        """Open orders of the book are cancelled or have new terms; returns the reasons for those that aren't open.

        Raises:
            LedgerError: when `session` is not the one settled last: what it would have met is past. Nothing was
                written.
        """
        self._load()
        account = self.account(book)
        if session != max(account.equity_cents, default=None):
            raise LedgerError(
                f"{book} can't change orders as of {session}: it is not the session settled last. Nothing was written; "
                "look at the open orders and send the change again."
            )
        self._loaded = False  # as in `settle`
        engine = Engine(account, self._rules)
        answers = engine.cancel(cancels, Step.daily(session))
        answers |= engine.replace(changes, Step.daily(session))
        self._append(engine.log.drafts())
        return answers

    def withdraw_openings(self, reason: str) -> list[str]:
        """Waiting orders that would open a position are cancelled as of the session settled last; returns their ids.

        Exits and brackets wait on. A repeat finds none.
        """
        self._load()
        drafts: list[Draft] = []
        withdrawn: list[str] = []
        for account in self._books.values():
            orders = account.orders
            waiting = [orders.ids[row] for row in orders.plain_rows().tolist() if orders.opens[row]]
            if not waiting:
                continue
            self._loaded = False  # as in `settle`
            engine = Engine(account, self._rules)
            engine.cancel(waiting, Step.daily(max(account.equity_cents)), reason)
            drafts.extend(engine.log.drafts())
            withdrawn += waiting
        if drafts:
            self._append(drafts)
        return withdrawn

    def withdraw(self, book: str, reasons: Mapping[str, str]) -> None:
        """Waiting orders of the book are cancelled as of the session settled last; what doesn't wait stays as it is.

        Args:
            book: of the desk.
            reasons: by the order's id.

        Raises:
            LedgerError: when the desk has no such book. Nothing was written.
        """
        account = self.account(book)
        waiting = {name: why for name, why in reasons.items() if account.orders.row(name) >= 0}
        if not waiting:
            return
        self._loaded = False  # as in `settle`
        engine = Engine(account, self._rules)
        for name, why in waiting.items():
            engine.cancel([name], Step.daily(max(account.equity_cents)), why)
        self._append(engine.log.drafts())

    def account(self, book: str) -> Account:
        """The book as its journal tells it, to be read only.

        Raises:
            LedgerError: when the desk has no such book.
        """
        self._load()
        if book not in self._books:
            raise LedgerError(f"this desk has no book {book!r}; it has {', '.join(self._books)}. Nothing was written.")
        return self._books[book]

    def _require_next(self, session: date) -> None:
        settled = {marked for book in self._books.values() for marked in book.equity_cents}
        if session in settled:
            return
        unfinished = sorted(settled - set(self._completed))
        if unfinished:
            raise LedgerError(
                f"{session} can't be settled: {unfinished[0]} has no orders yet. Run that session again first."
            )
        if settled and session < max(settled):
            raise LedgerError(f"{session} can't be settled: {max(settled)} is on record. Sessions come in order.")

    def state(self, session: date) -> DeskState:
        """The books as the decisions of `session` see them."""
        self._load()
        views = tuple(self._view(name, book, session) for name, book in self._books.items())
        return DeskState(views, dict(self._fills.get(session, dict.fromkeys(self._books, 0))))

    def _view(self, name: str, book: Account, session: date) -> BookView:
        equity = {day: cents for day, cents in book.equity_cents.items() if day <= session}
        past = Past(sessions=list(equity), equity_cents=equity, history=self._histories[name])
        return BookView.of(
            standing(past, self._limits),
            name=name,
            decides_by=self._decides_by[name],
            equity_cents=equity[session],
            symbols=book.engaged_symbols(),
            exposure_cents=_exposure_cents(book),
        )


def _exposure_cents(book: Account) -> dict[str, int]:
    """What each position is worth at its last price, without sign."""
    values, symbols = book.values_cents, book.instruments.symbols
    return {symbols[number]: abs(int(values[number])) for number in book.held().tolist()}
