"""Live bars of 7,000 symbols a minute, from the exchange to disk, beside Alpaca's own client that only hears them."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
from alpaca.data.live.stock import StockDataStream

from adapters.alpaca.bar_stream import AlpacaStream
from adapters.alpaca.bars import AlpacaBars
from adapters.alpaca.http import AlpacaHttp
from adapters.alpaca.simulator.exchange import Exchange
from adapters.alpaca.simulator.tape import Tape
from benchmarks.measure import Table, Timing
from data.live.listening import QUEUE_FRAMES, LiveFeed, LiveRules
from data.live.spool import Spool
from trading.bars.intraday import INTRADAY_SCHEMA
from trading.bars.live_batches import Batch, Counts
from trading.errors import UnavailableError

SYMBOLS, MINUTES, OFFERED = 7_000, 20, 240
OPEN = datetime(2026, 1, 5, 14, 30, tzinfo=UTC)
WAIT_S = 60.0
MIB = 1024**2


def _market(minutes: int) -> pa.Table:
    """Made minutes: what a bar says doesn't change what it costs."""
    names = [f"S{number:04d}" for number in range(SYMBOLS)]
    count = SYMBOLS * minutes
    prices = np.round(np.random.default_rng(7).uniform(5, 500, count), 2)
    starts = np.repeat(
        [np.datetime64(OPEN.replace(tzinfo=None) + timedelta(minutes=n), "s") for n in range(minutes)], SYMBOLS
    )
    columns = [pa.array(names * minutes), pa.array(starts), *[pa.array(prices)] * 4, pa.array(np.arange(count))]
    return pa.table(columns, names=INTRADAY_SCHEMA.names).cast(INTRADAY_SCHEMA)


def _until(true: Callable[[], bool], what: str) -> None:
    ends_s = time.monotonic() + WAIT_S
    while not true():
        if time.monotonic() > ends_s:
            raise UnavailableError(f"waited {WAIT_S:g} s for {what}")
        time.sleep(0.001)


def _feed(exchange: Exchange, spool: Spool) -> LiveFeed:
    names = exchange.tape.symbols()
    history = AlpacaBars(AlpacaHttp(exchange.keys, exchange.url), "iex")
    stream = AlpacaStream(exchange.keys, "iex", exchange.stream_url)
    return LiveFeed(stream, history, spool, LiveRules(names, late_s=30.0), lambda: OPEN - timedelta(hours=12))


def _timed(exchange: Exchange, done: Callable[[int], bool]) -> Timing:
    """From the first message of a minute sent to `done`, minute by minute."""
    before = psutil.Process().memory_info().rss
    taken, peak = [], 0
    for number, minute in enumerate(exchange.tape.minutes):
        messages = exchange.tape.messages(minute)
        started_s = time.perf_counter()
        exchange.publish(messages)
        _until(lambda n=number: done(n + 1), "a minute")  # type: ignore[misc]
        taken.append(time.perf_counter() - started_s)
        peak = max(peak, psutil.Process().memory_info().rss - before)
    return Timing(statistics.median(taken), min(taken), max(taken), len(taken), peak / MIB)


def keep() -> Timing:
    """Our path: heard, read, doubles looked for, grouped, on disk and synced."""
    with tempfile.TemporaryDirectory() as folder, Exchange(Tape(_market(MINUTES))) as exchange:
        feed = _feed(exchange, Spool(Path(folder), "bench"))
        feed.start()
        _until(lambda: exchange.listeners > 0, "the subscription")
        timing = _timed(exchange, lambda count: feed.state().batches >= count)
        assert feed.counts(OPEN.date()).spooled == SYMBOLS * MINUTES  # noqa: S101 - a benchmark of what was lost is none
        feed.stop()
    return timing


def hear_only() -> Timing:
    """The peer: Alpaca's client calls a handler that counts each bar, which is then gone."""
    heard = [0]

    async def handler(bar: object) -> None:
        del bar
        heard[0] += 1

    with Exchange(Tape(_market(MINUTES))) as exchange:
        keys = exchange.keys.key_id.get_secret_value(), exchange.keys.secret_key.get_secret_value()
        client = StockDataStream(*keys, url_override=f"{exchange.stream_url}/v2/iex")
        client.subscribe_bars(handler, "*")
        thread = threading.Thread(target=lambda: asyncio.run(client._run_forever()), daemon=True)  # noqa: SLF001
        thread.start()
        _until(lambda: exchange.listeners > 0, "the subscription")
        timing = _timed(exchange, lambda count: heard[0] >= SYMBOLS * count)
        client.stop()
        thread.join(WAIT_S)
    return timing


class _Stuck(Spool):
    """A disk that takes nothing."""

    def write(self, batch: Batch, counts: Counts) -> None:  # noqa: ARG002 - the port has them
        raise UnavailableError("the disk is full")


def stopped() -> tuple[list[float], int]:
    """Resident MiB above the start after each sixth of what is offered to a disk that takes nothing; frames queued."""
    sizes = []
    with tempfile.TemporaryDirectory() as folder, Exchange(Tape(_market(1))) as exchange:
        feed = _feed(exchange, _Stuck(Path(folder), "bench"))
        feed.start()
        _until(lambda: exchange.listeners > 0, "the subscription")
        messages = exchange.tape.messages(exchange.tape.minutes[0])
        before = psutil.Process().memory_info().rss
        for number in range(1, OFFERED + 1):
            exchange.publish(messages)
            if number % (OFFERED // 6) == 0:
                sizes.append((psutil.Process().memory_info().rss - before) / MIB)
        queued = feed.state().queued
        feed.stop(2.0)
    return sizes, queued


def run() -> Table:
    """The table."""
    table = Table(
        "live_feed", f"{MINUTES} minutes of {SYMBOLS:,} symbols over Alpaca's WebSocket protocol, on this machine"
    )
    ours, theirs = keep(), hear_only()
    for work, timing in (("inplay: heard to synced on disk", ours), ("alpaca-py: heard and forgotten", theirs)):
        table.add(work, timing, bars_per_s=round(SYMBOLS / timing.median_s))
    sizes, queued = stopped()
    shown = ", ".join(f"{size:,.0f}" for size in sizes)
    held = (
        f"with a disk that takes nothing, after each 40 of {OFFERED} minutes offered, MiB above the start: {shown}; "
        f"{queued} of {QUEUE_FRAMES} frames queued"
    )
    table.notes += [
        f"ratio of medians, inplay to alpaca-py: {ours.median_s / theirs.median_s:.2f}",
        "the sending exchange runs in the same process, so both figures hold its work as well",
        held,
    ]
    return table
