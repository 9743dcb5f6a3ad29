"""`inplay patterns log` and `inplay patterns stats --in-session`: the patterns within sessions."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import pyarrow.compute as pc
import typer
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from actors.wiring import now
from adapters.record import reading, writing
from adapters.settings import read_settings
from cli.figures import percent, with_interval
from cli.output import print_json
from research.session_patterns import session_patterns, sessions_with_minutes
from trading.errors import UnavailableError
from trading.evidence.session_statistics import MeasuredInSession, Verdict, measure_in_sessions
from trading.outcomes.barriers import OutcomeRules
from trading.patterns.recognised import direction_word

WIDTH = 140
STYLES: dict[Verdict, str] = {
    "edge shown": "green", "worse than without it": "red", "no edge shown": "yellow", "too few": "dim",
}  # fmt: skip


MINUTE_S = 60


def log_in_session(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Put the patterns within sessions on record, of all bars shorter than a day that were not looked through yet."""
    settings = read_settings()
    new = bars = 0
    with writing(settings, now=now()) as record:
        log = record.session_patterns
        known = log.sessions()
        todo = [session for session in sessions_with_minutes(record) if session not in known]
        console = Console(stderr=True)
        for session in track(todo, "sessions", console=console, disable=not console.is_terminal):
            found = session_patterns(record, session, cost_bp_per_side=OutcomeRules().cost_bp_per_side)
            if found is not None:
                new += log.record(found.session, found.bars, found.table)
                bars += found.bars
    if as_json:
        print_json({"sessions": len(todo), "sessions_known": len(known), "bars": bars, "patterns_new": new})
        return
    print(f"{len(todo)} sessions with {bars:,} bars: {new:,} new patterns; {len(known)} were on record already")


def show_in_session(min_count: int, *, as_json: bool) -> None:
    """What the record says of patterns within sessions.

    Raises:
        UnavailableError: when there are none.
    """
    with reading(read_settings(), now=now()) as record:
        log = record.session_patterns.load()
    if log.num_rows == 0:
        raise UnavailableError(
            "The record has no patterns within sessions. Nothing was lost. Import minute bars with `inplay import "
            "bars`, then run `inplay patterns log`."
        )
    rows = sorted(
        measure_in_sessions(log, min_count=min_count), key=lambda row: (row.q_value is None, row.q_value or 0.0)
    )
    sessions, symbols = (pc.count_distinct(log[name]).as_py() for name in ("session", "symbol"))
    if as_json:
        print_json({
            "sessions": sessions, "symbols": symbols, "patterns": [asdict(row) for row in rows],
            "tested": sum(row.q_value is not None for row in rows),
        })  # fmt: skip
        return
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)
    console.print(_table(rows))
    console.print(
        f"{log.num_rows:,} patterns of {symbols} symbols in {sessions} sessions. Each is compared with the same trade\n"
        "at that time of day in the session before; the intervals are corrected for all that were tested."
    )


def _table(rows: list[MeasuredInSession]) -> Table:
    table = Table(pad_edge=False, box=box.SIMPLE_HEAD)
    for heading in (
        "pattern",
        "",
        "entered",
        "success",
        "mean",
        "without it",
        "difference, corrected",
        "q",
        "verdict",
    ):
        table.add_column(heading, justify="right" if heading in {"entered", "q", "mean"} else "left", overflow="fold")
    for row in rows:
        table.add_row(
            row.pattern if row.bar_s == MINUTE_S else f"{row.pattern} ({row.bar_s // MINUTE_S} min)",
            direction_word(row.direction),
            f"{row.entered:,} of {row.recorded:,}",
            with_interval(row.success),
            percent(row.mean_return, "+", 2),
            percent(row.other_success),
            with_interval(row.corrected if row.corrected.value is not None else row.difference, "+"),
            "" if row.q_value is None else f"{row.q_value:.3f}",
            Text(row.verdict, style=STYLES[row.verdict]),
        )
    return table
