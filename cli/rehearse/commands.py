"""`inplay rehearse`: a day of stored minutes through the live path, or sessions through orders to a broker."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import typer

from actors.wiring import now
from adapters.alpaca.bar_stream import AlpacaStream
from adapters.alpaca.bars import AlpacaBars
from adapters.alpaca.http import AlpacaHttp
from adapters.alpaca.simulator.exchange import Exchange
from adapters.alpaca.simulator.tape import Tape
from adapters.bars.files import SHAPES
from adapters.pace import TokenBucket
from adapters.postgres.migrate import migrate
from adapters.postgres.pool import open_pool
from adapters.postgres.server import EmbeddedPostgres
from adapters.record import Record, writing
from adapters.settings import read_settings
from cli.output import print_json
from cli.rehearse.broker import broker
from cli.rehearse.life import life
from data.importing.archive import open_archive
from data.importing.layout import Asked
from data.live.ingesting import LiveIngestion
from data.live.listening import LiveRules
from data.live.rehearsal import Faults, Player, Rehearsed, rehearse
from trading.bars.live_batches import NIGHT_S, latest_versions
from trading.bars.symbols import symbols_of
from trading.errors import BadDataError

app = typer.Typer(help="Try what runs all day, without the world outside.", no_args_is_help=True)
REQUESTS_PER_MIN = 60_000.0
QUIET_S = 0.5
LEAST_LATE_S = 0.05

Share = Annotated[float, typer.Option(min=0, max=1)]
Every = Annotated[int, typer.Option(min=0, help="In minutes of the market; 0 = never.")]


app.command()(broker)
app.command()(life)


@app.callback()
def _group() -> None:
    """Try what runs all day, without the world outside."""


@app.command()
def feed(
    *,
    session: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first by default.")] = None,
    bars: Annotated[Path | None, typer.Option(help="An archive of minutes; the data folder's own by default.")] = None,
    symbols: Annotated[str, typer.Option(help="Only these, such as SPY,QQQ.")] = "",
    speed: Annotated[float, typer.Option(min=1, help="Minutes of the market in a minute.")] = 600,
    disconnect_every: Every = 0,
    garble_every: Every = 0,
    repeat_share: Share = 0.0,
    late_share: Share = 0.0,
    serve: Annotated[int, typer.Option(help="Only play, on this port, for a run beside; until Ctrl-C.")] = 0,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Play a day's minutes as Alpaca would send them, keep them as a run would, and say whether any was lost.

    The record is only read: what is kept goes into a folder that is gone afterwards. The exit code is 1 if a bar was
    lost.
    """
    wanted = set(symbols_of(symbols.split(",")))
    table = _one_session(_minutes(bars), None if session is None else session.date(), wanted)
    with Exchange(Tape(table), port=serve) as exchange:
        player = Player(exchange, speed, Faults(disconnect_every, garble_every, repeat_share, late_share))
        if serve:
            _serve(exchange, player)
            return
        done = _rehearse(exchange, player, speed)
    if json_:
        print_json({**asdict(done), "bars_per_s": done.published / done.play_s})
    else:
        _say(done)
    if done.lost:
        raise typer.Exit(1)


def _rehearse(exchange: Exchange, player: Player, speed: float) -> Rehearsed:
    http = AlpacaHttp(exchange.keys, exchange.url, bucket=TokenBucket(REQUESTS_PER_MIN))
    ports = AlpacaStream(exchange.keys, "iex", exchange.stream_url), AlpacaBars(http, "iex")
    rules = LiveRules(late_s=max(read_settings().live_late_s / speed, LEAST_LATE_S), quiet_s=QUIET_S)
    with tempfile.TemporaryDirectory(prefix="inplay-rehearsal-") as folder, _record(Path(folder)) as record:
        live = LiveIngestion(
            Path(folder),
            lambda: record,
            ports,
            rules,
            clock=player.clock,
            importing=threading.Lock(),
            universe=exchange.tape.symbols,
        )
        return rehearse(player, exchange, live, threading.Event())


@contextmanager
def _record(home: Path) -> Iterator[Record]:
    server = EmbeddedPostgres(home)
    pool = open_pool(server.start(), name="inplay rehearsal")
    try:
        migrate(pool)
        yield Record(pool, home)
    finally:
        pool.close()
        server.stop()


def _minutes(path: Path | None) -> pa.Table:
    if path is not None:
        archive = open_archive(path, Asked(timeframe="1m"), "")
        chunks = [chunk.bars for _, inside in archive.files() for chunk in inside]
        return latest_versions(pa.concat_tables([SHAPES["1m"].schema.empty_table(), *chunks]))
    settings = read_settings()
    with writing(settings, now=now()) as record:
        return record.bars.read_all("1m")


def _one_session(table: pa.Table, session: date | None, symbols: set[str]) -> pa.Table:
    starts = table.column("starts_at").to_numpy().astype("datetime64[s]")
    days = (starts - np.timedelta64(NIGHT_S, "s")).astype("datetime64[D]")
    if not len(days):
        raise BadDataError("There are no minutes to play. Import some with `inplay import bars`, or name --bars PATH.")
    named = pa.array(sorted(symbols), pa.string()) if symbols else table.column("symbol").unique()
    chosen = table.filter(pa.array(days == np.datetime64(days.min() if session is None else session, "D")))
    chosen = chosen.filter(pc.is_in(chosen.column("symbol"), named))
    if not chosen.num_rows:
        raise BadDataError(f"There are no such minutes on {session or days.min()}. They reach to {days.max()}.")
    return chosen


def _serve(exchange: Exchange, player: Player) -> None:
    print(f"{exchange.tape.bars.num_rows:,} bars will be played once somebody listens. For a run beside this:")
    for name, value in (
        ("INPLAY_LIVE_FEED", "alpaca"),
        ("INPLAY_ALPACA_URL", exchange.url),
        ("INPLAY_ALPACA_STREAM_URL", exchange.stream_url),
        ("APCA_API_KEY_ID", exchange.keys.key_id.get_secret_value()),
        ("APCA_API_SECRET_KEY", exchange.keys.secret_key.get_secret_value()),
    ):
        print(f"  export {name}={value}")
    waiting = threading.Event()
    while not exchange.listeners:
        waiting.wait(0.1)
    player.play(waiting)
    print("played to the end; Ctrl-C stops the exchange")
    waiting.wait()


def _say(done: Rehearsed) -> None:
    print(f"{done.published:,} bars were published in {done.play_s:.1f} s, {done.sent:,} messages sent")
    print(f"{done.connections:>10,} connections, {done.gaps_filled:,} times the history was asked for what was missed")
    print(f"{done.batches:>10,} batches; the slowest was on disk {done.slowest_store_s * 1000:.0f} ms after it closed")
    for one in done.sessions:
        print(f"{one.stored:>10,} stored of {one.session}, {one.quarantined:,} in quarantine")
        print(f"{one.duplicate:>10,} doubles dropped, {one.late:,} late, {one.filled:,} filled in from history")
        if one.checked is not None:
            check = one.checked
            words = f"the same, {check.missing:,} were missing, {check.differ:,} differ; {check.days_stored:,} days"
            print(f"{check.same:>10,} of {check.rows:,} bars of the history are {words}")
        if one.problem:
            print(f"  {one.problem}")
    print(f"{done.lost:>10,} lost")
