"""Reporting: the figures of the accounts against buy and hold, from the journal alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from actors.apart import apart
from actors.service import Service
from actors.wiring import now
from adapters.calendar import following
from adapters.postgres.journal import JournalStore
from adapters.postgres.queries import Queries
from research.reports.accounts import accounts_to_date
from research.reports.claims import CLAIM
from research.reports.gathering import gather
from research.reports.kept import clear_parts, keep, kept_report
from research.reports.making import report_of_gathered
from research.reports.periods import PeriodKind, ends_its_week
from trading.cycle.questions import Questions, question
from trading.errors import UnavailableError
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
    """Reads the record; writes the reports of the data folder, nothing else."""

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

    def write_reports(self) -> list[str]:
        """The digest of the latest complete session is in the data folder, and that of its week once it is over.

        What is there already, made of the same journal, stays as it is.

        Returns:
            The names of those that were written.

        Raises:
            UnavailableError: when the folder can't be written to; trading goes on.
        """
        session = Queries(self.pool).progress().last_session
        if session is None:
            return []
        kinds: list[PeriodKind] = ["day"]
        if ends_its_week(session, following(session)[0]):
            kinds.append("week")
        try:
            return [name for kind in kinds if (name := self._written(kind, session))]
        except OSError as error:
            raise UnavailableError(
                f"The reports of {session} could not be written: {error.strerror}. Trading goes on, and the next "
                "session's are tried again; `inplay report` writes them too."
            ) from None

    def _written(self, kind: PeriodKind, session: date) -> str:
        terms, home = self.wiring.reports, self.wiring.home
        clear_parts(home)
        found = gather(self.on_record, kind, session, terms)
        before = kept_report(home, found.period.name)
        _, last_hash = JournalStore(self.pool, clock=now).last()
        if before and before.get(CLAIM, {}).get("journal_hash") == last_hash:
            return ""
        apart(keep, home, report_of_gathered(found, now=now()), terms.keep)  # the charts' library stays there
        return found.period.name


class AskReporting(Questions[Reporting]):
    """Questions to the reporting."""

    report = question(Reporting.report)
    write_reports = question(Reporting.write_reports)
