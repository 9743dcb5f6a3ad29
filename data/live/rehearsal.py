"""A day of stored minutes played as a live feed, with the faults of real ones, and whether all of it was kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from adapters.alpaca.simulator.exchange import Exchange
from adapters.calendar import session_hours
from adapters.postgres.feed_record import FeedSession
from data.live.ingesting import LiveIngestion
from trading.errors import UnavailableError

LONGEST_PAUSE_S = 300
"""Of the market's time: hours without a trade are skipped."""
CATCH_UP_S = 120.0
HELD_MINUTES = 4


@dataclass(frozen=True)
class Faults:
    """What goes wrong in a rehearsal; nothing by default.

    Attributes:
        disconnect_every: minutes of the market.
        garble_every: minutes of the market after which a frame comes that can't be read.
        repeat_share: of the messages that are sent twice.
        late_share: of the messages that are held back for some minutes.
    """

    disconnect_every: int = 0
    garble_every: int = 0
    repeat_share: float = 0.0
    late_share: float = 0.0
    seed: int = 7


class Player:
    """Plays the tape of an exchange; `clock` is the market's time meanwhile.

    Args:
        exchange: what sends.
        speed: minutes of the market in a minute.
        seconds: a clock that never goes back.
    """

    def __init__(
        self, exchange: Exchange, speed: float, faults: Faults, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._exchange, self._speed, self._faults, self._seconds = exchange, speed, faults, seconds
        self._random = np.random.default_rng(faults.seed)
        self._at = _instant(exchange.tape.minutes[0])
        self._since_s = seconds()
        self._held: list[tuple[int, dict[str, Any]]] = []
        self.sent = 0

    def clock(self) -> datetime:
        """What time it is at the exchange."""
        ahead_s = min((self._seconds() - self._since_s) * self._speed, float(LONGEST_PAUSE_S))
        return self._at + timedelta(seconds=ahead_s)

    def play(self, stop: threading.Event) -> None:
        """Every minute was sent when it was over, as seen from the market's clock; then the session ends."""
        minutes = self._exchange.tape.minutes
        for number, minute in enumerate(minutes):
            over = _instant(minute) + timedelta(minutes=1)
            pause_s = min((over - self.clock()).total_seconds(), LONGEST_PAUSE_S) / self._speed
            if stop.wait(max(pause_s, 0.0)):
                return
            self._at, self._since_s = max(over, self._at), self._seconds()
            self._send(number, self._exchange.tape.messages(minute))
            self._go_wrong(number)
        self._send_all([one for _, one in self._held])
        self._held.clear()
        self.end_session()

    def end_session(self) -> None:
        """It is shortly after the end of after-hours trading."""
        day = self._at.date()
        ends = session_hours(day - timedelta(days=1), day).end_at
        last = max(_instant(end) for end in ends) if len(ends) else self._at
        self._at, self._since_s = max(last + timedelta(minutes=1), self._at), self._seconds()

    def _send(self, number: int, messages: list[dict[str, Any]]) -> None:
        faults = self._faults
        draws = self._random.random((2, len(messages)))
        now = [one for one, draw in zip(messages, draws[0], strict=True) if draw >= faults.late_share]
        late = [one for one, draw in zip(messages, draws[0], strict=True) if draw < faults.late_share]
        twice = [one for one, draw in zip(messages, draws[1], strict=True) if draw < faults.repeat_share]
        self._held += [(number + HELD_MINUTES, one) for one in late]
        ripe = [one for at, one in self._held if at <= number]
        self._held = [(at, one) for at, one in self._held if at > number]
        self._send_all([*now, *ripe, *[one for one in twice if one in now]])

    def _send_all(self, messages: list[dict[str, Any]]) -> None:
        self.sent += len(messages)
        self._exchange.publish(messages)

    def _go_wrong(self, number: int) -> None:
        if self._faults.garble_every and (number + 1) % self._faults.garble_every == 0:
            self._exchange.send_raw(b"\xc1 this is no msgpack")
        if self._faults.disconnect_every and (number + 1) % self._faults.disconnect_every == 0:
            self._exchange.disconnect()


@dataclass(frozen=True)
class Rehearsed:
    """What came of a rehearsal.

    Attributes:
        published: bars on the tape; `sent`: messages, repetitions included.
        lost: bars of the tape that are neither stored nor in quarantine.
        slowest_store_s: the slowest batch, from closed to on disk.
        play_s: how long the market lasted.
    """

    published: int
    sent: int
    lost: int
    connections: int
    gaps_filled: int
    batches: int
    slowest_store_s: float
    play_s: float
    sessions: tuple[FeedSession, ...]


def rehearse(player: Player, exchange: Exchange, live: LiveIngestion, stop: threading.Event) -> Rehearsed:
    """The tape was played and kept, its sessions closed and compared with the exchange's history.

    Raises:
        UnavailableError: when what was sent isn't on disk within two minutes after the last bar.
    """
    live.start()
    try:
        _until(lambda: exchange.listeners > 0, "the feed's connection")
        started_s = time.monotonic()
        player.play(stop)
        play_s = time.monotonic() - started_s
        last = _instant(exchange.tape.minutes[-1])
        _until(lambda: _caught_up(live, last), "the last bar")
        _until(lambda: bool(live.feed.over()), "the end of the session")
        state = live.feed.state()
        live.close_ended()
        sessions = tuple(live.closed_sessions())
    finally:
        live.stop()
    kept = sum(one.stored + one.quarantined + (one.checked.missing if one.checked else 0) for one in sessions)
    published = exchange.tape.bars.num_rows
    return Rehearsed(
        published, player.sent, published - kept, state.connections, state.gaps_filled, state.batches,
        state.slowest_store_s, play_s, sessions,
    )  # fmt: skip


def _caught_up(live: LiveIngestion, last: datetime) -> bool:
    state = live.feed.state()
    return state.newest_at == last and state.connected and state.gap_from is None and not state.queued


def _until(true: Callable[[], bool], what: str) -> None:
    ends_s = time.monotonic() + CATCH_UP_S
    while not true():
        if time.monotonic() > ends_s:
            raise UnavailableError(f"The rehearsal waited {CATCH_UP_S:g} s for {what}. The record was not touched.")
        time.sleep(0.02)


def _instant(stamp: np.datetime64) -> datetime:
    found: datetime = stamp.astype("datetime64[s]").item()
    return found.replace(tzinfo=UTC)
