"""The services that a session needs: what each must be able to do, and the questions to it.

Actors, the backtest and rehearsals are checked against these Protocols by mypy, where they are put into `Services`. A
service may do more than a session asks of it; who asks that has questions of its own (`actors/services.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trading.broker.orders import OrderRequest
from trading.catalysts.known import KnownEvents
from trading.cycle.paper_desk import DeskState
from trading.cycle.questions import Questions, question
from trading.cycle.segment_analysis import SegmentMarket
from trading.cycle.stages import Market, Patterns
from trading.cycle.summary import SessionSummary
from trading.decisions.book_view import BookView, Decision
from trading.engine.bars import CorporateAction
from trading.market.regimes import Regime
from trading.patterns.in_session import SessionPatterns
from trading.risk.model_trust import SignalEvidence
from trading.scanner.at_close import InPlay
from trading.views.ensemble import Views
from trading.views.setups import Setups
from trading.views.signals import Signals


class Ingestion(Protocol):
    """Delivers bars."""

    def deliver(self, session: date) -> pa.Table:
        """The accepted bars of one session, prices as printed."""
        ...

    def corporate_actions(self, session: date) -> Sequence[CorporateAction]:
        """Splits and breaks that take effect at the open of the session."""
        ...


class News(Protocol):
    """Knows events and stories."""

    def known_at(self, session: date) -> KnownEvents:
        """What was knowable at the close of the session."""
        ...


class TechnicalAnalysis(Protocol):
    """Analyses history, once a segment (`trading.cycle.segment_analysis`)."""

    def analyse(self, session: date, batch: pa.Table) -> str:
        """The segment that holds the session is analysed; returns the analysis's name."""
        ...

    def segment(self, session: date, batch: pa.Table) -> SegmentMarket:
        """That analysis, for pattern recognition to work on."""
        ...

    def market_at(self, session: date, batch: pa.Table) -> Market:
        """The market at the close of the session: the latest bars of each symbol."""
        ...

    def record_regime(self, session: date, market: Market, patterns: Patterns) -> Regime:
        """The regime at the close of the session; it is on record."""
        ...


class PatternRecognition(Protocol):
    """Recognises patterns, once a segment, and makes setups of them."""

    def holds(self, name: str) -> bool:
        """Whether the segment of that name is recognised."""
        ...

    def take(self, segment: SegmentMarket) -> None:
        """The segment is recognised."""
        ...

    def patterns_at(self, session: date, name: str, known: KnownEvents) -> Patterns:
        """Patterns, catalysts and regimes at the close of the session, for the rows of the market's view."""
        ...

    def recognise_in_session(self, session: date) -> SessionPatterns | None:
        """The patterns within the session; None when no minute of it is on record."""
        ...

    def setups(self, session: date, market: Market, patterns: Patterns) -> Setups:
        """The setups of the session, both directions."""
        ...


class PatternAnalysis(Protocol):
    """Keeps patterns, their outcomes, and decisions."""

    def record(self, session: date, market: Market, patterns: Patterns) -> int:
        """The session's patterns are on record, with outcomes that it made known; returns the new ones."""
        ...

    def record_in_session(self, found: SessionPatterns | None) -> int:
        """The patterns within a session are on record; returns how many are new."""
        ...

    def record_signals(self, signals: Signals) -> int:
        """What each version said of each setup is on record, with the feature rows; returns how many are new."""
        ...

    def evidence(self, session: date, since: date, versions: Sequence[str]) -> Mapping[str, SignalEvidence]:
        """What became of setups in play since then that each version was for, as known at the close of the session."""
        ...

    def record_decisions(self, decisions: Sequence[Decision]) -> int:
        """Every decision is on record; returns how many are new."""
        ...


class Scanner(Protocol):
    """Finds stocks in play."""

    def scan(self, session: date, market: Market, patterns: Patterns) -> Sequence[InPlay]:
        """The stocks in play at the close of the session, best first; they are on record."""
        ...


class PaperTrading(Protocol):
    """Holds the paper accounts; see `trading.cycle.paper_desk.PaperDesk`."""

    def completed(self, session: date) -> SessionSummary | None:
        """What a complete session ended with; None if it isn't."""
        ...

    def settle(self, session: date, batch: pa.Table, actions: Sequence[CorporateAction]) -> DeskState:
        """The session's bar done to every account."""
        ...

    def place(self, session: date, orders: Mapping[str, Sequence[OrderRequest]], stocks_in_play: int) -> int:
        """The orders wait for the next open and the session is complete; returns how many are new."""
        ...


class Execution(Protocol):
    """Holds the book at a broker."""

    def settle(self, session: date, batch: pa.Table) -> BookView:
        """The book at the close of the session, from what the broker told."""
        ...

    def execute(self, session: date, orders: Sequence[OrderRequest], batch: pa.Table) -> int:
        """The session's orders are with the broker, or it is on record why not; returns how many it took."""
        ...


class Ensemble(Protocol):
    """Scores setups."""

    def score(self, matrix: npt.NDArray[np.float32], versions: Sequence[str]) -> Mapping[str, Views]:
        """The views of each row of features, shape `(n, features)`, by version; those say which version gave them."""
        ...


class AskIngestion(Questions[Ingestion]):
    """Questions to the ingestion."""

    deliver = question(Ingestion.deliver)
    corporate_actions = question(Ingestion.corporate_actions)


class AskNews(Questions[News]):
    """Questions to the news."""

    known_at = question(News.known_at)


class AskTechnicalAnalysis(Questions[TechnicalAnalysis]):
    """Questions to the technical analysis."""

    analyse = question(TechnicalAnalysis.analyse)
    segment = question(TechnicalAnalysis.segment)
    market_at = question(TechnicalAnalysis.market_at)
    record_regime = question(TechnicalAnalysis.record_regime)


class AskPatternRecognition(Questions[PatternRecognition]):
    """Questions to the pattern recognition."""

    holds = question(PatternRecognition.holds)
    take = question(PatternRecognition.take)
    patterns_at = question(PatternRecognition.patterns_at)
    recognise_in_session = question(PatternRecognition.recognise_in_session)
    setups = question(PatternRecognition.setups)


class AskPatternAnalysis(Questions[PatternAnalysis]):
    """Questions to the pattern analysis."""

    record = question(PatternAnalysis.record)
    record_in_session = question(PatternAnalysis.record_in_session)
    record_signals = question(PatternAnalysis.record_signals)
    evidence = question(PatternAnalysis.evidence)
    record_decisions = question(PatternAnalysis.record_decisions)


class AskScanner(Questions[Scanner]):
    """Questions to the scanner."""

    scan = question(Scanner.scan)


class AskPaperTrading(Questions[PaperTrading]):
    """Questions to paper trading."""

    completed = question(PaperTrading.completed)
    settle = question(PaperTrading.settle)
    place = question(PaperTrading.place)


class AskExecution(Questions[Execution]):
    """Questions to the execution."""

    settle = question(Execution.settle)
    execute = question(Execution.execute)


class AskEnsemble(Questions[Ensemble]):
    """Questions to the ensemble."""

    score = question(Ensemble.score)


@dataclass(frozen=True)
class Services:
    """Where the stages of a session run.

    Attributes:
        execution: None without a book at a broker.
    """

    ingestion: AskIngestion
    news: AskNews
    technical_analysis: AskTechnicalAnalysis
    pattern_recognition: AskPatternRecognition
    pattern_analysis: AskPatternAnalysis
    scanner: AskScanner
    paper_trading: AskPaperTrading
    ensemble: AskEnsemble
    execution: AskExecution | None = None
