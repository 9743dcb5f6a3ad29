"""A live feed, kept: heard, grouped by bar time, on disk within seconds, gaps filled, sessions closed.

Three threads: one hears the feed, one keeps what came, one asks the history and closes sessions. Between the first and
the second stands a queue of bounded length: when the disk is slow, the feed waits and not the memory.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Literal

import structlog

from adapters.calendar import session_hours
from adapters.feeds.port import BarHistory, LiveBars, Page, Span
from adapters.pace import backoff_s
from data.live.spool import Spool
from data.live.trades import LastTrades
from trading.bars.live_batches import NIGHT_S, Batch, Batches, Counts
from trading.errors import AskedTooOftenError, InplayError, UnavailableError

QUEUE_FRAMES = 128
WAKE_S = 0.25
OVERLAP = timedelta(minutes=3)
"""Asked for again after a gap: doubles are dropped, and a bar may come a little late."""
LONGEST_GAP = timedelta(days=7)
"""Asked for as the feed's own bars; whole sessions that were missed come when they are closed (`closing.py`)."""
ALL = "*"


@dataclass(frozen=True)
class LiveRules:
    """How a feed is kept.

    Attributes:
        symbols: to hear of; `*` = all.
        late_s: how long a bar time waits for its symbols after the first one.
        quiet_s: how long nothing may have come before a session that is over is closed.
    """

    symbols: tuple[str, ...] = (ALL,)
    late_s: float = 5.0
    quiet_s: float = 60.0

    @property
    def expected(self) -> int | None:
        """How many symbols there are, if that is known."""
        return None if ALL in self.symbols else len(self.symbols)


@dataclass(frozen=True)
class LiveState:
    """How a live feed does.

    Attributes:
        refused: it doesn't want us: keys, plan.
        gap_from: history from then on is yet to be had; None without a gap.
        queued: frames that wait; `QUEUE_FRAMES` = the feed is held back.
        store_s: how long the last batch took from closed to on disk; `slowest_store_s` the slowest.
    """

    connected: bool = False
    connections: int = 0
    refused: bool = False
    problem: str = ""
    newest_at: datetime | None = None
    gap_from: datetime | None = None
    gaps_filled: int = 0
    batches: int = 0
    queued: int = 0
    waiting_rows: int = 0
    store_s: float = 0.0
    slowest_store_s: float = 0.0


@dataclass(frozen=True)
class _Heard:
    at_s: float
    arrived_at: datetime
    messages: list[Any]


@dataclass(frozen=True)
class _Filled:
    page: Page


@dataclass(frozen=True)
class _Seal:
    session: date
    done: threading.Event


class LiveFeed:
    """A feed and its spool; a `Listener`.

    Args:
        feed: what is heard.
        history: of the same feed, for gaps.
        spool: where bars go.
        rules: how.
        clock: what time it is; may be set back.
        seconds: a clock that never goes back.
        universe: symbols to ask for after a gap, beside those heard of.
    """

    def __init__(
        self,
        feed: LiveBars,
        history: BarHistory,
        spool: Spool,
        rules: LiveRules,
        clock: Callable[[], datetime],
        *,
        seconds: Callable[[], float] = time.monotonic,
        universe: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        self.feed, self.spool, self.rules = feed, spool, rules
        self._history, self._clock, self._seconds, self._universe = history, clock, seconds, universe
        self._queue: queue.Queue[_Heard | _Filled | _Seal] = queue.Queue(QUEUE_FRAMES)
        self._batches = Batches(rules.late_s, rules.expected)
        self._state = LiveState()
        self.trades = LastTrades()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._gap = threading.Event()
        self._heard_s = seconds()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """The feed is heard and kept, from where the spool ends."""
        for session in self.spool.sessions():
            bars, counts = self.spool.restore(session)
            self._batches.restore(session, bars, counts)
        for name, work in (("keep", self._keep), ("fill", self._fill_gaps), ("hear", self._hear)):
            thread = threading.Thread(target=work, name=f"feed {name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Nothing is heard any more, and what was heard is on disk."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout_s)

    def state(self) -> LiveState:
        """How it does now."""
        with self._lock:
            state = self._state
        return replace(
            state,
            newest_at=self._batches.newest_at,
            queued=self._queue.qsize(),
            waiting_rows=self._batches.waiting_rows,
        )

    def counts(self, session: date) -> Counts:
        """What became of the bars of a session that isn't closed."""
        return replace(self._batches.counts(session))

    def over(self) -> list[date]:
        """Sessions in the spool that have ended, nothing of which has come for a while."""
        if self._queue.qsize() or self._batches.waiting_rows or self._seconds() - self._heard_s < self.rules.quiet_s:
            return []
        now = self._clock()
        return [session for session in self.spool.sessions() if _ended(session, now)]

    def seal(self, session: date, timeout_s: float = 30.0) -> bool:
        """What there is of the session waits to be closed; False when it couldn't be sealed in time."""
        done = threading.Event()
        return self._put(_Seal(session, done)) and done.wait(timeout_s)

    # --- heard, on the feed's thread

    def connected(self) -> None:
        """See `Listener`."""
        with self._lock:
            start = self._state.gap_from or self._resume_from()
            known = replace(self._state, connected=True, refused=False, problem="", gap_from=start)
            self._state = replace(known, connections=self._state.connections + 1)
        self._gap.set()

    def heard(self, messages: list[Any]) -> None:
        """See `Listener`; waits while the queue is full."""
        self._put(_Heard(self._seconds(), self._clock(), messages))

    def traded(self, messages: list[Any]) -> None:
        """See `Listener`."""
        self.trades.take(messages)

    def failed(self, reason: str, *, refused: bool = False) -> None:
        """See `Listener`."""
        structlog.get_logger().warning("feed_failed", feed=self.feed.name, reason=reason)
        with self._lock:
            self._state = replace(self._state, connected=False, problem=reason, refused=refused)

    def _put(self, item: _Heard | _Filled | _Seal) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=WAKE_S)
            except queue.Full:
                continue
            return True
        return False

    def _resume_from(self) -> datetime | None:
        """From when on bars may be missing: the newest one, else the beginning of this session."""
        if self._batches.newest_at is not None:
            return self._batches.newest_at - OVERLAP
        today = self._clock().date()
        hours = session_hours(today, today)
        begins = [at.astype("datetime64[s]").item().replace(tzinfo=UTC) for at in hours.premarket_at]
        return next((at for at in begins if at <= self._clock()), None)

    def _hear(self) -> None:
        attempt = 0
        while not self._stop.is_set():
            try:
                self.feed.listen(self.rules.symbols, self, self._stop)
            except Exception as error:  # noqa: BLE001 - a defect in reading the feed must not end it for good
                structlog.get_logger().exception("feed_defect", feed=self.feed.name)
                self.failed(f"a defect: {type(error).__name__}; the log has the trace")
            attempt += 1
            self._stop.wait(backoff_s(attempt, 0.0))

    # --- kept, on a thread of its own

    def _keep(self) -> None:
        try:
            self._keep_on()
        except Exception as error:  # noqa: BLE001 - said in health; what came is in the spool and in the feed's history
            structlog.get_logger().exception("feed_defect", feed=self.feed.name)
            self.failed(f"a defect in keeping: {type(error).__name__}; the log has the trace. The feed is stopped")
            self._stop.set()

    def _keep_on(self) -> None:
        while not (self._stop.is_set() and self._queue.empty()):
            try:
                item = self._queue.get(timeout=self._nap_s())
            except queue.Empty:
                item = None
            if item is not None:
                self._take(item)
            self._store(self._batches.due(self._seconds()))
        self._store(self._batches.due(self._seconds(), everything=True))

    def _nap_s(self) -> float:
        due_s = self._batches.next_due_s()
        return WAKE_S if due_s is None else min(max(due_s - self._seconds(), 0.001), WAKE_S)

    def _take(self, item: _Heard | _Filled | _Seal) -> None:
        if isinstance(item, _Seal):
            self._sealed(item)
            return
        self._heard_s = self._seconds()
        page = item.page if isinstance(item, _Filled) else self.feed.read(item.messages)
        at_s, at = (item.at_s, item.arrived_at) if isinstance(item, _Heard) else (self._heard_s, self._clock())
        self._batches.add(page.bars, at_s, at, filled=isinstance(item, _Filled))
        if page.unread.num_rows:
            session = ((self._batches.newest_at or at) - timedelta(seconds=NIGHT_S)).date()
            self._batches.counts(session).unread += page.unread.num_rows
            self._insist(partial(self.spool.write_unread, session, page.unread, self._so_far(session)))

    def _store(self, batches: list[Batch]) -> None:
        for batch in batches:
            closed_s = self._seconds()
            self._insist(partial(self.spool.write, batch, self._so_far(batch.session)))
            took_s = self._seconds() - closed_s
            with self._lock:
                slowest_s = max(took_s, self._state.slowest_store_s)
                done = self._state.batches + 1
                self._state = replace(self._state, batches=done, store_s=took_s, slowest_store_s=slowest_s)

    def _so_far(self, session: date) -> Counts:
        """Without bars that wait: a crash loses those, and history brings them again."""
        counts = self._batches.counts(session)
        return replace(counts, received=counts.spooled + counts.duplicate)

    def _insist(self, write: Callable[[], None]) -> None:
        """Written, however long that takes; until then the queue fills and the feed waits."""
        attempt = 0
        while True:
            try:
                write()
            except UnavailableError as error:
                attempt += 1
                with self._lock:
                    self._state = replace(self._state, problem=str(error))
                if self._stop.wait(backoff_s(attempt, 0.0, most_s=30.0)) and attempt > 1:
                    structlog.get_logger().error("feed_batch_not_stored", reason=str(error))
                    return
            else:
                if attempt:
                    with self._lock:
                        self._state = replace(self._state, problem="")
                return

    def _sealed(self, item: _Seal) -> None:
        self._store(self._batches.due(self._seconds(), everything=True))
        counts = self._batches.counts(item.session)
        empty = self.feed.read([]).unread
        self._insist(partial(self.spool.write_unread, item.session, empty, counts))
        self.spool.seal(item.session)
        self._batches.forget(item.session)
        item.done.set()

    # --- gaps, on a thread of their own

    def _fill_gaps(self) -> None:
        attempt = 0
        while not self._stop.is_set():
            if not self._gap.wait(WAKE_S):
                continue
            self._gap.clear()
            try:
                self._fill()
                attempt = 0
            except InplayError as error:
                attempt += 1
                self._gap_failed(str(error))
                asked_s = error.retry_after_s if isinstance(error, AskedTooOftenError) else 0.0
                self._stop.wait(max(backoff_s(attempt, 0.0), asked_s))
                self._gap.set()

    def _gap_failed(self, reason: str) -> None:
        structlog.get_logger().warning("feed_gap_open", feed=self.feed.name, reason=reason)
        with self._lock:
            self._state = replace(self._state, problem=f"a gap is open: {reason}")

    def _fill(self) -> None:
        """What may have been missed is in the queue, page by page."""
        with self._lock:
            first, connections = self._state.gap_from, self._state.connections
        if first is None:
            return
        named = () if self.rules.expected is None else self.rules.symbols
        symbols = tuple(sorted({*named, *self._universe(), *self._batches.symbols()} - {ALL}))
        last = self._clock()
        if last < first:
            raise UnavailableError(
                f"bars of {first:%Y-%m-%d %H:%M} UTC are here and this machine's clock says {last:%Y-%m-%d %H:%M}: it "
                "was set back. Correct it; what was missed is asked for then"
            )
        first = max(first, last - LONGEST_GAP)  # sessions before it are brought when they are closed
        cursor: str | None = None
        while symbols and not self._stop.is_set():
            page = self._history.page(Span(symbols, "1m", first, last), cursor)
            self._put(_Filled(page))
            cursor = page.cursor
            if cursor is None:
                break
        with self._lock:
            if self._state.connections != connections:
                self._gap.set()  # another gap was opened meanwhile
            else:
                said = "" if self._state.problem.startswith("a gap is open") else self._state.problem
                done = self._state.gaps_filled + 1
                self._state = replace(self._state, gap_from=None, gaps_filled=done, problem=said)


def _ended(session: date, now: datetime) -> bool:
    hours = session_hours(session, session)
    if not len(hours):  # no session of the calendar: what came for it is refused by the gates
        return now.date() > session
    end: datetime = hours.end_at[0].astype("datetime64[s]").item().replace(tzinfo=UTC)
    return now >= end


def words_of(state: LiveState) -> tuple[Literal["ok", "degraded"], str]:
    """How a feed does, in words."""
    newest = f"newest bar {state.newest_at:%Y-%m-%d %H:%M} UTC" if state.newest_at else "no bar yet"
    facts = [f"connected {state.connections} times", newest, f"{state.batches} batches"]
    facts += [f"{state.queued} frames wait"] if state.queued >= QUEUE_FRAMES // 2 else []
    facts += [f"history is wanted from {state.gap_from:%Y-%m-%d %H:%M} UTC"] if state.gap_from else []
    facts += [f"slowest batch on disk after {state.slowest_store_s:.2f} s"] if state.batches else []
    well = state.connected and not state.problem and not state.refused
    said = state.problem or ("" if state.connected else "not connected")
    return ("ok" if well else "degraded"), "; ".join([*facts, *([said] if said else [])])
