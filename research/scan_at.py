"""A scan of the past: what the scanner could say at an instant, from the bars and events on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adapters.bars.files import BAR_S, BarFile, Timeframe
from adapters.calendar import closes, session_on, sessions_between
from adapters.record import NO_BARS, Record
from data.known_at import Known, known_at_close
from research.session_minutes import DuringSession, during_session
from trading.bars.actions import Break, Split
from trading.bars.minute_bars import MinuteBars, restated
from trading.bars.panel import as_date, as_day
from trading.catalysts.earnings import Catalyst, sessions_since
from trading.catalysts.known import known_catalysts
from trading.cycle.stages import Market
from trading.errors import BadDataError, UnavailableError
from trading.indicators.intraday import USUAL_SESSIONS
from trading.market.regimes import Regime, regimes
from trading.scanner.at_close import Scan, scan
from trading.scanner.flags import flags, flags_now
from trading.scanner.intraday import IntradayScan, scan_intraday
from trading.scanner.rules import ScannerRules

Notes = tuple[str, ...]
NAMES = {length: name for name, length in BAR_S.items()}
MOVERS = 5
"""Names among those that couldn't be looked at that are said."""
LONGEST_CLOSURE_DAYS = 14
"""No closure of the exchange since 2000 was longer than a week (September 2001)."""


@dataclass(frozen=True)
class ScanAt:
    """A scan and what it was made of.

    Attributes:
        at: the instant of the question.
        known_at: when the latest bar that was read was over; nothing later was read.
        scan: stocks in play, and why the others are out.
        flags: warnings by symbol; see `trading.scanner.flags`.
        regime: of the market at the last close, by the sectors as they are on record, whenever they were assigned; None
            where no daily bars tell.
        bars: length of those that it was made of.
        notes: what the answer lacks that was asked for, in words.
        refused: rows of minutes that were not looked at, by reason.
        unseen: names with daily bars that have no bar of the session to be looked at; None for daily bars.
    """

    at: datetime
    known_at: datetime
    scan: Scan | IntradayScan
    flags: dict[str, tuple[str, ...]]
    regime: Regime | None
    bars: Timeframe = "1d"
    notes: tuple[str, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)
    unseen: Unseen | None = None


@dataclass(frozen=True)
class Unseen:
    """Names that a scan of a session couldn't look at, as they have no bar within it.

    Attributes:
        count: of those with a daily bar at the last close that was known.
        session: of that close.
        movers: symbol and its move from the close before to the close of the session itself, largest first; empty as
            long as that close isn't known.
    """

    count: int
    session: date
    movers: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Daily:
    """What daily bars and events on record say at an instant.

    Attributes:
        closed: what was known when the last session closed.
        events: that were knowable at the instant.
        market: history as known at that close.
        catalyst: what was known of events and news at the close.
    """

    closed: Known
    events: pa.Table
    market: Market
    catalyst: Catalyst

    @property
    def jumps(self) -> list[Split | Break]:
        """Splits and breaks found by the close."""
        return [*self.closed.splits, *self.closed.breaks]

    @property
    def regime(self) -> Regime:
        """Of the market at that close."""
        market = self.market
        return regimes(
            market.panel, market.indicators, market.context, self.catalyst, sectors=market.sectors, vix=market.vix
        ).at(self.closed.session)


def known_daily(record: Record, at: datetime) -> Daily:
    """What was known at `at` from bars of sessions closed by then and events knowable by then.

    Raises:
        UnavailableError: when there is no record yet.
        BadDataError: when the record has no bars of the session that was the last to close by then.
    """
    closed = known_at_close(record, _last_closed(at, _manifest(record)))
    market = closed.market()
    news = closed.news_at(market.panel)
    catalyst = known_catalysts(market.panel, market.indicators, closed.events, news)
    events = replace(closed, at=at).events  # those too that became known since the close
    return Daily(closed, events, market, catalyst)


def scan_at(
    record: Record,
    at: datetime,
    rules: ScannerRules,
    *,
    minutes: MinuteBars | None = None,
    usual_sessions: int = USUAL_SESSIONS,
) -> ScanAt:
    """The stocks in play as they were known at `at`, from minute bars where there are any, else from daily ones.

    A daily bar is known at the close of its session, so without minutes a question during a session is answered from
    the one before, and `notes` says so where minutes were asked for. A minute bar is known at its end.

    Args:
        record: with the daily bars; only read.
        at: an instant, with its time zone.
        rules: of the scan.
        minutes: None for daily bars.
        usual_sessions: that make the usual volume of a time of day.

    Raises:
        UnavailableError: when there is no record yet.
        BadDataError: when neither minutes nor the record have bars of the time, or the minutes aren't what they claim.
    """
    if minutes is None:
        return _daily(known_daily(record, at), at, rules)
    found = during_session(minutes, at, usual_sessions)
    if isinstance(found, str):
        daily = _daily(known_daily(record, at), at, rules)
        return replace(daily, notes=(f"{found}, so the answer is that of the daily bars",))
    try:
        known: Daily | None = known_daily(record, at)
        notes: tuple[str, ...] = ()
    except (BadDataError, NoRecordError) as error:
        known, notes = None, (f"catalysts, splits and the market's regime are unknown: {str(error).rstrip('.')}",)
    return _during(found, known, at, rules, notes)


def _during(found: DuringSession, known: Daily | None, at: datetime, rules: ScannerRules, notes: Notes) -> ScanAt:
    """The scan of the minutes with what daily bars and events say."""
    jumps = known.jumps if known else []
    bars = restated(found.bars, *((known.closed.splits, known.closed.breaks) if known else ((), ())))
    scanned = scan_intraday(
        bars, found.hours, at=found.at, rules=rules, jumps=jumps, usual_sessions=found.usual_sessions,
        catalysts=sessions_since(known.events, found.hours.sessions) if known else {},
    )  # fmt: skip
    return ScanAt(
        at, found.known_at, scanned, flags_now(bars, scanned.in_play, jumps, found.hours.sessions),
        known.regime if known else None, bars=NAMES[found.bars.bar_s], notes=notes, refused=found.refused,
        unseen=_unseen(found, known) if known else None,
    )  # fmt: skip


def _unseen(found: DuringSession, known: Daily) -> Unseen:
    """Who has daily bars and no bar of the session that is scanned, and who of them moved most once that is known."""
    panel, closed = known.market.panel, as_day(known.closed.session)
    today = found.hours.sessions[-1]
    rows = panel.rows_at(closed)
    names = panel.symbols[panel.symbol_index[rows]]
    seen = np.unique(found.bars.symbols[found.bars.symbol_index[found.bars.sessions == today]])
    rows = rows[~np.isin(names, seen)]
    if closed != today:
        return Unseen(len(rows), known.closed.session)
    first = panel.offsets[panel.symbol_index[rows]]
    moved = rows[rows > first]
    moves = panel.close[moved] / panel.close[moved - 1] - 1
    largest = np.argsort(-np.abs(moves), kind="stable")[:MOVERS]
    movers = ((str(panel.symbols[panel.symbol_index[moved[at]]]), float(moves[at])) for at in largest.tolist())
    return Unseen(len(rows), known.closed.session, tuple(movers))


def _daily(known: Daily, at: datetime, rules: ScannerRules) -> ScanAt:
    market, session, jumps = known.market, known.closed.session, known.jumps
    found = scan(
        market.panel, market.indicators, market.context, known.catalyst, session=session, rules=rules, jumps=jumps
    )
    since = known.events.filter(pc.greater_equal(known.events.column("event_date"), pa.scalar(session, pa.date32())))
    reported = {event["symbol"]: event["event_date"] for event in since.to_pylist()}
    return ScanAt(at, known.closed.at, found, flags(market.panel, found.in_play, jumps, reported), known.regime)


NO_DAYS = (
    "There are no daily bars on record in {home}, only bars of {shorter}. Nothing was changed. Import daily "
    "bars as well: `inplay import bars FILE`."
)


class NoRecordError(UnavailableError):
    """There are no daily bars on record."""


def _manifest(record: Record) -> list[BarFile]:
    files = record.bar_tables.files() if record.bar_tables.is_made() else []
    if not files:
        shorter = (
            {file.timeframe for file in record.bar_tables.files(timeframe=None)} if record.bar_tables.is_made() else ()
        )
        raise NoRecordError(
            (NO_DAYS if shorter else NO_BARS).format(home=record.home, shorter=", ".join(sorted(shorter)))
        )
    return files


def _last_closed(at: datetime, files: list[BarFile]) -> date:
    """The last session that had closed by `at`.

    Raises:
        BadDataError: when the record has no bars of it: an older session would pass for the present one.
    """
    first, last = min(file.first_session for file in files), max(file.last_session for file in files)
    reach = f"The record goes from {first} to {last}; nothing was changed. Ask for a time after a close between them."
    today = session_on(at)
    if today < first or today > last + timedelta(days=LONGEST_CLOSURE_DAYS):
        raise BadDataError(f"Nothing on record says what was known at {at.isoformat()}. {reach}")
    sessions = sessions_between(today - timedelta(days=LONGEST_CLOSURE_DAYS), today)
    session = [as_date(day) for day, closed in zip(sessions, closes(sessions), strict=True) if closed <= at][-1]
    if not any(session in file.sessions for file in files):
        raise BadDataError(f"At {at.isoformat()} the last session to have closed was {session}, without bars. {reach}")
    return session
