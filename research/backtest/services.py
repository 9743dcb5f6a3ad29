"""The services of a session over a record in memory: the same questions, answered without writing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa

from adapters.calendar import close_times
from research.backtest.became import Became
from research.backtest.recorded import Recorded
from trading.bars.actions import Break, Split
from trading.bars.history import as_of
from trading.bars.panel import Panel, as_day
from trading.bars.segments import segments
from trading.broker.orders import OrderRequest
from trading.catalysts.known import KnownEvents
from trading.cycle.paper_desk import DeskState, PaperDesk
from trading.cycle.questions import Local
from trading.cycle.segment_analysis import LEAST_BARS, SegmentMarket, SegmentPatterns
from trading.cycle.services import (
    AskEnsemble,
    AskExecution,
    AskIngestion,
    AskNews,
    AskPaperTrading,
    AskPatternAnalysis,
    AskPatternRecognition,
    AskScanner,
    AskTechnicalAnalysis,
    Ensemble,
    Execution,
    PaperTrading,
    PatternAnalysis,
    Scanner,
    Services,
)
from trading.cycle.stages import Market, Patterns, analyse, quotes_of, regimes_of, setups_at
from trading.cycle.summary import SessionSummary
from trading.decisions.arms import Arm
from trading.decisions.book_view import Decision
from trading.engine.bars import CorporateAction, actions_at
from trading.engine.rules import EngineRules
from trading.errors import UnavailableError
from trading.ledger.journal import MemoryJournal
from trading.market.regimes import Regime
from trading.patterns.in_session import SessionPatterns
from trading.risk.decision_rules import DecisionRules
from trading.risk.model_trust import SignalEvidence
from trading.scanner.at_close import InPlay, scan
from trading.scanner.rules import ScannerRules
from trading.views.setups import Setups
from trading.views.signals import Signals


class RecordedBars:
    """Stands for the ingestion: bars and corporate actions of one session."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded

    def deliver(self, session: date) -> pa.Table:
        """The bars of the session, prices as printed."""
        return self._recorded.batch(session)

    def corporate_actions(self, session: date) -> list[CorporateAction]:
        """Splits and breaks that take effect at the open of the session."""
        return actions_at(session, self._recorded.splits, self._recorded.breaks)


class RecordedNews:
    """Stands for the news."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded

    def known_at(self, session: date) -> KnownEvents:  # noqa: ARG002 - as the service is asked
        """Events and stories of the whole record, each with its own time."""
        return KnownEvents(self._recorded.events, self._recorded.news)


class SegmentAnalysis:
    """Stands for technical analysis and pattern recognition; analyses once a segment (`cycle/segment_analysis.py`).

    Args:
        recorded: what is known.
        sessions: that will be asked about, ascending.
        bars: of each symbol in a view.

    Attributes:
        regimes: by session asked about.
        analyses: how often the history was analysed.
    """

    def __init__(self, recorded: Recorded, sessions: Sequence[date], bars: int = LEAST_BARS) -> None:
        self._recorded = recorded
        self._bars = bars
        self.segments = segments(sessions, recorded.splits, recorded.breaks)
        self._segment: SegmentMarket | None = None
        self._patterns: SegmentPatterns | None = None
        self.regimes: dict[date, Regime] = {}
        self.analyses = 0

    @cached_property
    def _panel(self) -> Panel:
        return Panel.from_arrow(self._recorded.bars)

    def analysed(self, history: Panel) -> Market:
        """The market of a history; another one for strategies of your own."""
        return analyse(history, vix=self._recorded.vix, sectors=self._recorded.sectors)

    def analyse(self, session: date, batch: pa.Table) -> str:
        """The segment that the session is in is analysed; returns the analysis's name."""
        return self.segment(session, batch).name

    def segment(self, session: date, batch: pa.Table) -> SegmentMarket:  # noqa: ARG002 - the batch is in the record
        """The analysis of the segment that the session is in."""
        held = self._segment
        if held is None or not held.holds(session):
            self._segment = self._patterns = held = None  # the memory is free before more is taken
            span = next(one for one in self.segments if one.first <= session <= one.last)
            history = as_of(self._panel, self._recorded.splits, self._recorded.breaks, span.last)
            self._segment = held = SegmentMarket(span, self.analysed(history))
            self.analyses += 1
        return held

    def market_at(self, session: date, batch: pa.Table) -> Market:
        """The market at the close of the session."""
        return self.segment(session, batch).at(session, self._bars)

    def holds(self, name: str) -> bool:
        """Whether the segment of that name is recognised."""
        return self._patterns is not None and self._patterns.name == name

    def take(self, segment: SegmentMarket) -> None:
        """The segment is recognised."""
        self._patterns = SegmentPatterns(segment, close_times)

    def patterns_at(self, session: date, name: str, known: KnownEvents) -> Patterns:
        """The patterns at the close of the session, with catalysts as covered at it.

        Events and stories are those of the whole record: each carries its own time, and a bar sees earlier ones only.
        """
        if self._patterns is None or not self.holds(name):
            raise UnavailableError(f"the segment of {session} wasn't recognised; nothing was decided")
        return self._patterns.at(session, self._bars, events=known.events, news=known.news)

    def close(self, session: date) -> tuple[Market, Patterns]:
        """The market and the patterns at the close of a session of the record."""
        batch = self._recorded.batch(session)
        name, market = self.analyse(session, batch), self.market_at(session, batch)
        if not self.holds(name):
            self.take(self.segment(session, batch))
        return market, self.patterns_at(session, name, RecordedNews(self._recorded).known_at(session))

    def recognise_in_session(self, session: date) -> None:
        """Nothing: no decision asks for patterns of minutes."""

    def record_regime(self, session: date, market: Market, patterns: Patterns) -> Regime:
        """The regime at the close of the session."""
        self.regimes[session] = regimes_of(market, patterns).at(session)
        return self.regimes[session]

    def setups(self, session: date, market: Market, patterns: Patterns) -> Setups:
        """The setups of the session, both directions."""
        return setups_at(market, patterns, as_day(session))


class RecordedScanner:
    """Stands for the scanner; keeps what was in play.

    Attributes:
        in_play: by session.
    """

    def __init__(self, recorded: Recorded, rules: ScannerRules) -> None:
        self._jumps: list[Split | Break] = [*recorded.splits, *recorded.breaks]
        self._rules = rules
        self.in_play: dict[date, tuple[InPlay, ...]] = {}

    def scan(self, session: date, market: Market, patterns: Patterns) -> tuple[InPlay, ...]:
        """The stocks in play at the close of the session, best first."""
        self.in_play[session] = scan(
            market.panel, market.indicators, market.context, patterns.catalyst,
            session=session, rules=self._rules, jumps=self._jumps,
        ).in_play  # fmt: skip
        return self.in_play[session]


Evidence = Callable[[date, date, Sequence[str]], Mapping[str, SignalEvidence]]
"""The question `evidence` of the pattern analysis."""


class Notes:
    """Stands for the pattern analysis: what the tables would hold is kept in memory, patterns are not kept at all.

    Args:
        rules: of outcomes and of what counts as being for a setup.
        evidence: of earlier signals, asked in place of those seen here.
        recorded: what is known, for what breaks settle.

    Attributes:
        decisions: in order.
        catalysts: by session and symbol, 1 with a known one and 0 without; absent where nobody knows.
        signals: of each session.
    """

    def __init__(
        self, rules: DecisionRules | None = None, evidence: Evidence | None = None, recorded: Recorded | None = None
    ) -> None:
        self._rules = rules or DecisionRules()
        self._evidence = evidence
        self._became = Became(self._rules, recorded)
        self.decisions: list[Decision] = []
        self.catalysts: dict[date, dict[str, int]] = {}
        self.signals: list[Signals] = []

    def record(self, session: date, market: Market, patterns: Patterns) -> int:
        """The catalysts known are kept; no pattern is, since a backtest makes no training data."""
        rows = market.panel.rows_at(as_day(session))
        has = patterns.catalyst.has_catalyst[rows]
        known = np.isfinite(has)
        symbols = market.panel.row_symbols[rows[known]].tolist()
        self.catalysts[session] = dict(zip(symbols, has[known].astype(int).tolist(), strict=True))
        self._became.learn(session, market)
        return 0

    def record_in_session(self, found: SessionPatterns | None) -> int:  # noqa: ARG002
        """Nothing, for the same reason."""
        return 0

    def record_signals(self, signals: Signals) -> int:
        """The signals are kept; returns how many."""
        self._became.take(signals)
        self.signals.append(signals)
        return len(signals) * len(signals.views)

    def evidence(self, session: date, since: date, versions: Sequence[str]) -> Mapping[str, SignalEvidence]:
        """What became of setups in play since then that each version was for."""
        return (self._evidence or self._became.of)(session, since, versions)

    def record_decisions(self, decisions: Sequence[Decision]) -> int:
        """The decisions are kept; returns how many."""
        self.decisions.extend(decisions)
        return len(decisions)


class MemoryDesk:
    """Stands for paper trading: the platform's own desk over a journal in memory."""

    def __init__(
        self, journal: MemoryJournal, accounts: Mapping[str, Arm], cash_cents: int, rules: EngineRules,
        limits: DecisionRules,
    ) -> None:  # fmt: skip
        self._desk = PaperDesk(journal, accounts, cash_cents, rules, limits)

    def completed(self, session: date) -> SessionSummary | None:
        """What a complete session ended with; None if it isn't."""
        return self._desk.completed(session)

    def settle(self, session: date, batch: pa.Table, actions: Iterable[CorporateAction]) -> DeskState:
        """The session's bar done to every account."""
        return self._desk.settle(session, quotes_of(batch), list(actions))

    def place(self, session: date, orders: Mapping[str, Sequence[OrderRequest]], stocks_in_play: int) -> int:
        """The orders placed and the session complete."""
        return self._desk.place(session, orders, stocks_in_play)

    @property
    def journal_hash(self) -> str:
        """The hash of the journal's last entry."""
        return self._desk.journal_hash


def services_of(
    recorded: Recorded,
    analysis: SegmentAnalysis,
    *,
    notes: PatternAnalysis,
    scanner: Scanner,
    desk: PaperTrading,
    ensemble: Ensemble,
    execution: Execution | None = None,
) -> Services:
    """The services of a session over the record, in this process."""
    return Services(
        ingestion=AskIngestion(Local(RecordedBars(recorded))),
        news=AskNews(Local(RecordedNews(recorded))),
        technical_analysis=AskTechnicalAnalysis(Local(analysis)),
        pattern_recognition=AskPatternRecognition(Local(analysis)),
        pattern_analysis=AskPatternAnalysis(Local(notes)),
        scanner=AskScanner(Local(scanner)),
        paper_trading=AskPaperTrading(Local(desk)),
        ensemble=AskEnsemble(Local(ensemble)),
        execution=AskExecution(Local(execution)) if execution else None,
    )
