"""`inplay scan`: which stocks were in play at an instant of the past, from what was known then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from actors.wiring import now
from adapters.bars.minute_files import MinuteFiles
from adapters.calendar import session_on
from adapters.exchange_time import NEW_YORK, TIME_ZONE, can_be_told
from adapters.record import NO_BARS, Record, reading
from adapters.settings import read_settings
from cli.output import print_json
from research.recorded_minutes import RecordedMinutes, shortest_length
from research.scan_at import ScanAt, Unseen, scan_at
from trading.indicators.intraday import USUAL_SESSIONS
from trading.market.regimes import Regime
from trading.scanner.flags import UNKNOWN
from trading.scanner.intraday import IntradayScan
from trading.scanner.rules import ScannerRules, large_cap, ross_cameron

PROFILES: dict[str, Callable[[], ScannerRules]] = {"large_cap": large_cap, "ross_cameron": ross_cameron}


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write it like 2010-05-06T16:00-04:00") from None
    if at.tzinfo is None:
        raise typer.BadParameter(f"{text!r} has no time zone; add one, such as -04:00 for New York in summer, or Z")
    if not can_be_told(at):
        raise typer.BadParameter(f"{text!r} is in a year that nothing can be reckoned with")
    return at


def _profile(text: str) -> str:
    if text not in PROFILES:
        raise typer.BadParameter(f"{text!r} is no profile; there are {', '.join(PROFILES)}")
    return text


def scan(
    *,
    at: Annotated[
        datetime | None,
        typer.Option(parser=_instant, metavar="TIME", help="With its time zone: 2010-05-06T16:00-04:00. Default: now."),
    ] = None,
    profile: Annotated[str, typer.Option(help=f"The rules: {' or '.join(PROFILES)}.", callback=_profile)] = "large_cap",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many names to show, best first.")] = 25,
    minutes: Annotated[
        Path | None, typer.Option(help="Minute bars in place of those on record: a file, or a folder of them.")
    ] = None,
    daily: Annotated[bool, typer.Option("--daily", help="From daily bars, even where minutes are on record.")] = False,
    usual_sessions: Annotated[
        int, typer.Option(min=1, max=60, help="With minutes: sessions that make the usual volume of a time of day.")
    ] = USUAL_SESSIONS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Say which stocks were in play at an instant, only from what was known then.

    A daily bar is known at the close of its session, so a question during a session is answered from the session
    before. With minute bars of the session, on record or given, it is answered from the minutes that were over:
    premarket, open, intraday.
    """
    settings, at = read_settings(), at or now()
    with reading(settings, now=now(), missing=NO_BARS) as record:
        found = scan_at(
            record, at, replace(PROFILES[profile](), max_names=limit),
            minutes=MinuteFiles(minutes) if minutes else None if daily else _recorded(record, at),
            usual_sessions=usual_sessions,
        )  # fmt: skip
    if as_json:
        print_json(_facts(found, profile))
    else:
        _print(found, profile, Console(highlight=False))


def _recorded(record: Record, at: datetime) -> RecordedMinutes | None:
    """The shortest bars on record of the day that `at` is in, where there are any."""
    timeframe = shortest_length(record.bar_tables, session_on(at))
    return RecordedMinutes(record.bars, timeframe) if timeframe else None


def _facts(found: ScanAt, profile: str) -> dict[str, Any]:
    return {
        "at": found.at.isoformat(),
        "known_at": found.known_at.isoformat(),
        "session": found.scan.session.isoformat(),
        "bars": found.bars,
        "mode": _mode(found),
        "profile": profile,
        "market": _market(found.regime),
        "in_play": [
            {
                "rank": stock.rank,
                "symbol": stock.symbol,
                "score": round(stock.score, 4),
                "parts": {name: round(value, 4) for name, value in stock.parts.items()},
                "reason": stock.reason,
                "flags": list(found.flags[stock.symbol]),
            }
            for stock in found.scan.in_play
        ],
        "excluded": found.scan.excluded,
        "unknown": dict(UNKNOWN),
        "notes": list(found.notes),
        "refused_minutes": dict(found.refused),
        "without_minutes": None if found.unseen is None else asdict(found.unseen),
    }


def _mode(found: ScanAt) -> str:
    return found.scan.mode if isinstance(found.scan, IntradayScan) else "close"


def _market(regime: Regime | None) -> dict[str, Any] | None:
    if regime is None:
        return None
    return {
        "session": regime.session.isoformat(),
        "words": regime.words,
        "trend": regime.trend,
        "volatility": regime.volatility,
        "volatility_source": regime.volatility_source,
        "driver": regime.driver,
        "leaders": list(regime.leaders),
        "laggards": list(regime.laggards),
    }


def _heading(found: ScanAt, profile: str) -> str:
    """What was known, when, and what the market was like."""
    clock = f"Known at {found.known_at.astimezone(NEW_YORK):%Y-%m-%d %H:%M} {TIME_ZONE}, "
    if found.bars == "1d":
        regime = found.regime.words if found.regime else "unknown"
        return (
            f"{clock}the last close by {found.at.isoformat()}. Daily bars are stamped at their close. "
            f"Profile {profile}.\nMarket: {regime}."
        )
    market = f"Market at the close of {found.regime.session}: {found.regime.words}." if found.regime else ""
    length = "minute" if found.bars == "1m" else f"bar of {found.bars}"
    return f"{clock}the last {length} over by {found.at.isoformat()}. Mode {_mode(found)}. Profile {profile}.\n{market}"


def _unseen(unseen: Unseen, found: ScanAt) -> str:
    """Who couldn't be looked at, in a sentence."""
    head = f"Left out: {unseen.count:,} without minutes, of those with a daily bar of {unseen.session}"
    if not unseen.movers:
        return f"{head}. How far they moved is known at the close of {found.scan.session}."
    named = ", ".join(f"{symbol} {move:+.1%}" for symbol, move in unseen.movers)
    rest = f" and {unseen.count - len(unseen.movers):,} more" if unseen.count > len(unseen.movers) else ""
    return f"{head}. The largest moves to its close: {named}{rest}."


def _print(found: ScanAt, profile: str, console: Console) -> None:
    """A table, what was left out, and what nobody could have known."""
    console.print(Text(_heading(found, profile).rstrip()), soft_wrap=True)
    for note in found.notes:
        console.print(Text(f"Note: {note}."), soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("rank", "symbol", "score", "parts", "reason", "flags"):
        table.add_column(heading, overflow="fold", justify="right" if heading in {"rank", "score"} else "left")
    for stock in found.scan.in_play:
        parts = " ".join(f"{name} {value:.2f}" for name, value in stock.parts.items())
        words = (
            str(stock.rank),
            stock.symbol,
            f"{stock.score:.3f}",
            parts,
            stock.reason,
            "; ".join(found.flags[stock.symbol]),
        )
        table.add_row(*map(Text, words))
    console.print(table if found.scan.in_play else Text("Nothing was in play."))
    left_out = ", ".join(f"{count} {reason}" for reason, count in found.scan.excluded.items()) or "nobody"
    console.print(Text(f"Left out: {left_out}."), soft_wrap=True)
    if found.unseen and found.unseen.count:
        console.print(Text(_unseen(found.unseen, found)), soft_wrap=True)
    if found.refused:
        rows = ", ".join(f"{count:,} {reason}" for reason, count in found.refused.items())
        console.print(Text(f"Rows of minutes left out: {rows}."), soft_wrap=True)
    for check, why in UNKNOWN.items():
        console.print(Text(f"Unknown for all: {check} ({why})."), soft_wrap=True)
