"""One analysis for each session of a segment, behind views that end with the session asked about.

Analysing five years anew at each close would cost seconds. Within a segment (`trading.bars.segments`) nothing known
is restated and every value depends on its own and earlier bars only, so one analysis of the bars on record serves all
its sessions. What it knows of later ones stays in here: a view is a copy that holds no bar after its session.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date

import numpy as np
import pyarrow as pa

from trading.arrays import Days, Floats, Ints, Stamps
from trading.bars.panel import Panel, as_day
from trading.bars.segments import Segment
from trading.catalysts.earnings import Catalyst
from trading.catalysts.known import known_catalysts
from trading.cycle.stages import Market, Patterns, regimes_of
from trading.errors import BadDataError
from trading.market.context import MarketContext
from trading.market.regimes import Regimes
from trading.news.record import NewsAt, NewsRecord
from trading.patterns.recognised import Detections, recognise_all
from trading.risk.decision_rules import DecisionRules

LEAST_BARS = 64
"""A view holds three months at least; who reads further back is named in `bars_needed`."""


def bars_needed(rules: DecisionRules) -> int:
    """How many bars of each symbol a view holds, so that all that decides or records at a close finds what it reads.

    Correlations need their window and the close before it, an open outcome the bars since its pattern.
    """
    outcome = rules.outcome
    open_bars = max(outcome.horizon_sessions, outcome.own_horizon_sessions) + 2
    return max(LEAST_BARS, rules.exposure.window_sessions + 1, open_bars)


class SegmentMarket:
    """The market of a segment.

    Args:
        segment: what it serves.
        market: analysed on the history up to `segment.last`.

    Attributes:
        name: SHA-256 of all it was made of and of its sessions, so that equal names mean that either serves the same
            questions in any process.
    """

    def __init__(self, segment: Segment, market: Market) -> None:
        self.segment = segment
        self._market = market
        self.name = _digest(market, segment)

    def holds(self, session: date) -> bool:
        """Whether it serves the session."""
        return self.segment.first <= session <= self.segment.last

    def at(self, session: date, bars: int) -> Market:
        """The market at the close of the session, with at most the latest `bars` bars of each symbol.

        Values are those on the whole history up to the session, not those on the bars that are left.

        Raises:
            BadDataError: when another segment serves the session.
        """
        rows = self._rows(session, bars)
        market, day = self._market, as_day(session)
        vix = market.vix
        if vix is not None:
            earlier = vix[0] < day
            vix = (vix[0][earlier], vix[1][earlier])
        return Market(
            market.panel.take(rows),
            {name: values[rows] for name, values in market.indicators.items()},
            _context_until(market.context, day),
            vix,
            market.sectors,
        )

    def _rows(self, session: date, bars: int) -> Ints:
        if not self.holds(session):
            raise BadDataError(f"{session} is not of {self.segment}; nothing was looked at")
        return _latest_rows(self._market.panel, as_day(session), bars)


class SegmentPatterns:
    """The patterns of a segment, and its catalysts as known at the session asked about.

    Catalysts and regimes are computed anew whenever another event or story is known than the last time. They
    are never computed from news of a later session.

    Args:
        segment: the market.
        closes: when each session of an array closes.
    """

    def __init__(self, segment: SegmentMarket, closes: Callable[[Days], Stamps]) -> None:
        self._segment, self._market = segment, segment._market  # noqa: SLF001 - the two are one analysis
        self._found = recognise_all(self._market.panel, self._market.indicators["atr_14"])
        self._closed = closes(self._market.panel.sessions)
        self._known: tuple[pa.Table, NewsRecord] | None = None
        self._catalyst: Catalyst
        self._regimes: Regimes

    @property
    def name(self) -> str:
        """Of the market's analysis."""
        return self._segment.name

    def market_at(self, session: date, bars: int) -> Market:
        """The view of the market that the patterns of the session belong to."""
        return self._segment.at(session, bars)

    def at(self, session: date, bars: int, *, events: pa.Table, news: NewsRecord) -> Patterns:
        """The patterns that stand at the close of the session, for the rows of `SegmentMarket.at(session, bars)`.

        Args:
            session: that has closed.
            bars: as for the market.
            events: known at the close; see `trading.catalysts.known`.
            news: known at the close.
        """
        rows = self._segment._rows(session, bars)  # noqa: SLF001
        self._take((events, news))
        panel, day = self._market.panel, as_day(session)
        detections, began = _detections_at(self._found, panel, rows, panel.rows_at(day))
        return Patterns(
            detections, _catalyst_of(self._catalyst, rows), began, _regimes_until(self._regimes, panel, rows, day)
        )

    def _take(self, known: tuple[pa.Table, NewsRecord]) -> None:
        if self._known is not None and _same(self._known, known):
            return
        events, news = known
        market = self._market
        asked = NewsAt(news, self._closed)
        self._catalyst = known_catalysts(market.panel, market.indicators, events, asked)
        self._regimes = regimes_of(market, Patterns(self._found, self._catalyst))
        self._known = known


def _same(one: tuple[pa.Table, NewsRecord], other: tuple[pa.Table, NewsRecord]) -> bool:
    events, news = one
    return bool(news.followed == other[1].followed and events.equals(other[0]) and news.rows.equals(other[1].rows))


def _latest_rows(panel: Panel, day: np.datetime64, bars: int) -> Ints:
    """Rows of the latest `bars` bars of each symbol up to the day, ascending."""
    if not len(panel):
        return np.zeros(0, dtype=np.int64)
    known = np.add.reduceat((panel.sessions <= day).astype(np.int64), panel.offsets[:-1])
    count = np.minimum(known, bars)
    first = panel.offsets[:-1] + known - count
    ends = np.cumsum(count)
    rows: Ints = np.repeat(first - (ends - count), count) + np.arange(ends[-1])
    return rows


def _context_until(context: MarketContext, day: np.datetime64) -> MarketContext:
    until = int(np.searchsorted(context.sessions, day, side="right"))
    return MarketContext(**{one.name: getattr(context, one.name)[:until] for one in fields(context)})


def _regimes_until(found: Regimes, panel: Panel, rows: Ints, day: np.datetime64) -> Regimes:
    """The regimes up to the day, of the symbols that have one of the rows."""
    until = int(np.searchsorted(found.sessions, day, side="right"))
    present = np.unique(panel.symbol_index[rows])
    sectors = replace(
        found.sectors,
        of_symbol=found.sectors.of_symbol[present],
        **{name: getattr(found.sectors, name)[:until] for name in ("strength", "returns", "dispersion", "turnover")},
    )
    return Regimes(
        **{one.name: getattr(found, one.name)[:until] for one in fields(found) if one.name != "sectors"},
        sectors=sectors,
    )


def _catalyst_of(catalyst: Catalyst, rows: Ints) -> Catalyst:
    return Catalyst(
        catalyst.has_catalyst[rows],
        catalyst.sessions_since_event[rows],
        {name: values[rows] for name, values in catalyst.features.items()},
    )


def _detections_at(found: Detections, panel: Panel, rows: Ints, today: Ints) -> tuple[Detections, Days]:
    """The detections at the bars `today`, their rows counted among `rows`; and when each chart formation began."""
    first, last = np.searchsorted(found.row, today), np.searchsorted(found.row, today, side="right")
    count = last - first
    picked = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(count.sum())
    at_chart = np.flatnonzero(found.chart[picked] >= 0)
    charts = found.charts.take(found.chart[picked][at_chart])
    began = panel.sessions[charts.start_row]
    start = np.searchsorted(rows, charts.start_row)
    here = rows[np.minimum(start, len(rows) - 1)] == charts.start_row if len(rows) else np.zeros(0, dtype=np.bool_)
    charts = replace(charts, row=np.searchsorted(rows, charts.row), start_row=np.where(here, start, -1))
    chart = np.full(len(picked), -1, dtype=np.int64)
    chart[at_chart] = np.arange(len(at_chart))
    row = np.searchsorted(rows, found.row[picked])
    return Detections(row, found.pattern[picked], found.direction[picked], chart, charts), began


def _digest(market: Market, segment: Segment) -> str:
    panel = market.panel
    made_of: list[Floats | Ints | Days] = [panel.offsets, panel.sessions]
    made_of += [panel.open, panel.high, panel.low, panel.close, panel.volume, *(market.vix or ())]
    told = hashlib.sha256("|".join((str(segment), *panel.symbols.tolist())).encode())
    told.update(_words(market.sectors).encode())
    for values in made_of:
        told.update(np.ascontiguousarray(values).view(np.uint8).data)
    return told.hexdigest()


def _words(sectors: Mapping[str, str]) -> str:
    return "|".join(f"{symbol}={sector}" for symbol, sector in sorted(sectors.items()))
