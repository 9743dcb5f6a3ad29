"""The end of a live session: through the gates into the record, compared with the feed's history, days added."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta

import structlog

from adapters.bars.files import Timeframe
from adapters.calendar import session_hours
from adapters.feeds.port import BarHistory
from adapters.feeds.source import TableSource
from adapters.postgres.bars_record import ImportedFile
from adapters.postgres.feed_record import Check, ClosedSession, FeedRecord
from adapters.record import Record
from data.history.fetched import FetchedBars
from data.history.spans import history_span
from data.importing.importer import BarImporter, ImportCounts
from data.live.spool import SealedSession
from trading.bars.intraday import INTRADAY_SCHEMA
from trading.bars.live_batches import Counts
from trading.errors import BadDataError, ConfigurationError

UNHEARD_AFTER = timedelta(minutes=15)
"""After its end, so that what is still on its way from the stream is no longer."""
UNHEARD_DAYS = 30
"""An absence of longer is for a person to mend: `inplay import alpaca --from … --to …`."""


class SessionCloser:
    """Brings sessions of a live feed into the record.

    Args:
        record: that the sessions come into.
        feed: name of the live feed.
        history: of the same feed.
        clock: what time it is.
        importing: held while bars come into the record; one import at a time over a data folder.
        universe: symbols to compare, beside those on record for the session.
    """

    def __init__(
        self,
        record: Record,
        feed: str,
        history: BarHistory,
        *,
        clock: Callable[[], datetime],
        importing: threading.Lock,
        universe: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        self._record, self._feeds = record, FeedRecord(record.pool)
        self._feed, self._history, self._clock = feed, history, clock
        self._importing, self._universe = importing, universe

    def close(self, sealed: SealedSession) -> ClosedSession:
        """The session's minutes are on record, counted; its spool is gone. Repeating it after a stop goes on.

        Raises:
            InplayError: when they can't be stored now; the spool stays.
        """
        about = ImportedFile(sealed.name, sealed.sha256(), "1m")
        counts, superseded = sealed.counts(), sealed.superseded()
        with self._importing:
            BarImporter(self._record, self._clock).run(sealed, replace=True)
        imported = self._record.bar_tables.begin_import(about, at=self._clock())
        closed = ClosedSession(self._feed, sealed.session, about.file_sha256, counts, superseded, imported)
        self._feeds.record_closed(closed, at=self._clock())
        sealed.discard()
        return closed

    def unheard(self, waiting: Collection[date]) -> list[date]:
        """Sessions since the last closed one that are over and of which nothing was heard: the platform was down.

        Of an absence of more than `UNHEARD_DAYS` the latest so many days; the log names the others.

        Args:
            waiting: sessions whose bars are yet to be closed.
        """
        closed = self._feeds.latest(self._feed)
        now = self._clock()
        if not closed or closed[0].session >= now.date():
            return []
        since, earliest = closed[0].session + timedelta(days=1), now.date() - timedelta(days=UNHEARD_DAYS)
        if since < earliest:
            structlog.get_logger().warning("feed_sessions_not_brought", since=str(since), before=str(earliest))
        hours = session_hours(max(since, earliest), now.date())
        ends = [end.astype("datetime64[s]").item().replace(tzinfo=UTC) for end in hours.end_at]
        over = [day.item() for day, end in zip(hours.sessions, ends, strict=True) if end + UNHEARD_AFTER <= now]
        return [day for day in over if day not in waiting]

    def close_unheard(self, session: date) -> ClosedSession:
        """The session is on record with no bar, so that `check` brings it from history. It may be repeated."""
        digest = hashlib.sha256(f"{self._feed} {session}: nothing was heard".encode()).hexdigest()
        nothing = TableSource(f"{self._feed} {session}", digest, INTRADAY_SCHEMA.empty_table(), "1m")
        with self._importing:
            BarImporter(self._record, self._clock).run(nothing)
        imported = self._record.bar_tables.begin_import(ImportedFile(nothing.name, digest, "1m"), at=self._clock())
        closed = ClosedSession(self._feed, session, digest, Counts(), 0, imported)
        self._feeds.record_closed(closed, at=self._clock())
        structlog.get_logger().warning("feed_session_unheard", feed=self._feed, session=str(session))
        return closed

    def check(self, session: date) -> Check | None:
        """The session is compared with the feed's history, which adds what is missing, and its days are on record.

        Returns:
            None when the history contradicts the stream; the record says so, and it isn't compared again.

        Raises:
            UnavailableError: when the history can't be had now; to be tried again.
            ConfigurationError: when the keys or the plan don't allow it, or the clock says that the session isn't over;
                the record says so, and it is tried again.
        """
        try:
            minutes = self._bring(session, "1m")
            days = self._bring(session, "1d")
        except ConfigurationError as error:
            self._feeds.record_problem(self._feed, session, str(error), at=self._clock(), final=False)
            raise
        except BadDataError as error:
            self._feeds.record_problem(self._feed, session, str(error), at=self._clock(), final=True)
            structlog.get_logger().warning("feed_session_not_checked", session=str(session), reason=str(error))
            return None
        missing = minutes.rows_stored - minutes.rows_corrected
        check = Check(minutes.rows_in, minutes.rows_duplicate, missing, minutes.rows_corrected, days.rows_stored)
        self._feeds.record_check(self._feed, session, check, at=self._clock())
        return check

    def check_all(self) -> list[Check]:
        """Every closed session is compared; those that can't be yet stay for the next time."""
        found = [self.check(session) for session in self._feeds.unchecked(self._feed)]
        return [check for check in found if check is not None]

    def _bring(self, session: date, timeframe: Timeframe) -> ImportCounts:
        stored = self._record.bars.read(session, session, "1m")
        symbols = tuple(sorted({*map(str, stored.column("symbol").unique().to_pylist()), *self._universe()}))
        span = history_span(symbols, timeframe, session, session, now=self._clock(), delay=timedelta())
        fetched = FetchedBars(self._record.home, self._history, span)
        fetched.fetch()
        with self._importing:
            counts = BarImporter(self._record, self._clock).run(fetched)
        fetched.discard()
        return counts
