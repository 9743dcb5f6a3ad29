"""`inplay import alpaca` and `inplay import yahoo`: history of feeds into the record."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from actors.wiring import now
from adapters.alpaca.bars import AlpacaBars
from adapters.alpaca.opening import alpaca_http
from adapters.bars.files import Timeframe
from adapters.feeds.port import BarHistory, Span
from adapters.feeds.yahoo import YahooBars
from adapters.record import alone
from adapters.settings import Settings, read_settings
from cli.importing.bars import TOO_LITTLE, progress_shown, say_counts
from cli.output import print_json
from data.history.fetched import FetchedBars
from data.history.spans import history_span, symbols_named
from data.importing.importer import BarImporter, ImportCounts

Symbols = Annotated[str, typer.Option(help="Such as SPY,QQQ.")]
Universe = Annotated[Path | None, typer.Option(help="A file with a symbol a line, or with a column `symbol`.")]
First = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First session.")]
Last = Annotated[
    datetime | None,
    typer.Option("--to", formats=["%Y-%m-%d"], help="Last session; the latest complete one by default."),
]
Length = Annotated[Literal["1d", "1m"], typer.Option(help="Days or minutes.")]
Replace = Annotated[bool, typer.Option("--replace", help="The feed is right where the record differs.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]
SIP_DELAY = timedelta(minutes=16)
"""The free plan has the bars of all exchanges after 15 minutes."""


def alpaca(
    *,
    first: First,
    last: Last = None,
    symbols: Symbols = "",
    universe: Universe = None,
    timeframe: Length = "1d",
    feed: Annotated[Literal["sip", "iex"], typer.Option(help="Trades of all exchanges, or of IEX alone.")] = "sip",
    replace: Replace = False,
    json_: Json = False,
) -> None:
    """Put Alpaca's bars on record, prices as printed, through the data gates.

    It can be stopped and repeated at any point: what was fetched is kept until all of it is on record.
    """
    settings = read_settings()
    named = symbols_named(symbols, universe)
    span = _span(named, timeframe, first, last, SIP_DELAY if feed == "sip" else timedelta())
    _bring(settings, AlpacaBars(alpaca_http(settings), feed), span, replace=replace, json_=json_)


def yahoo(
    *,
    first: First,
    last: Last = None,
    symbols: Symbols = "",
    universe: Universe = None,
    timeframe: Length = "1d",
    replace: Replace = False,
    json_: Json = False,
) -> None:
    r"""Put Yahoo's bars on record, its adjustment for splits undone; needs the extra `inplay\[yahoo]`."""
    span = _span(symbols_named(symbols, universe), timeframe, first, last, timedelta())
    _bring(read_settings(), YahooBars(now()), span, replace=replace, json_=json_)


def _span(
    symbols: tuple[str, ...], timeframe: Timeframe, first: datetime, last: datetime | None, delay: timedelta
) -> Span:
    end = None if last is None else last.date()
    return history_span(symbols, timeframe, first.date(), end, now=now(), delay=delay)


def _bring(settings: Settings, history: BarHistory, span: Span, *, replace: bool, json_: bool) -> None:
    with alone(settings, now=now()) as record:
        started = time.monotonic()
        fetched = FetchedBars(settings.home, history, span)
        kept = fetched.pages
        with progress_shown(quiet=json_) as tell:
            fetched.fetch()
            counts = BarImporter(record, now).run(fetched, tell, replace=replace)
        seconds, pages = time.monotonic() - started, fetched.pages
        fetched.discard()
    if json_:
        print_json({**asdict(counts), "pages": pages, "pages_kept_from_before": kept, "seconds": seconds})
        _succeeded(counts)
        return
    say_counts(counts, seconds)
    print(f"{pages:>14,} pages, {kept:,} of them fetched before a stop")
    _succeeded(counts)


def _succeeded(counts: ImportCounts) -> None:
    if counts.too_little:
        raise typer.Exit(TOO_LITTLE)
