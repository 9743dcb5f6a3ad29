"""Paper trading: the only writer of the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa

from actors.service import Service
from actors.wiring import Wiring, now
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.journal import JournalStore
from trading.broker.controls import WITHDRAWN, Control
from trading.broker.orders import OrderRequest
from trading.cycle import services
from trading.cycle.paper_desk import DeskState, PaperDesk
from trading.cycle.questions import question
from trading.cycle.stages import quotes_of
from trading.cycle.summary import SessionSummary
from trading.engine.bars import CorporateAction

OPENINGS = frozenset({"buy", "sell_short"})
"""Sides that open a position or add to one."""


class PaperTrading(Service):
    """A desk over the journal in PostgreSQL."""

    name = "paper_trading"

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        journal = JournalStore(self.pool, clock=now)
        self._controls = ControlRecord(self.pool)
        self._desk = PaperDesk(journal, wiring.books, wiring.cash_cents, wiring.paper, wiring.decisions)

    def settle(self, session: date, batch: pa.Table, actions: Sequence[CorporateAction]) -> DeskState:
        """The session's bar done to every book; see `PaperDesk.settle`.

        While trading is suspended or blocked, what waits to open a position is withdrawn before the bar.
        """
        blocked = self._controls.state().paused
        done = self._desk.sessions()
        if blocked and done and session > done[-1] and not self._desk.is_settled(session):
            self._desk.withdraw_openings(f"{WITHDRAWN}: {blocked}")
        return self._desk.settle(session, quotes_of(batch), actions)

    def place(self, session: date, orders: Mapping[str, Sequence[OrderRequest]], stocks_in_play: int) -> int:
        """The orders placed and the session complete; see `PaperDesk.place`. While trading is suspended only exits are.

        What was withheld is on record among the controls.
        """
        refused = self._controls.state().paused  # whether a broker's account agrees doesn't matter to these books
        if refused and session not in self._desk.sessions():
            openings = [one for book in orders.values() for one in book if one.side in OPENINGS]
            if openings:
                named = ", ".join(one.symbol for one in openings[:20])
                said = f"{len(openings)} orders of {session} ({named}) withheld: {refused}"
                self._controls.give(Control("withheld", self.name, said, now(), session=session))
            orders = {name: [one for one in book if one.side not in OPENINGS] for name, book in orders.items()}
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
