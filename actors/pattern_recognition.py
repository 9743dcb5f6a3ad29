"""Pattern recognition: candlesticks, chart patterns, and the setups that the models score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from actors.service import Service
from actors.wiring import Wiring
from adapters.calendar import close_times
from research.session_patterns import session_patterns
from trading.bars.panel import as_day
from trading.catalysts.known import KnownEvents
from trading.cycle import services
from trading.cycle.questions import question
from trading.cycle.segment_analysis import SegmentMarket, SegmentPatterns, bars_needed
from trading.cycle.stages import Market, Patterns, recognise, regimes_of, setups_at
from trading.errors import UnavailableError
from trading.news.record import NewsAt
from trading.patterns.in_session import SessionPatterns
from trading.patterns.recognised import NAMES, signed_name
from trading.views.setups import Setups, feature_rows


@dataclass(frozen=True)
class Latest:
    """The latest bar of some symbols as long setups, pattern or not.

    Attributes:
        setups: one row per symbol of `symbols`, in order.
        pattern_names: with + or - for the direction, bare without one, per symbol.
        missing: symbols without a bar in the session.
    """

    session: date
    symbols: tuple[str, ...]
    setups: Setups
    pattern_names: tuple[tuple[str, ...], ...]
    missing: tuple[str, ...]


class PatternRecognition(Service):
    """Recognises once a session; keeps the last session for questions about it."""

    name = "pattern_recognition"

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        self._last: tuple[date, Market, Patterns] | None = None
        self._segment: SegmentPatterns | None = None

    def recognise(self, session: date, market: Market, known: KnownEvents) -> Patterns:
        """Patterns and catalysts of the history that `market` holds."""
        news = NewsAt(known.news, close_times(market.panel.sessions))
        patterns = recognise(market, known.events, news)
        self._last = (session, market, patterns)
        return patterns

    def holds(self, name: str) -> bool:
        """Whether the segment of that name is recognised; one of another name is forgotten, its memory free."""
        if self._segment is not None and self._segment.name != name:
            self._segment = None
        return self._segment is not None

    def take(self, segment: SegmentMarket) -> None:
        """The segment is recognised: every candlestick and chart pattern of its market."""
        self._segment = SegmentPatterns(segment, close_times)

    def patterns_at(self, session: date, name: str, known: KnownEvents) -> Patterns:
        """Patterns, catalysts and regimes at the close of the session, for the rows of the market's view.

        Raises:
            UnavailableError: when the segment isn't held, as after a restart; look at the session again.
        """
        if self._segment is None or self._segment.name != name:
            raise UnavailableError(
                f"the patterns of {session} were lost in a restart. Nothing on record was. Repeat it."
            )
        bars = bars_needed(self.wiring.decisions)
        patterns = self._segment.at(session, bars, events=known.events, news=known.news)
        self._last = (session, self._segment.market_at(session, bars), patterns)
        return patterns

    def recognise_in_session(self, session: date) -> SessionPatterns | None:
        """The patterns within the session, which is over; None when no minute of it is on record."""
        cost_bp = self.wiring.decisions.outcome.cost_bp_per_side
        return session_patterns(self.on_record, session, cost_bp_per_side=cost_bp)

    def setups(self, session: date, market: Market, patterns: Patterns) -> Setups:
        """The setups of the session, both directions."""
        return setups_at(market, patterns, as_day(session))

    def latest(self, symbols: tuple[str, ...] | None) -> Latest:
        """The features of symbols at the last session; all symbols with a bar if None.

        Raises:
            UnavailableError: before the first session after a start.
        """
        if self._last is None:
            raise UnavailableError("no session has been analysed since the start; ask again after the next one")
        session, market, patterns = self._last
        rows = market.panel.rows_at(as_day(session))
        names = market.panel.row_symbols[rows]
        by_name = dict(zip(names.tolist(), rows.tolist(), strict=True))
        asked = tuple(by_name) if symbols is None else symbols
        present = tuple(symbol for symbol in asked if symbol in by_name)
        at = np.array([by_name[symbol] for symbol in present], dtype=np.int64)
        setups = feature_rows(
            market.panel, market.indicators, market.context, patterns.detections, patterns.catalyst,
            rows=at, direction=np.ones(len(at), dtype=np.int8), regime=regimes_of(market, patterns),
        )  # fmt: skip
        found = patterns.detections
        spans = np.searchsorted(found.row, [at, at + 1]).T
        pattern_names = tuple(
            tuple(
                signed_name(NAMES[pattern], sign)
                for pattern, sign in zip(found.pattern[a:b].tolist(), found.direction[a:b].tolist(), strict=True)
            )
            for a, b in spans
        )
        missing = tuple(symbol for symbol in asked if symbol not in by_name)
        return Latest(session, present, setups, pattern_names, missing)


class AskPatternRecognition(services.AskPatternRecognition):
    """Questions to the pattern recognition: those of a session, and those of a run."""

    recognise = question(PatternRecognition.recognise)
