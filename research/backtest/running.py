"""A backtest: the platform's own session, one after the other, over services that keep all in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import numpy as np
import numpy.typing as npt

from research.backtest.recorded import Recorded
from research.backtest.services import (
    MemoryDesk,
    NoModels,
    Notes,
    RecordedScanner,
    SegmentAnalysis,
    services_of,
)
from trading.cycle.segment_analysis import bars_needed
from trading.cycle.session import run_session
from trading.cycle.summary import SessionSummary
from trading.decisions.book_view import Decision, Source
from trading.engine.rules import PAPER_RULES, EngineRules
from trading.ledger.double_entry import Entry
from trading.ledger.journal import MemoryJournal
from trading.market.regimes import Regime
from trading.risk.decision_rules import DecisionRules
from trading.scanner.at_close import InPlay
from trading.scanner.rules import ScannerRules, large_cap
from trading.views.ensemble import Views


class Scorer(Protocol):
    """What gives the models' views."""

    def score(self, matrix: npt.NDArray[np.float32]) -> Views:
        """The views of each row."""
        ...


@dataclass(frozen=True)
class Dated:
    """Models that may be used from a session on.

    Attributes:
        name: of the ensemble.
        known_before: usable from this session on; they learned from nothing that became known then or later.
        load: makes the scorer; called once, when it is first needed.
        learned_before: where they are to be used from another session on than they learned before: the latter.
    """

    name: str
    known_before: date
    load: Callable[[], Scorer]
    learned_before: date | None = None


class WalkForward:
    """Stands for the ensemble: at each session, the latest models that were available then; rules where none was.

    Attributes:
        decided_from: by name, the first session at which the models were used.
        known_before: of the models in use, what they learned before; None while there are none.
    """

    def __init__(self, models: Iterable[Dated]) -> None:
        self._models = sorted(models, key=lambda one: (one.known_before, one.name))
        self._scorer: Scorer = NoModels()
        self._name = ""
        self.known_before: date | None = None
        self.decided_from: dict[str, date] = {}

    def begin(self, session: date) -> None:
        """Questions from now on are of this session."""
        available = [one for one in self._models if one.known_before <= session]
        if not available or available[-1].name == self._name:
            return
        self._name, self._scorer = available[-1].name, available[-1].load()
        self.known_before = available[-1].learned_before or available[-1].known_before
        self.decided_from[self._name] = session

    def score(self, matrix: npt.NDArray[np.float32]) -> Views:
        """The views of each row; unknown where the rules decide."""
        return self._scorer.score(matrix)


@dataclass(frozen=True)
class Terms:
    """What a backtest depends on beside the record.

    Attributes:
        accounts: name and which system decides in it.
        cash_cents: what each account opens with.
    """

    accounts: Mapping[str, Source]
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
        decided_from: models used, and from when; see `WalkForward`.
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
    models: Iterable[Dated] = (),
    *,
    journal: MemoryJournal | None = None,
    analysis: SegmentAnalysis | None = None,
    show: Callable[[SessionSummary], None] = lambda _: None,
) -> Backtested:
    """The sessions traded in order by the cycle of the platform itself; nothing is written anywhere.

    Args:
        recorded: what is known, up to the last of the sessions at least.
        sessions: ascending.
        terms: accounts and rules.
        models: the rules decide where none was available.
        journal: to go on from; an empty one by default.
        analysis: in place of a `SegmentAnalysis` of the record.
        show: told of each session.
    """
    journal = journal or MemoryJournal()
    analysis = analysis or SegmentAnalysis(recorded, sessions, bars_needed(terms.decisions))
    notes, scanner = Notes(), RecordedScanner(recorded, terms.scanner)
    desk = MemoryDesk(journal, terms.accounts, terms.cash_cents, terms.engine, terms.decisions)
    forward = WalkForward(models)
    services = services_of(recorded, analysis, notes=notes, scanner=scanner, desk=desk, ensemble=forward)
    summaries = []
    for session in sessions:
        forward.begin(session)
        known_before = forward.known_before
        summaries.append(run_session(services, session, terms.decisions, models_known_before=known_before))
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
        decided_from=forward.decided_from,
        analyses=analysis.analyses,
    )
