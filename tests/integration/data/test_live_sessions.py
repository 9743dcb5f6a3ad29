"""Live sessions into a real record: counted from feed to table, compared, repeated, contradicted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from adapters.alpaca.bar_stream import AlpacaStream
from adapters.alpaca.bars import AlpacaBars
from adapters.alpaca.http import AlpacaHttp
from adapters.alpaca.simulator.exchange import Exchange
from adapters.alpaca.simulator.tape import Tape
from adapters.bars.store import BarStore
from adapters.pace import TokenBucket
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.feed_record import FeedRecord
from adapters.postgres.pool import Pool
from adapters.record import Record
from data.live.closing import SessionCloser
from data.live.ingesting import LiveIngestion
from data.live.listening import LiveRules
from data.live.rehearsal import Faults, Player, Rehearsed, rehearse
from tests.fakes.alpaca_day import OPEN, minutes
from tests.integration.shared_data import shared_frame
from trading.bars.intraday import INTRADAY_SCHEMA
from trading.errors import BadDataError, ConfigurationError

SESSION = OPEN.date()
FEED = "alpaca iex live"


@pytest.fixture
def tape() -> Tape:
    """Half an hour of three symbols."""
    return Tape(minutes(("AAA", "BBB", "CCC"), 30))


def _ports(exchange: Exchange) -> tuple[AlpacaStream, AlpacaBars]:
    http = AlpacaHttp(exchange.keys, exchange.url, timeout_s=5.0, bucket=TokenBucket(60_000))
    return AlpacaStream(exchange.keys, "iex", exchange.stream_url), AlpacaBars(http, "iex")


def _rehearsed(tape: Tape, home: Path, pool: Pool, faults: Faults, speed: float = 600.0) -> Rehearsed:
    with Exchange(tape) as exchange:
        player = Player(exchange, speed, faults)
        live = LiveIngestion(
            home, lambda: Record(pool, home), _ports(exchange), LiveRules(late_s=0.05, quiet_s=0.2), clock=player.clock,
            importing=threading.Lock(), universe=tape.symbols,
        )  # fmt: skip
        return rehearse(player, exchange, live, threading.Event())


def test_a_session_with_every_fault_is_stored_whole_once(tape: Tape, home: Path, pool: Pool) -> None:
    """Cuts, garbled frames, doubles and late bars: the record holds exactly the tape, and its counts add up."""
    done = _rehearsed(tape, home, pool, Faults(disconnect_every=9, garble_every=11, repeat_share=0.2, late_share=0.2))
    assert (done.published, done.lost) == (90, 0)
    assert done.connections >= 3
    stored = BarStore(home, BarRecord(pool)).read(SESSION, SESSION, "1m")
    assert stored.equals(tape.bars.sort_by([("symbol", "ascending"), ("starts_at", "ascending")]).cast(stored.schema))
    (session,) = done.sessions
    assert session.checked is not None
    check = session.checked
    assert check.rows == 90 == check.same + check.missing + check.differ
    assert (session.stored + check.missing, check.differ, check.days_stored) == (90, 0, 3)
    assert session.received == session.stored + session.duplicate
    days = BarStore(home, BarRecord(pool)).read(SESSION, SESSION).to_pylist()
    assert [(row["symbol"], row["close"], row["volume"]) for row in days] == [
        (name, 10.29, sum(range(100, 130))) for name in ("AAA", "BBB", "CCC")
    ]
    assert not list((home / "live").rglob("*.arrow"))


class _Clock:
    def __init__(self) -> None:
        self.at = OPEN + timedelta(hours=12)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def quiet(tape: Tape) -> Iterator[Exchange]:
    """An exchange that has traded all of its tape."""
    for minute in tape.minutes:
        tape.messages(minute)
    with Exchange(tape) as exchange:
        yield exchange


def _sealed(home: Path, pool: Pool, exchange: Exchange, bars: pa.Table) -> tuple[LiveIngestion, SessionCloser]:
    """A session's spool as a feed that sent `bars` leaves it."""
    clock, lock = _Clock(), threading.Lock()
    ports = _ports(exchange)
    live = LiveIngestion(home, lambda: Record(pool, home), ports, LiveRules(quiet_s=0.0), clock=clock, importing=lock)
    feed = live.feed
    feed._batches.add(bars, 0.0, clock())
    feed._store(feed._batches.due(0.0, everything=True))
    feed.spool.seal(SESSION)
    return live, SessionCloser(Record(pool, home), FEED, ports[1], clock=clock, importing=lock)


def test_what_the_stream_had_not_sent_or_sent_otherwise_is_corrected(
    tape: Tape, home: Path, pool: Pool, quiet: Exchange
) -> None:
    """Without CCC and with another close in one bar: the check finds 30 missing and 1 that differs, and stores them."""
    sent = tape.bars.filter(pc.not_equal(tape.bars.column("symbol"), "CCC"))
    wrong = pa.concat_tables([sent.slice(0, 1).set_column(5, "close", pa.array([10.77])), sent.slice(1)])
    live, _ = _sealed(home, pool, quiet, wrong)
    live._universe = live.feed._universe = lambda: ("CCC",)
    live.close_ended()
    (session,) = FeedRecord(pool).latest(FEED)
    assert session.checked is not None
    assert (session.checked.same, session.checked.missing, session.checked.differ) == (59, 30, 1)
    stored = BarStore(home, BarRecord(pool)).read(SESSION, SESSION, "1m")
    assert stored.num_rows == 90
    assert 10.77 not in stored.column("close").to_pylist()
    assert "59 same, 30 were missing, 1 differ" in live.condition()[1]


def test_closing_again_after_a_stop_changes_nothing(tape: Tape, home: Path, pool: Pool, quiet: Exchange) -> None:
    """Stopped between the import and the row that counts it: the second time the counts are those of the first."""
    live, closer = _sealed(home, pool, quiet, tape.bars)
    (sealed,) = live.feed.spool.sealed()
    kept = {path.name: path.read_bytes() for path in sealed.folder.iterdir()}
    first = closer.close(sealed)
    sealed.folder.mkdir()
    for name, data in kept.items():
        (sealed.folder / name).write_bytes(data)
    assert closer.close(sealed).imported == first.imported
    (session,) = FeedRecord(pool).latest(FEED)
    assert (session.received, session.stored) == (90, 90)


def test_a_history_that_contradicts_the_stream_is_said_and_not_stored(
    tape: Tape, home: Path, pool: Pool, quiet: Exchange
) -> None:
    """Other closes in every bar (adjusted prices, another exchange): nothing is replaced, and the record says why."""
    other = tape.bars.set_column(5, "close", pa.array([9.5] * tape.bars.num_rows))
    live, _ = _sealed(home, pool, quiet, other)
    live.close_ended()
    (session,) = FeedRecord(pool).latest(FEED)
    assert session.checked is None
    assert "have other values there" in session.problem
    assert live.condition()[0] == "degraded"
    assert set(BarStore(home, BarRecord(pool)).read(SESSION, SESSION, "1m").column("close").to_pylist()) == {9.5}
    assert FeedRecord(pool).unchecked(FEED) == []


def test_a_session_that_cannot_be_read_holds_up_no_other(tape: Tape, home: Path, pool: Pool, quiet: Exchange) -> None:
    """A damaged batch of the day before stays where it is and is said; this session is stored."""
    live, _ = _sealed(home, pool, quiet, tape.bars)
    damaged = home / "live" / "alpaca-iex-live" / "2026-01-02.1.sealed" / "0000001.bars.arrow"
    damaged.parent.mkdir()
    damaged.write_bytes(b"ARROW1 and then the power went")
    with pytest.raises(BadDataError, match=r"0000001.bars.arrow can't be read"):
        live.close_ended()
    assert damaged.exists()
    (session,) = FeedRecord(pool).latest(FEED)
    assert (session.session, session.stored) == (SESSION, 90)


def test_a_history_that_is_away_is_asked_again(tape: Tape, home: Path, pool: Pool, quiet: Exchange) -> None:
    """The session is on record at once, and compared the next time."""
    live, closer = _sealed(home, pool, quiet, tape.bars)
    (sealed,) = live.feed.spool.sealed()
    closer.close(sealed)
    quiet.answer_next(429, {"Retry-After": "3600"})
    with pytest.raises(Exception, match="asked too often"):
        closer.check_all()
    assert FeedRecord(pool).unchecked(FEED) == [SESSION]
    (check,) = closer.check_all()
    assert (check.same, check.rows) == (90, 90)


def test_sessions_that_were_missed_as_a_whole_come_from_history(home: Path, pool: Pool) -> None:
    """Monday was heard, the platform was down on Tuesday and heard Wednesday: Tuesday's minutes and days are there.

    Before the day after that ends, and once: looking again brings nothing.
    """
    every = pa.concat_tables([minutes(count=5, first=OPEN + timedelta(days=day)) for day in range(3)])
    tape = Tape(every)
    for minute in tape.minutes:
        tape.messages(minute)  # it has traded
    with Exchange(tape) as exchange:
        live, _ = _sealed(home, pool, exchange, every.slice(0, 10))
        live._universe = lambda: ("AAA", "BBB")
        live.close_ended()
        clock = live._clock
        assert isinstance(clock, _Clock)
        clock.at = OPEN + timedelta(days=2)  # Wednesday's open
        live.close_ended()
        store, tuesday = BarStore(home, BarRecord(pool)), SESSION + timedelta(days=1)
        assert store.read(tuesday, tuesday, "1m").num_rows == 10
        assert store.read(tuesday, tuesday).column("symbol").to_pylist() == ["AAA", "BBB"]
        (session, _) = FeedRecord(pool).latest(FEED, 2)
        assert session.checked is not None
        assert (session.session, session.received, session.checked.missing) == (tuesday, 0, 10)
        asked = len(exchange.asked)
        live.close_ended()
        assert len(exchange.asked) == asked
        assert [one.session for one in FeedRecord(pool).latest(FEED, 9)] == [tuesday, SESSION]
        clock.at = OPEN + timedelta(days=400)  # 2027-02-09; 30 days before it, Sunday the 10th of January
        unheard = live._closer().unheard({date(2027, 1, 12)})
        assert unheard[:2] == [date(2027, 1, 11), date(2027, 1, 13)]
        assert unheard[-1] == date(2027, 2, 8)


def test_refused_keys_at_the_close_are_no_last_word(tape: Tape, home: Path, pool: Pool, quiet: Exchange) -> None:
    """The keys are refused once: the record says so, and the session is compared when they are taken again."""
    live, _ = _sealed(home, pool, quiet, tape.bars)
    quiet.answer_next(401)
    with pytest.raises(ConfigurationError, match="APCA_API_KEY_ID"):
        live.close_ended()
    (session,) = FeedRecord(pool).latest(FEED)
    assert "refuses the keys" in session.problem
    live.close_ended()
    (session,) = FeedRecord(pool).latest(FEED)
    assert session.checked is not None
    assert (session.problem, session.checked.same, session.checked.days_stored) == ("", 90, 3)


def test_a_real_session_is_kept_whole(home: Path, pool: Pool) -> None:
    """Forty ETFs on 2019-12-18, cut off twice: every real minute is stored once or in quarantine, none is lost."""
    frame = shared_frame("us_etf_1min_2019_12").set_axis(INTRADAY_SCHEMA.names, axis="columns")
    frame = frame[frame["starts_at"].dt.date == date(2019, 12, 18)]
    frame = frame[frame["symbol"].isin(sorted(frame["symbol"].unique())[:40])]
    tape = Tape(pa.Table.from_pandas(frame, INTRADAY_SCHEMA, preserve_index=False, safe=False))
    done = _rehearsed(tape, home, pool, Faults(disconnect_every=150, late_share=0.01), speed=6_000)
    assert done.published == tape.bars.num_rows > 4_000
    assert done.lost == 0
