"""A live feed on a local exchange, heard by Alpaca's own client: batches, gaps, doubles, late bars, back-pressure."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgpack
import pyarrow as pa
import pytest
from pydantic import SecretStr

from adapters.alpaca.bar_stream import AlpacaStream
from adapters.alpaca.bars import AlpacaBars
from adapters.alpaca.http import AlpacaHttp, AlpacaKeys
from adapters.alpaca.simulator.exchange import Exchange
from adapters.alpaca.simulator.tape import Tape
from adapters.feeds.port import Page, Span
from adapters.pace import TokenBucket
from data.live.listening import QUEUE_FRAMES, LiveFeed, LiveRules, words_of
from data.live.spool import Spool
from tests.fakes.alpaca_day import EVENING, OPEN, minutes
from tests.fakes.eventually import eventually
from trading.bars.live_batches import Batch, Batches, Counts
from trading.errors import UnavailableError

SESSION = OPEN.date()


class Clock:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.at = OPEN + timedelta(minutes=5)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """An exchange that trades ten minutes of two symbols."""
    with Exchange(Tape(minutes())) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    """A clock of its own."""
    return Clock()


def _ports(exchange: Exchange, secret: str | None = None) -> tuple[AlpacaStream, AlpacaBars]:
    keys = exchange.keys if secret is None else AlpacaKeys(exchange.keys.key_id, SecretStr(secret))
    http = AlpacaHttp(keys, exchange.url, timeout_s=5.0, bucket=TokenBucket(60_000), wait=lambda _s: None)
    return AlpacaStream(keys, "iex", exchange.stream_url), AlpacaBars(http, "iex")


@contextmanager
def _listening(
    exchange: Exchange,
    home: Path,
    clock: Clock,
    *,
    late_s: float = 0.1,
    symbols: tuple[str, ...] = ("*",),
    spool: Spool | None = None,
    secret: str | None = None,
) -> Iterator[LiveFeed]:
    stream, history = _ports(exchange, secret)
    kept = spool or Spool(home, stream.name)
    feed = LiveFeed(stream, history, kept, LiveRules(symbols, late_s, 0.0), clock, universe=lambda: ("AAA", "BBB"))
    feed.start()
    try:
        yield feed
    finally:
        feed.stop()


def _heard(exchange: Exchange) -> None:
    eventually(lambda: exchange.listeners, what="the subscription")


def _publish(exchange: Exchange, *numbers: int) -> None:
    for number in numbers:
        exchange.publish(exchange.tape.messages(exchange.tape.minutes[number]))


def _rows(home: Path, feed: LiveFeed) -> list[tuple[int, pa.Table]]:
    return Spool(home, feed.feed.name).after(SESSION, 0, most=1_000)


def _stored(home: Path, feed: LiveFeed) -> int:
    return sum(table.num_rows for _, table in _rows(home, feed))


def test_bars_of_a_minute_are_one_batch_on_disk(exchange: Exchange, tmp_path: Path, clock: Clock) -> None:
    """Three minutes of two symbols: three files of two rows, what was sent is what is there, nothing is late."""
    with _listening(exchange, tmp_path, clock) as feed:
        _heard(exchange)
        eventually(lambda: feed.state().gap_from is None, what="the first look at history")
        for number in range(3):
            _publish(exchange, number)
            eventually(lambda n=number: feed.state().batches == n + 1, what="the batch")  # type: ignore[misc]
        found = _rows(tmp_path, feed)
        assert [table.column("starts_at").unique().to_pylist() for _, table in found] == [
            [OPEN + timedelta(minutes=n)] for n in range(3)
        ]
        sent = minutes(count=3).sort_by([("starts_at", "ascending"), ("symbol", "ascending")])
        assert pa.concat_tables([table.select(sent.column_names) for _, table in found]).cast(sent.schema).equals(sent)
        assert not any(table.column("late").to_pylist()[0] for _, table in found)
        assert words_of(feed.state())[0] == "ok"


def test_a_cut_connection_is_made_again_and_the_gap_filled(exchange: Exchange, tmp_path: Path, clock: Clock) -> None:
    """Two minutes before the cut, three during it, two after: all seven are on disk once, the three marked filled."""
    with _listening(exchange, tmp_path, clock) as feed:
        _heard(exchange)
        _publish(exchange, 0, 1)
        eventually(lambda: _stored(tmp_path, feed) == 4, what="two minutes")
        clock.at = OPEN + timedelta(minutes=8)
        exchange.disconnect()
        for number in (2, 3, 4):
            exchange.tape.messages(exchange.tape.minutes[number])  # traded while nobody hears
        eventually(lambda: feed.state().connections == 2, what="the second connection")
        _publish(exchange, 5, 6)
        eventually(lambda: _stored(tmp_path, feed) == 14, what="all seven minutes")
        bars = pa.concat_tables([table for _, table in _rows(tmp_path, feed)])
        keys = set(zip(bars.column("symbol").to_pylist(), bars.column("starts_at").to_pylist(), strict=True))
        assert len(keys) == 14
        filled = {row["starts_at"] for row in bars.to_pylist() if row["filled"]}
        assert {OPEN + timedelta(minutes=n) for n in (2, 3, 4)} <= filled
        eventually(lambda: feed.state().gap_from is None, what="the gap's end")


def test_a_gap_waits_for_history_that_asks_for_patience(exchange: Exchange, tmp_path: Path, clock: Clock) -> None:
    """History answers 500 until its attempts are used up; the gap stays open, is said, and is filled afterwards."""
    _publish(exchange, 0)
    for _ in range(400):
        exchange.answer_next(500)
    with _listening(exchange, tmp_path, clock) as feed:
        eventually(lambda: "a gap is open" in feed.state().problem, what="the open gap", timeout_s=30)
        assert words_of(feed.state())[0] == "degraded"
        exchange._answers.clear()
        eventually(lambda: _stored(tmp_path, feed) == 2, what="the gap's bars", timeout_s=30)
        eventually(lambda: feed.state().problem == "", what="a state without the gap")


def test_refused_keys_are_said_and_never_shown(exchange: Exchange, tmp_path: Path, clock: Clock) -> None:
    """The stream refuses a wrong secret: degraded, refused, and the secret is in no text."""
    with _listening(exchange, tmp_path, clock, secret="a-wrong-secret") as feed:
        state = eventually(lambda: feed.state() if feed.state().refused else None, what="the refusal")
        assert "auth failed" in state.problem
        assert words_of(state)[0] == "degraded"
        assert "a-wrong-secret" not in repr(state) + repr(feed.feed)


@pytest.mark.parametrize("frame", [b"\xc1", b"not msgpack", b"\x90"[:0], msgpack.packb({"T": "b"}), msgpack.packb([7])])
def test_a_frame_that_cannot_be_read_ends_the_connection_and_not_the_feed(
    frame: bytes, exchange: Exchange, tmp_path: Path, clock: Clock
) -> None:
    """What was in it is asked for again: the connection is made anew, and later bars arrive."""
    with _listening(exchange, tmp_path, clock) as feed:
        _heard(exchange)
        exchange.send_raw(frame)
        eventually(lambda: feed.state().connections == 2, what="the second connection")
        _publish(exchange, 0)
        eventually(lambda: _stored(tmp_path, feed) == 2, what="the minute after it")


def test_a_message_that_is_no_bar_is_kept_aside(exchange: Exchange, tmp_path: Path, clock: Clock) -> None:
    """A price that is text: the bars of the same frame are stored, the message is counted and on disk."""
    with _listening(exchange, tmp_path, clock) as feed:
        _heard(exchange)
        messages = exchange.tape.messages(exchange.tape.minutes[0])
        exchange.publish([*messages, {**messages[0], "S": "CCC", "c": "ten"}, {**messages[0], "S": "DDD", "t": None}])
        eventually(lambda: _stored(tmp_path, feed) == 2, what="the two bars")
        assert feed.counts(SESSION).unread == 2
        assert feed.seal(SESSION)
        (sealed,) = feed.spool.sealed()
        assert sealed.unread().num_rows == 2
        counts = sealed.counts()
        assert (counts.spooled, counts.unread, counts.received - counts.duplicate) == (2, 2, 2)


def test_late_symbols_hold_nothing_up_and_are_marked(exchange: Exchange, tmp_path: Path, clock: Clock) -> None:
    """BBB's minute comes after the bound: AAA's batch is on disk by then, and BBB's bar is, marked late."""
    with _listening(exchange, tmp_path, clock) as feed:
        _heard(exchange)
        eventually(lambda: feed.state().gap_from is None, what="the first look at history")
        first, second = exchange.tape.messages(exchange.tape.minutes[0])
        exchange.publish([first])
        eventually(lambda: _stored(tmp_path, feed) == 1, what="the batch without BBB")
        exchange.publish([second])
        eventually(lambda: _stored(tmp_path, feed) == 2, what="the late bar")
        assert [table.column("late").to_pylist() for _, table in _rows(tmp_path, feed)] == [[False], [True]]
        assert feed.counts(SESSION).late == 1


def test_a_restart_goes_on_where_the_spool_ends(exchange: Exchange, tmp_path: Path, clock: Clock) -> None:
    """Bars of before the restart that history gives again are doubles; those traded meanwhile are filled in."""
    with _listening(exchange, tmp_path, clock) as feed:
        _heard(exchange)
        _publish(exchange, 0, 1)
        eventually(lambda: _stored(tmp_path, feed) == 4, what="two minutes")
    _publish(exchange, 2)
    with _listening(exchange, tmp_path, clock) as feed:
        eventually(lambda: _stored(tmp_path, feed) == 6, what="the minute of the restart")
        eventually(lambda: feed.state().gap_from is None, what="the gap's end")
        counts = feed.counts(SESSION)
        assert (counts.spooled, counts.received - counts.spooled) == (6, counts.duplicate)
        assert counts.duplicate >= 4


class Stuck(Spool):
    """A disk that takes nothing until it is told to."""

    def __init__(self, home: Path, feed: str) -> None:
        super().__init__(home, feed)
        self.full = threading.Event()
        self.full.set()

    def write(self, batch: Batch, counts: Counts) -> None:
        if self.full.is_set():
            raise UnavailableError("the disk is full")
        super().write(batch, counts)


def test_a_stopped_consumer_holds_the_feed_back_and_not_memory(
    exchange: Exchange, tmp_path: Path, clock: Clock
) -> None:
    """With the disk full 900 frames of 500 bars are offered: the queue stops at its bound, and memory with it.

    Once there is room again, everything on the tape is on disk, by the stream or by the history after it.
    """
    spool = Stuck(tmp_path, "alpaca iex live")
    with _listening(exchange, tmp_path, clock, spool=spool) as feed:
        _heard(exchange)
        wide = [{**exchange.tape.messages(exchange.tape.minutes[0])[0], "S": f"S{number}"} for number in range(500)]
        tracemalloc.start()
        peaks = []
        for _ in range(9):
            for _ in range(100):
                exchange.publish(wide)
            eventually(lambda: feed.state().queued > 0 or not exchange.listeners, what="the queue")
            peaks.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert feed.state().queued <= QUEUE_FRAMES
        assert max(peaks[6:]) < max(peaks[:6]) * 1.1, peaks
        _publish(exchange, 0, 1, 2)
        spool.full.clear()
        eventually(lambda: {"AAA", "BBB"} <= feed._batches.symbols(), what="the tape's symbols", timeout_s=60)
        eventually(lambda: _pairs(tmp_path, feed) >= 6, what="all of the tape on disk", timeout_s=60)


def _pairs(home: Path, feed: LiveFeed) -> int:
    tables = [table for _, table in _rows(home, feed)]
    rows = pa.concat_tables(tables).to_pylist() if tables else []
    return len({(row["symbol"], row["starts_at"]) for row in rows if row["symbol"] in {"AAA", "BBB"}})


def test_a_clock_set_back_changes_nothing_but_the_time_of_arrival(
    exchange: Exchange, tmp_path: Path, clock: Clock
) -> None:
    """The wall clock goes back an hour between two minutes: both are batches in their order, none is late."""
    with _listening(exchange, tmp_path, clock) as feed:
        _heard(exchange)
        _publish(exchange, 0)
        eventually(lambda: _stored(tmp_path, feed) == 2, what="the first minute")
        clock.at -= timedelta(hours=1)
        _publish(exchange, 1)
        eventually(lambda: _stored(tmp_path, feed) == 4, what="the second minute")
        numbers = [number for number, _ in _rows(tmp_path, feed)]
        assert numbers == sorted(numbers)
        assert feed.counts(SESSION).late == 0
        assert feed.over() == []
        clock.at = EVENING
        assert eventually(feed.over, what="the end of the session") == [SESSION]


def _add(batches: Batches, bars: pa.Table, at_s: float, **more: Any) -> None:
    batches.add(bars, at_s, OPEN, **more)


class _Asked:
    """A history that has nothing and remembers what it was asked."""

    name, corrections = "asked", ()

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def page(self, span: Span, cursor: str | None) -> Page:
        """Nothing."""
        assert cursor is None
        self.spans.append(span)
        return Page(minutes().slice(0, 0), None)


def test_after_a_long_absence_the_latest_week_is_asked_for(exchange: Exchange, tmp_path: Path, clock: Clock) -> None:
    """Ten days after the newest bar the span ends now; with the clock set back the gap stays open."""
    history = _Asked()
    feed = LiveFeed(_ports(exchange)[0], history, Spool(tmp_path, "f"), LiveRules(("AAA",)), clock)
    feed._batches.add(minutes(("AAA",), 1), 0.0, clock())
    feed.connected()
    clock.at = OPEN - timedelta(hours=1)
    with pytest.raises(UnavailableError, match="set back"):
        feed._fill()
    assert feed.state().gap_from == OPEN - timedelta(minutes=3)
    clock.at = OPEN + timedelta(days=10)
    feed._fill()
    (span,) = history.spans
    assert (span.first_at, span.last_at) == (OPEN + timedelta(days=3), OPEN + timedelta(days=10))
    assert feed.state().gap_from is None


def test_doubles_are_dropped_and_corrections_kept() -> None:
    """The same bar thrice, in a frame and after it, is one; another close is a correction, and so is the way back."""
    batches = Batches(5.0)
    bar = minutes(("AAA",), 1)
    other = bar.set_column(5, "close", pa.array([10.5]))
    for at_s, table in enumerate([pa.concat_tables([bar, bar]), bar, other, pa.concat_tables([bar, other, other])]):
        _add(batches, table, float(at_s))
    (batch,) = batches.due(10.0)
    assert batch.bars.column("close").to_pylist() == [10.0, 10.5, 10.0, 10.5]
    counts = batches.counts(SESSION)
    assert (counts.received, counts.duplicate, counts.corrected, counts.spooled) == (7, 3, 3, 4)


def test_a_batch_waits_for_its_bound_and_no_longer_than_for_all_its_symbols() -> None:
    """Five seconds after the first bar, or at once with both symbols; a minute doesn't wait for an earlier one."""
    batches = Batches(5.0, expected=2)
    both = minutes(("AAA", "BBB"), 2)
    _add(batches, both.slice(0, 1), 100.0)
    assert batches.due(104.9) == []
    assert batches.next_due_s() == 105.0
    _add(batches, both.slice(2, 2), 101.0)
    assert [batch.starts_at for batch in batches.due(101.0)] == [OPEN + timedelta(minutes=1)]
    assert [batch.starts_at for batch in batches.due(105.0)] == [OPEN]
    assert batches.next_due_s() is None


def test_bars_of_two_sessions_are_counted_apart() -> None:
    """Monday's last minute and Tuesday's first in one frame are batches of their own days."""
    batches = Batches(1.0)
    tuesday = minutes(("AAA",), 1, OPEN + timedelta(days=1))
    _add(batches, pa.concat_tables([minutes(("AAA",), 1), tuesday]), 0.0)
    assert [batch.session for batch in batches.due(2.0)] == [SESSION, SESSION + timedelta(days=1)]
    assert batches.sessions() == [SESSION, SESSION + timedelta(days=1)]


def test_a_batch_that_was_cut_off_in_writing_is_not_there(tmp_path: Path) -> None:
    """A crash between the first byte and the rename leaves a part that nobody reads and a restart removes."""
    spool = Spool(tmp_path, "feed")
    batches = Batches(0.0)
    _add(batches, minutes(("AAA",), 1), 0.0)
    (batch,) = batches.due(1.0)
    spool.write(batch, batches.counts(SESSION))
    part = tmp_path / "live" / "feed" / str(SESSION) / "0000002.bars.arrow.part"
    part.write_bytes(b"ARROW1 and then the power went")
    bars, counts = Spool(tmp_path, "feed").restore(SESSION)
    assert (bars.num_rows, counts.spooled) == (1, 1)
    assert not part.exists()
