"""A scan of the past: what the scanner could say at an instant, from the bars and events on record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from adapters.bars import BarFile, BarStore
from adapters.calendar import closes, sessions_between
from adapters.known_news import news_at
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.catalysts import EXCHANGE, CatalystStore
from adapters.postgres.pool import Pool, transaction
from trading.catalysts import covered_at
from trading.cycle import analyse
from trading.errors import BadDataError, UnavailableError
from trading.gates import Break, Split
from trading.history import as_of
from trading.known_catalysts import known_catalysts
from trading.panel import as_date
from trading.regimes import Regime, regimes
from trading.scanner import Scan, scan_all
from trading.scanner_flags import flags
from trading.scanner_rules import ScannerRules

Jump = TypeVar("Jump", Split, Break)
FIRST_DAY = date(1900, 1, 1)
LONGEST_CLOSURE_DAYS = 14
"""No closure of the exchange since 2000 was longer than a week (September 2001)."""
NO_RECORD = "There are no bars on record in {home}. Nothing was changed. Import some first: `inplay run --sample`."


@dataclass(frozen=True)
class ScanAt:
    """A scan and what it was made of.

    Attributes:
        at: the instant of the question.
        known_at: the close of the session that was scanned, the last at or before `at`; nothing later was read.
        scan: stocks in play, and why the others are out.
        flags: warnings by symbol; see `trading.scanner_flags.flags`.
        regime: of the market at that close, by the sectors as they are on record, whenever they were assigned.
    """

    at: datetime
    known_at: datetime
    scan: Scan
    flags: dict[str, tuple[str, ...]]
    regime: Regime


def scan_at(pool: Pool, home: Path, at: datetime, rules: ScannerRules) -> ScanAt:
    """The stocks in play as they were known at `at`: bars of sessions closed by then, events knowable by then.

    A daily bar is known at the close of its session, so a question during a session is answered from the one before.

    Args:
        pool: of the record.
        home: the data folder with the bars.
        at: an instant, with its time zone.
        rules: of the scan.

    Raises:
        UnavailableError: when there is no record yet.
        BadDataError: when the record has no bars of the session that was the last to close by then.
    """
    files = _manifest(pool, home)
    session, known_at = _last_closed(at, files)
    record = BarRecord(pool)
    splits, breaks = _known(record.splits(), session), _known(record.breaks(), session)
    market = analyse(as_of(BarStore(home, record).read(FIRST_DAY, session), splits, breaks, session))
    events = _events_by(CatalystStore(pool).load(FIRST_DAY, at.astimezone(EXCHANGE).date()), at)
    before = _events_by(events, known_at)
    news = news_at(pool, market.panel)
    catalyst = known_catalysts(market.panel, market.indicators, before, covered_at(before, session), news)
    found = scan_all(
        market.panel, market.indicators, market.context, catalyst,
        session=session, rules=rules, jumps=[*splits, *breaks],
    )  # fmt: skip
    since = events.filter(pc.greater_equal(events.column("event_date"), pa.scalar(session, pa.date32())))
    reported = {event["symbol"]: event["event_date"] for event in since.to_pylist()}
    warnings = flags(market.panel, found.in_play, [*splits, *breaks], reported)
    sectors = {symbol: sector for symbol, (_, sector, _) in record.instruments().items() if sector is not None}
    market_now = regimes(market.panel, market.indicators, market.context, catalyst, sectors=sectors).at(session)
    return ScanAt(at, known_at, found, warnings, market_now)


def _manifest(pool: Pool, home: Path) -> list[BarFile]:
    with transaction(pool) as cursor:
        cursor.execute("SELECT to_regclass('bar_files') IS NOT NULL")
        (there,) = cursor.fetchone() or (False,)
    files = BarRecord(pool).files() if there else []
    if not files:
        raise UnavailableError(NO_RECORD.format(home=home))
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
