"""A backtest: the platform's own session, one after the other, over services that keep all in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from research.backtest.recorded import Recorded
from research.backtest.served import Models, ServedVersions
from research.backtest.services import Evidence, MemoryDesk, Notes, RecordedScanner, SegmentAnalysis, services_of
from trading.cycle.segment_analysis import bars_needed
from trading.cycle.session import run_session
from trading.cycle.summary import SessionSummary
from trading.decisions.arms import Arm
from trading.decisions.book_view import Decision
from trading.engine.rules import PAPER_RULES, EngineRules
from trading.ledger.double_entry import Entry
from trading.ledger.journal import MemoryJournal
from trading.market.regimes import Regime
from trading.risk.decision_rules import DecisionRules
from trading.scanner.at_close import InPlay
from trading.scanner.rules import ScannerRules, large_cap


@dataclass(frozen=True)
class Terms:
    """What a backtest depends on beside the record.

    Attributes:
        accounts: name and which system decides in it.
        cash_cents: what each account opens with.
    """

    accounts: Mapping[str, Arm]
    cash_cents: int
    decisions: DecisionRules = field(default_factory=DecisionRules)
    scanner: ScannerRules = field(default_factory=large_cap)
    engine: EngineRules = PAPER_RULES


@dataclass(frozen=True)
class Backtested:
    """What a backtest did.

    Attributes:
        entries: of the journal.
        journal_hash: of the last entry.
        regimes: by session.
        in_play: by session.
        catalysts: by session and symbol; see `Notes`.
        decided_from: champions, and from when.
        analyses: how often the whole history was analysed.
    """

    sessions: tuple[date, ...]
    summaries: tuple[SessionSummary, ...]
    entries: tuple[Entry, ...]
    journal_hash: str
    decisions: tuple[Decision, ...]
    regimes: dict[date, Regime]
    in_play: dict[date, tuple[InPlay, ...]]
    catalysts: dict[date, dict[str, int]]
    decided_from: dict[str, date]
    analyses: int


def run_backtest(
    recorded: Recorded,
    sessions: Sequence[date],
    terms: Terms,
    models: Models | None = None,
    *,
    journal: MemoryJournal | None = None,
    evidence: Evidence | None = None,
    analysis: SegmentAnalysis | None = None,
    show: Callable[[SessionSummary], None] = lambda _: None,
) -> Backtested:
    """The sessions traded in order by the cycle of the platform itself; nothing is written anywhere.

    Args:
        recorded: what is known, up to the last of the sessions at least.
        sessions: ascending.
        terms: accounts and rules.
        models: no models decide where none has a role; nobody does by default.
        journal: to go on from; an empty one by default.
        evidence: what became of earlier signals, asked in place of those of the backtest's own sessions.
        analysis: in place of a `SegmentAnalysis` of the record.
        show: told of each session.
    """
    journal = journal or MemoryJournal()
    analysis = analysis or SegmentAnalysis(recorded, sessions, bars_needed(terms.decisions))
    notes, scanner = Notes(terms.decisions, evidence, recorded), RecordedScanner(recorded, terms.scanner)
    desk = MemoryDesk(journal, terms.accounts, terms.cash_cents, terms.engine, terms.decisions)
    served = ServedVersions(models or Models())
    services = services_of(recorded, analysis, notes=notes, scanner=scanner, desk=desk, ensemble=served)
    summaries = []
    for session in sessions:
        summaries.append(run_session(services, session, terms.decisions, served.begin(session)))
        show(summaries[-1])
    return Backtested(
        sessions=tuple(sessions),
        summaries=tuple(summaries),
        entries=tuple(journal.load()),
        journal_hash=desk.journal_hash,
        decisions=tuple(notes.decisions),
        regimes=analysis.regimes,
        in_play=scanner.in_play,
        catalysts=notes.catalysts,
        decided_from=served.decided_from,
        analyses=analysis.analyses,
    )
