"""Reporting: the figures of the accounts against buy and hold, from the journal alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from actors.service import Service
from actors.wiring import now
from adapters.postgres.journal import JournalStore
from data.known_at import known_at_close
from trading.bars.panel import Panel
from trading.cycle.questions import Questions, question
from trading.engine.fold import fold
from trading.ledger.double_entry import draft_of
from trading.market.benchmark import equal_weight
from trading.performance.measuring import performances
from trading.performance.metric import Values

BENCHMARK = "equal-weight buy and hold"


@dataclass(frozen=True)
class Report:
    """The figures over the sessions replayed so far.

    Attributes:
        equity_usd: per account and for the benchmark; one value before the first session, then one a session.
        figures: likewise, each by the metric's name; the benchmark has no trades.
        open_positions: per account.
    """

    sessions: tuple[date, ...]
    equity_usd: dict[str, tuple[float, ...]]
    figures: dict[str, Values]
    open_positions: dict[str, int]
    journal_hash: str


class Reporting(Service):
    """Reads the record, writes nothing."""

    name = "reporting"

    def report(self, seed: int) -> Report | None:
        """The report; None before the first session. The same journal and seed give the same report."""
        journal = JournalStore(self.pool, clock=now)
        entries = journal.load()
        drafts = [draft_of(entry.body) for entry in entries]
        books = {name: fold(name, drafts) for name in self.wiring.books}
        sessions = sorted(journal.completed_sessions())
        if not sessions:
            return None
        deposits = [entry.draft.payload for entry in entries if entry.draft.kind == "deposit"]
        starts = {told["book"]: told["amount_cents"] / 100 for told in deposits}
        equity = {
            name: (starts[name], *(book.equity_cents[session] / 100 for session in sessions))
            for name, book in books.items()
        }
        start = starts[next(iter(books))]
        equity[BENCHMARK] = (start, *self._benchmark(sessions, start))
        profits = {name: [cents / 100 for cents in book.trades] for name, book in books.items()}
        return Report(
            sessions=tuple(sessions),
            equity_usd=equity,
            figures=performances(equity, profits, benchmark=BENCHMARK, seed=seed),
            open_positions={name: len(book.held()) for name, book in books.items()},
            journal_hash=entries[-1].hash,
        )

    def _benchmark(self, sessions: list[date], start: float) -> list[float]:
        known = known_at_close(self.on_record, sessions[-1])
        return equal_weight(Panel.from_arrow(known.bars()), known.splits, known.breaks, sessions, start)


class AskReporting(Questions[Reporting]):
    """Questions to the reporting."""

    report = question(Reporting.report)
