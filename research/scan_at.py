"""A scan of the past: what the scanner could say at an instant, from the bars and events on record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from adapters.bars.files import BarFile
from adapters.bars.locations import TierLocations
from adapters.bars.store import BarStore
from adapters.calendar import closes, sessions_between
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.catalysts import EXCHANGE, CatalystStore
from adapters.postgres.pool import Pool, transaction
from adapters.postgres.vix import VixStore
from data.news.known import news_at
from research.session_minutes import DuringSession, during_session
from trading.bars.history import as_of
from trading.bars.minute_bars import MinuteBars, restated
from trading.bars.panel import as_date
from trading.catalysts.earnings import Catalyst, covered_at, sessions_since
from trading.catalysts.known import known_catalysts
from trading.cycle.stages import Market, analyse
from trading.errors import BadDataError, UnavailableError
from trading.gates import Break, Split
from trading.indicators.intraday import USUAL_SESSIONS
from trading.market.regimes import Regime, regimes
from trading.scanner.at_close import Scan, scan_all
from trading.scanner.flags import flags, flags_now
from trading.scanner.intraday import IntradayScan, scan_intraday
from trading.scanner.rules import ScannerRules

Jump = TypeVar("Jump", Split, Break)
Notes = tuple[str, ...]
FIRST_DAY = date(1900, 1, 1)
LONGEST_CLOSURE_DAYS = 14
"""No closure of the exchange since 2000 was longer than a week (September 2001)."""
NO_RECORD = "There are no bars on record in {home}. Nothing was changed. Import some first: `inplay run --sample`."


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
        bars: made of daily bars or of minutes.
        notes: what the answer lacks that was asked for, in words.
        refused: rows of minutes that were not looked at, by reason.
    """

    at: datetime
    known_at: datetime
    scan: Scan | IntradayScan
    flags: dict[str, tuple[str, ...]]
    regime: Regime | None
    bars: Literal["1d", "1m"] = "1d"
    notes: tuple[str, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What daily bars and events on record say at an instant.

    Attributes:
        session: the last that had closed, at `known_at`.
        market: history as known at that close.
        jumps: splits and breaks found by then.
        events: that were knowable at the instant.
        catalyst: what was known of them at the close.
    """

    session: date
    known_at: datetime
    market: Market
    splits: Sequence[Split]
    breaks: Sequence[Break]
    events: pa.Table
    catalyst: Catalyst

    @property
    def regime(self) -> Regime:
        """Of the market at that close."""
        market = self.market
        return regimes(
            market.panel, market.indicators, market.context, self.catalyst, sectors=market.sectors, vix=market.vix
        ).at(self.session)


def known_daily(pool: Pool, home: Path, at: datetime, locations: TierLocations | None = None) -> Known:
    """What was known at `at` from bars of sessions closed by then and events knowable by then.

    Raises:
        UnavailableError: when there is no record yet.
        BadDataError: when the record has no bars of the session that was the last to close by then.
    """
    files = _manifest(pool, home)
    session, known_at = _last_closed(at, files)
    record = BarRecord(pool)
    splits, breaks = _known(record.splits(), session), _known(record.breaks(), session)
    sectors = {symbol: sector for symbol, (_, sector, _) in record.instruments().items() if sector is not None}
    history = as_of(BarStore(home, record, locations).read(FIRST_DAY, session), splits, breaks, session)
    market = analyse(history, vix=VixStore(pool).closes_before(session), sectors=sectors)
    events = _events_by(CatalystStore(pool).load(FIRST_DAY, at.astimezone(EXCHANGE).date()), at)
    before = _events_by(events, known_at)
    news = news_at(pool, market.panel)
    catalyst = known_catalysts(market.panel, market.indicators, before, covered_at(before, session), news)
    return Known(session, known_at, market, splits, breaks, events, catalyst)


def scan_at(
    pool: Pool,
    home: Path,
    at: datetime,
    rules: ScannerRules,
    *,
    minutes: MinuteBars | None = None,
    usual_sessions: int = USUAL_SESSIONS,
    locations: TierLocations | None = None,
) -> ScanAt:
    """The stocks in play as they were known at `at`, from minute bars where there are any, else from daily ones.

    A daily bar is known at the close of its session, so without minutes a question during a session is answered from
    the one before, and `notes` says so where minutes were asked for. A minute bar is known at its end.

    Args:
        pool: of the record.
        home: the data folder with the daily bars.
        at: an instant, with its time zone.
        rules: of the scan.
        minutes: None for daily bars.
        usual_sessions: that make the usual volume of a time of day.
        locations: of the tiers of bars.

    Raises:
        UnavailableError: when there is no record yet.
        BadDataError: when neither minutes nor the record have bars of the time, or the minutes aren't what they claim.
    """
    if minutes is None:
        return _daily(known_daily(pool, home, at, locations), at, rules)
    found = during_session(minutes, at, usual_sessions)
    if isinstance(found, str):
        daily = _daily(known_daily(pool, home, at, locations), at, rules)
        return replace(daily, notes=(f"{found}, so the answer is that of the daily bars",))
    try:
        known: Known | None = known_daily(pool, home, at, locations)
        notes: tuple[str, ...] = ()
    except (BadDataError, NoRecordError) as error:
        known, notes = None, (f"catalysts, splits and the market's regime are unknown: {str(error).rstrip('.')}",)
    return _during(found, known, at, rules, notes)


def _during(found: DuringSession, known: Known | None, at: datetime, rules: ScannerRules, notes: Notes) -> ScanAt:
    """The scan of the minutes with what daily bars and events say."""
    splits, breaks = (known.splits, known.breaks) if known else ((), ())
    bars = restated(found.bars, splits, breaks)
    scanned = scan_intraday(
        bars, found.hours, at=found.at, rules=rules, jumps=[*splits, *breaks], usual_sessions=found.usual_sessions,
        catalysts=sessions_since(known.events, found.hours.sessions) if known else {},
    )  # fmt: skip
    return ScanAt(
        at, found.known_at, scanned, flags_now(bars, scanned.in_play, [*splits, *breaks], found.hours.sessions),
        known.regime if known else None, bars="1m", notes=notes, refused=found.refused,
    )  # fmt: skip


def _daily(known: Known, at: datetime, rules: ScannerRules) -> ScanAt:
    market, session = known.market, known.session
    jumps: list[Split | Break] = [*known.splits, *known.breaks]
    found = scan_all(
        market.panel, market.indicators, market.context, known.catalyst, session=session, rules=rules, jumps=jumps
    )
    since = known.events.filter(pc.greater_equal(known.events.column("event_date"), pa.scalar(session, pa.date32())))
    reported = {event["symbol"]: event["event_date"] for event in since.to_pylist()}
    return ScanAt(at, known.known_at, found, flags(market.panel, found.in_play, jumps, reported), known.regime)


class NoRecordError(UnavailableError):
    """There are no daily bars on record."""


def _manifest(pool: Pool, home: Path) -> list[BarFile]:
    with transaction(pool) as cursor:
        cursor.execute("SELECT to_regclass('bar_files') IS NOT NULL")
        (there,) = cursor.fetchone() or (False,)
    files = BarRecord(pool).files() if there else []
    if not files:
        raise NoRecordError(NO_RECORD.format(home=home))
    return files


def _last_closed(at: datetime, files: list[BarFile]) -> tuple[date, datetime]:
    """The last session that had closed by `at`, and when it did.

    Raises:
        BadDataError: when the record has no bars of it: an older session would pass for the present one.
    """
    first, last = min(file.first_session for file in files), max(file.last_session for file in files)
    reach = f"The record goes from {first} to {last}; nothing was changed. Ask for a time after a close between them."
    today = at.astimezone(EXCHANGE).date()
    if today < first or today > last + timedelta(days=LONGEST_CLOSURE_DAYS):
        raise BadDataError(f"Nothing on record says what was known at {at.isoformat()}. {reach}")
    sessions = sessions_between(today - timedelta(days=LONGEST_CLOSURE_DAYS), today)
    closed = [pair for pair in zip(map(as_date, sessions), closes(sessions), strict=True) if pair[1] <= at]
    session, known_at = closed[-1]
    if not any(session in file.sessions for file in files):
        raise BadDataError(f"At {at.isoformat()} the last session to have closed was {session}, without bars. {reach}")
    return session, known_at


def _events_by(events: pa.Table, at: datetime) -> pa.Table:
    """Those that were knowable at `at`."""
    knowable = events.column("knowable_at")
    return events.filter(pc.less_equal(knowable, pa.scalar(at.astimezone(UTC), knowable.type)))


def _known(jumps: Iterable[Jump], session: date) -> list[Jump]:
    return [jump for jump in jumps if jump.session <= session]
