"""Reporting: the figures of the accounts against buy and hold, from the journal alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from actors.service import Service
from research.reports.accounts import accounts_to_date
from trading.cycle.questions import Questions, question
from trading.performance.metric import Values


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
        found = accounts_to_date(self.on_record, self.wiring.books)
        if found is None:
            return None
        return Report(
            sessions=found.sessions,
            equity_usd=found.equity_usd,
            figures=found.figures(seed),
            open_positions={name: len(book.held()) for name, book in found.books.items()},
            journal_hash=found.journal_hash,
        )


class AskReporting(Questions[Reporting]):
    """Questions to the reporting."""

    report = question(Reporting.report)
