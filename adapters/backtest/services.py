"""The services of a session over a record in memory: the same questions, answered without writing anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from adapters.backtest.recorded import Recorded
from adapters.calendar import close_times
from adapters.paper import DeskState, MemoryJournal, PaperDesk
from trading.catalyst_features import NewsAt
from trading.catalysts import covered_at
from trading.cycle import Market, Patterns, analyse, quotes_of, recognise, regimes_of
from trading.decide import Decision, DecisionRules, Source
from trading.engine.bars import CorporateAction
from trading.engine.requests import OrderRequest
from trading.engine.rules import EngineRules
from trading.ensemble import Views
from trading.features import Setups, build_setups
from trading.gates.findings import Break, Split
from trading.history import as_of
from trading.known_catalysts import known_catalysts
from trading.panel import Panel, as_day
from trading.regimes import Regime, Regimes
from trading.scanner import InPlay, scan_all
from trading.scanner_rules import ScannerRules
from trading.segments import Segment, segments


class RecordedBars:
    """Stands for the ingestion: bars and corporate actions of one session."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded

    def deliver(self, session: date) -> pa.Table:
        """The bars of the session, prices as printed."""
        return self._recorded.batch(session)

    def corporate_actions(self, session: date) -> list[CorporateAction]:
        """Splits and breaks that take effect at the open of the session, in the order of the platform's own."""
        splits = [
            CorporateAction(split.symbol, "split", split.numerator, split.denominator, reason="split")
            for split in self._recorded.splits
            if split.session == session
        ]
        breaks = [
            CorporateAction(cut.symbol, "break", reason=cut.reason)
            for cut in self._recorded.breaks
            if cut.session == session
        ]
        return splits + breaks


class RecordedNews:
    """Stands for the news: which symbols the calendar of earnings follows at a close."""

    def __init__(self, recorded: Recorded) -> None:
        self._events = recorded.events

    def known_at(self, session: date) -> frozenset[str]:
        """Symbols covered; events and stories themselves carry their times."""
        return covered_at(self._events, session)


class SegmentAnalysis:
    """Stands for technical analysis and pattern recognition; analyses once a segment (see `trading.segments`).

    Coverage of the earnings calendar changes within segments and restates catalysts of earlier sessions, so catalysts
    and regimes are computed anew whenever it does.

    Args:
        recorded: what is known.
        sessions: that will be asked about, ascending.

    Attributes:
        regimes: by session asked about.
        analyses: how often the history was analysed.
    """

    def __init__(self, recorded: Recorded, sessions: Sequence[date]) -> None:
        self._recorded = recorded
        self.segments = segments(sessions, recorded.splits, recorded.breaks)
        self._segment: Segment | None = None
        self._market: Market
        self._covered: frozenset[str] | None = None
        self._recognised = False
        self._patterns: Patterns
        self._regimes: Regimes
        self.regimes: dict[date, Regime] = {}
        self.analyses = 0

    @cached_property
    def _panel(self) -> Panel:
        return Panel.from_arrow(self._recorded.bars)

    def observe(self, session: date, batch: pa.Table) -> Market:  # noqa: ARG002 - the batch is in the record
        """The market of the segment that the session is in."""
        segment = self._of(session)
        if segment != self._segment:
            known = self._recorded
            history = as_of(self._panel, known.splits, known.breaks, segment.last)
            self._market = analyse(history, vix=known.vix, sectors=known.sectors)
            self._segment, self._covered = segment, None
            self._recognised = False
            self.analyses += 1
        return self._market

    def _of(self, session: date) -> Segment:
        return next(segment for segment in self.segments if segment.first <= session <= segment.last)

    def recognise(self, session: date, market: Market, known: frozenset[str]) -> Patterns:  # noqa: ARG002
        """The patterns of the segment, with catalysts as covered at the session."""
        if known == self._covered:
            return self._patterns
        news = NewsAt(self._recorded.news, close_times(market.panel.sessions))
        events = self._recorded.events
        if not self._recognised:
            self._patterns = recognise(market, events, known, news)
        else:
            catalyst = known_catalysts(market.panel, market.indicators, events, known, news)
            self._patterns = Patterns(self._patterns.detections, catalyst)
        self._regimes = regimes_of(market, self._patterns)
        self._covered, self._recognised = known, True
        return self._patterns

    def recognise_in_session(self, session: date) -> None:
        """Nothing: no decision asks for patterns of minutes."""

    def record_regime(self, session: date, market: Market, patterns: Patterns) -> Regime:  # noqa: ARG002
        """The regime at the close of the session."""
        self.regimes[session] = self._regimes.at(session)
        return self.regimes[session]

    def setups(self, session: date, market: Market, patterns: Patterns) -> Setups:
        """The setups of the session, both directions."""
        return build_setups(
            market.panel, market.indicators, market.context, patterns.detections, patterns.catalyst,
            rows=market.panel.rows_at(as_day(session)), regime=self._regimes,
        )  # fmt: skip


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
        self.in_play[session] = scan_all(
            market.panel, market.indicators, market.context, patterns.catalyst,
            session=session, rules=self._rules, jumps=self._jumps,
        ).in_play  # fmt: skip
        return self.in_play[session]


class Notes:
    """Stands for the pattern analysis: what the tables would hold is kept in memory, patterns are not kept at all.

    Attributes:
        decisions: in order.
        catalysts: by session and symbol, 1 with a known one and 0 without; absent where nobody knows.
    """

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.catalysts: dict[date, dict[str, int]] = {}

    def record(self, session: date, market: Market, patterns: Patterns) -> int:
        """The catalysts known are kept; no pattern is, since a backtest makes no training data."""
        rows = market.panel.rows_at(as_day(session))
        has = patterns.catalyst.has_catalyst[rows]
        known = np.isfinite(has)
        symbols = market.panel.row_symbols[rows[known]].tolist()
        self.catalysts[session] = dict(zip(symbols, has[known].astype(int).tolist(), strict=True))
        return 0

    def record_in_session(self, found: None) -> int:
        """Nothing, for the same reason."""
        del found
        return 0

    def record_decisions(self, decisions: Sequence[Decision]) -> int:
        """The decisions are kept; returns how many."""
        self.decisions.extend(decisions)
        return len(decisions)


class MemoryDesk:
    """Stands for paper trading: the platform's own desk over a journal in memory."""

    def __init__(
        self, journal: MemoryJournal, accounts: Mapping[str, Source], cash_cents: int, rules: EngineRules,
        limits: DecisionRules,
    ) -> None:  # fmt: skip
        self._desk = PaperDesk(journal, accounts, cash_cents, rules, limits)

    def completed(self, session: date) -> tuple[dict[str, int], dict[str, int], int] | None:
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


Matrix = npt.NDArray[np.float32]


class NoModels:
    """Stands for the ensemble where the rules decide."""

    def score(self, matrix: Matrix) -> Views:
        """Unknown, for each row."""
        return Views.unknown(len(matrix))
