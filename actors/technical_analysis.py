"""Technical analysis: indicators and market context of everything known at a session's close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from actors.service import Service
from actors.wiring import Wiring
from adapters.postgres.regimes import RegimeStore
from data.known_at import closed_before, known_at_close
from trading.arrays import Days, Floats
from trading.bars.actions import Break, Split
from trading.bars.history import as_of
from trading.bars.panel import Panel, as_day
from trading.bars.segments import segments
from trading.cycle import services
from trading.cycle.questions import question
from trading.cycle.segment_analysis import SegmentMarket, bars_needed
from trading.cycle.stages import Market, Patterns, analyse, regimes_of
from trading.errors import UnavailableError
from trading.market.regimes import Regime


@dataclass(frozen=True)
class _Facts:
    """What an analysis rests on beside bars, as on record at a session."""

    splits: tuple[Split, ...]
    breaks: tuple[Break, ...]
    sectors: dict[str, str]


class TechnicalAnalysis(Service):
    """Analyses once a segment and answers with views that end with the session asked about. Writer of the regimes.

    In a replay the bars of later sessions are on record, and an analysis goes on to the end of the segment. While the
    market is followed none are, and each session is analysed anew. Before each answer it is checked that bars, splits,
    breaks, sectors and the VIX known at the session are still those that were analysed; if not, they are anew.
    """

    name = "technical_analysis"

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        self._panel: Panel | None = None
        self._facts: _Facts | None = None
        self._vix: tuple[Days, Floats] | None = None
        self._segment: SegmentMarket | None = None

    def analyse(self, session: date, batch: pa.Table) -> str:
        """The segment that holds the session is analysed; returns the analysis's name."""
        return self.segment(session, batch).name

    def market_at(self, session: date, batch: pa.Table) -> Market:
        """The market at the close of the session: the latest bars of each symbol, with what is known of them."""
        return self.segment(session, batch).at(session, bars_needed(self.wiring.decisions))

    def observe(self, session: date, batch: pa.Table) -> Market:
        """The market at the close of the session with its whole history, analysed for this answer alone."""
        known = known_at_close(self.on_record, session)
        return known.market(self._bars_with(session, batch))

    def segment(self, session: date, batch: pa.Table) -> SegmentMarket:
        """The analysis of the segment that holds the session, for pattern recognition to work on."""
        facts, vix = self._facts_on_record(), known_at_close(self.on_record, session).vix
        panel, held = self._bars_with(session, batch), self._segment
        if held is None or not held.holds(session) or facts != self._facts or not self._same_vix(session, vix):
            self._segment = held = None  # the memory is free before more is taken
            held = self._analysed(session, panel, facts)
            self._segment, self._facts = held, facts
        return held

    def _facts_on_record(self) -> _Facts:
        """All of them, those of later sessions included, which say where a segment ends."""
        tables = self.on_record.bar_tables
        return _Facts(tuple(tables.splits()), tuple(tables.breaks()), tables.sectors())

    def _analysed(self, session: date, panel: Panel, facts: _Facts) -> SegmentMarket:
        days = np.unique(panel.sessions)
        ahead = [day.item() for day in days[days >= as_day(session)]]
        segment = segments(ahead, facts.splits, facts.breaks)[0]
        self._vix = known_at_close(self.on_record, segment.last).vix
        history = as_of(panel, facts.splits, facts.breaks, segment.last)
        return SegmentMarket(segment, analyse(history, vix=self._vix, sectors=facts.sectors))

    def _same_vix(self, session: date, known: tuple[Days, Floats] | None) -> bool:
        analysed = closed_before(self._vix, session)
        if analysed is None or known is None:
            return analysed is known
        return all(np.array_equal(ours, theirs) for ours, theirs in zip(analysed, known, strict=True))

    def _bars_with(self, session: date, batch: pa.Table) -> Panel:
        """All bars on record, those of later sessions included; of the session those that were delivered.

        Raises:
            UnavailableError: when bars were corrected meanwhile; look at the session again.
        """
        delivered = Panel.from_arrow(batch)
        if self._panel is None or not _has(self._panel, session, delivered):
            self._panel = self._segment = None
            until = max([session, *self.on_record.bar_tables.sessions()[-1:]])
            self._panel = Panel.from_arrow(known_at_close(self.on_record, until).bars())
        if not _has(self._panel, session, delivered):
            raise UnavailableError(f"Bars of {session} changed while they were read. Nothing was decided. Repeat it.")
        return self._panel

    def record_regime(self, session: date, market: Market, patterns: Patterns) -> Regime:
        """The regime at the close of the session; it is on record."""
        found = regimes_of(market, patterns).at(session)
        RegimeStore(self.pool).record([found])
        return found

    def record_regimes(self, market: Market, patterns: Patterns) -> int:
        """The regimes of the whole history are on record; returns how many are new."""
        found = regimes_of(market, patterns)
        return RegimeStore(self.pool).record(found.at(session) for session in found.sessions)


def _has(panel: Panel, session: date, delivered: Panel) -> bool:
    """Whether the panel's bars of the session are those that were delivered."""
    rows = panel.rows_at(as_day(session))
    if len(rows) != len(delivered):
        return False
    columns = ("row_symbols", "open", "high", "low", "close", "volume")
    held = panel.take(rows)
    return all(np.array_equal(getattr(held, name), getattr(delivered, name)) for name in columns)


class AskTechnicalAnalysis(services.AskTechnicalAnalysis):
    """Questions to the technical analysis: those of a session, and those of a run."""

    observe = question(TechnicalAnalysis.observe)
    record_regimes = question(TechnicalAnalysis.record_regimes)
