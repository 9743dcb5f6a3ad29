"""The live feed that the settings ask for: heard, kept, its sessions closed and compared, and how it does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

import structlog

from adapters.feeds.port import BarHistory, LiveBars
from adapters.postgres.feed_record import FeedRecord, FeedSession
from adapters.record import Record
from data.live.closing import SessionCloser
from data.live.listening import LiveFeed, LiveRules, words_of
from data.live.spool import Spool
from trading.errors import InplayError

CLOSING_EVERY_S = 30.0


class LiveIngestion:
    """A live feed under a data folder.

    Args:
        home: the data folder.
        record: opens its connections when they are first needed.
        ports: the stream and the history.
        rules: how it is kept.
        clock: what time it is.
        importing: held while bars come into the record.
        universe: symbols that history is asked for, beside those heard of; by default those of the latest session of
            days on record. What is in neither and was missed can't be known of.
    """

    def __init__(
        self,
        home: Path,
        record: Callable[[], Record],
        ports: tuple[LiveBars, BarHistory],
        rules: LiveRules,
        *,
        clock: Callable[[], datetime],
        importing: threading.Lock,
        universe: Callable[[], tuple[str, ...]] | None = None,
    ) -> None:
        stream, self._history = ports
        self._record, self._clock, self._importing = record, clock, importing
        self._universe = universe or self._latest_symbols
        self.feed = LiveFeed(stream, self._history, Spool(home, stream.name), rules, clock, universe=self._universe)
        self._stop = threading.Event()
        self._closing_problem = ""
        self._latest: FeedSession | None = None
        self._thread = threading.Thread(target=self._close_on, name="feed close", daemon=True)

    def start(self) -> None:
        """The feed is heard, and its sessions are closed as they end."""
        self.feed.start()
        self._thread.start()

    def stop(self) -> None:
        """Nothing is heard any more, and what was heard is on disk."""
        self._stop.set()
        self.feed.stop()
        self._thread.join(10.0)

    def condition(self) -> tuple[Literal["ok", "degraded"], str]:
        """Well or degraded, and why; with the latest session's reconciliation."""
        state, said = words_of(self.feed.state())
        if self._closing_problem:
            state, said = "degraded", f"{said}; {self._closing_problem}"
        if self._latest is not None and self._latest.problem:  # its days are missing, so it isn't traded
            state = "degraded"
        return state, "; ".join([f"{self.feed.feed.name}: {said}", *([_words(self._latest)] if self._latest else [])])

    def close_ended(self) -> int:
        """Sessions that have ended are on record and compared with history; returns how many of those heard.

        Sessions that were missed as a whole, since the platform was down, come from history alone, before later ones.

        Raises:
            InplayError: the first of what couldn't be done; the other sessions are, and it is tried the next time.
        """
        for session in self.feed.over():
            self.feed.seal(session)
        closer = self._closer()
        sealed = self.feed.spool.sealed()
        for session in closer.unheard({*self.feed.spool.sessions(), *(one.session for one in sealed)}):
            closer.close_unheard(session)
        problems: list[InplayError] = []
        for one in sealed:
            try:
                closer.close(one)
            except InplayError as error:
                problems.append(error)
        closer.check_all()
        self._latest = next(iter(FeedRecord(self._record().pool).latest(self.feed.feed.name)), None)
        if problems:
            raise problems[0]
        return len(sealed)

    def closed_sessions(self, most: int = 10) -> list[FeedSession]:
        """The latest sessions on record, the latest first."""
        return FeedRecord(self._record().pool).latest(self.feed.feed.name, most)

    def _closer(self) -> SessionCloser:
        return SessionCloser(
            self._record(), self.feed.feed.name, self._history, clock=self._clock, importing=self._importing,
            universe=self._universe,
        )  # fmt: skip

    def _close_on(self) -> None:
        while not self._stop.wait(CLOSING_EVERY_S):
            try:
                self.close_ended()
                self._closing_problem = ""
            except InplayError as error:
                self._closing_problem = f"a session can't be closed yet: {error}"
                structlog.get_logger().warning("feed_session_not_closed", reason=str(error))
            except Exception as error:  # noqa: BLE001 - a defect in closing must not end the feed; health says it
                self._closing_problem = f"a defect in closing: {type(error).__name__}; the log has the trace"
                structlog.get_logger().exception("feed_closing_defect")

    def _latest_symbols(self) -> tuple[str, ...]:
        """Of the latest session of days on record."""
        record = self._record()
        files = record.bar_tables.files()
        if not files:
            return ()
        last = max(file.last_session for file in files)
        bars = record.bars.read(last, last, verify=False)
        return tuple(sorted(map(str, bars.column("symbol").unique().to_pylist())))


def _words(session: FeedSession) -> str:
    counted = (
        f"session {session.session}: {session.received:,} bars received, {session.stored:,} stored, "
        f"{session.duplicate:,} doubles, {session.quarantined:,} in quarantine, {session.late:,} late, "
        f"{session.filled:,} filled in"
    )
    if session.checked is None:
        return f"{counted}; not compared with history" + (f": {session.problem}" if session.problem else " yet")
    check = session.checked
    return (
        f"{counted}; history has {check.rows:,}: {check.same:,} same, {check.missing:,} were missing, "
        f"{check.differ:,} differ; {check.days_stored:,} days stored"
    )
