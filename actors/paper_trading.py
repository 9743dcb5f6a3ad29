"""Paper trading: the only writer of the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa

from actors.service import Service
from actors.wiring import Wiring, now
from adapters.postgres.approvals import ApprovalStore
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.journal import JournalStore
from execution.asking import OPENINGS, ask
from trading.broker.controls import WITHDRAWN, Control
from trading.broker.orders import OrderRequest
from trading.cycle import services
from trading.cycle.paper_desk import DeskState, PaperDesk
from trading.cycle.questions import question
from trading.cycle.stages import closes_of, quotes_of
from trading.cycle.summary import SessionSummary
from trading.engine.bars import CorporateAction


class PaperTrading(Service):
    """A desk over the journal in PostgreSQL."""

    name = "paper_trading"

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        journal = JournalStore(self.pool, clock=now)
        self._controls = ControlRecord(self.pool)
        self._approvals = ApprovalStore(self.pool)
        self._desk = PaperDesk(journal, wiring.books, wiring.cash_cents, wiring.paper, wiring.decisions)
        self._closes: tuple[date | None, Mapping[str, int]] = (None, {})

    def settle(self, session: date, batch: pa.Table, actions: Sequence[CorporateAction]) -> DeskState:
        """The session's bar done to every book; see `PaperDesk.settle`.

        While trading is suspended or blocked, what waits to open a position is withdrawn before the bar, and so is what
        the owner was asked about and refused.
        """
        blocked = self._controls.state().paused
        done = self._desk.sessions()
        if done and session > done[-1] and not self._desk.is_settled(session):
            if blocked:
                self._desk.withdraw_openings(f"{WITHDRAWN}: {blocked}")
            self._withdraw_refused(done[-1])
        if self.wiring.approval is not None:
            self._closes = (session, closes_of(batch))
        return self._desk.settle(session, quotes_of(batch), actions)

    def _withdraw_refused(self, session: date) -> None:
        """What the owner refused of the session's orders is cancelled; no answer is taken from now on."""
        for account in self._approvals.accounts(session):
            asked = self._approvals.settle(session, account, now(), ended=True)
            if asked is not None and account in self.wiring.books:
                self._desk.withdraw(account, {name: one.refusal for name, one in asked.answers.items() if one.refusal})

    def place(self, session: date, orders: Mapping[str, Sequence[OrderRequest]], stocks_in_play: int) -> int:
        """The orders placed and the session complete; see `PaperDesk.place`. While trading is suspended only exits are.

        What was withheld is on record among the controls. Where the owner wants to be asked, the list of the account's
        openings is on record before they wait.
        """
        refused = self._controls.state().paused  # whether a broker's account agrees doesn't matter to these books
        if refused and session not in self._desk.sessions():
            openings = [one for book in orders.values() for one in book if one.side in OPENINGS]
            if openings:
                named = ", ".join(one.symbol for one in openings[:20])
                said = f"{len(openings)} orders of {session} ({named}) withheld: {refused}"
                self._controls.give(Control("withheld", self.name, said, now(), session=session))
            orders = {name: [one for one in book if one.side not in OPENINGS] for name, book in orders.items()}
        terms = self.wiring.approval
        if terms is not None and session not in self._desk.sessions():
            closes = self._closes[1] if self._closes[0] == session else {}
            waiting = orders.get(terms.account, [])
            ask(self._approvals, terms, session, waiting, closes_usd_e4=closes, at=now())
        return self._desk.place(session, orders, stocks_in_play)

    def sessions(self) -> list[date]:
        """Sessions that are complete, ascending."""
        return self._desk.sessions()

    def completed(self, session: date) -> SessionSummary | None:
        """What a complete session ended with; see `PaperDesk.completed`."""
        return self._desk.completed(session)

    def journal_hash(self) -> str:
        """The hash of the journal's last entry."""
        return self._desk.journal_hash


class AskPaperTrading(services.AskPaperTrading):
    """Questions to paper trading: those of a session, and those of a run."""

    sessions = question(PaperTrading.sessions)
