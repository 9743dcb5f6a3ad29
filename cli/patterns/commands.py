"""`inplay patterns stats`: what each pattern is worth, measured against random candles."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from actors.wiring import now
from adapters.record import reading
from adapters.settings import read_settings
from cli.figures import percent, with_interval
from cli.output import print_json
from cli.patterns.batch import export, rates
from cli.patterns.excursions import excursions
from cli.patterns.in_session import log_in_session, show_in_session
from research.measured_patterns import Statistics, measured_patterns
from trading.errors import ConfigurationError
from trading.evidence.conditions import parse_where
from trading.evidence.statistics import ALL, MIN_COUNT, Measured, Verdict, clearest_first
from trading.patterns.recognised import FAMILY_OF, direction_word
from trading.performance.estimate import Estimate
from tune.pattern_table import success_rates

patterns = typer.Typer(help="What was measured of the patterns.", no_args_is_help=True)

WIDTH = 140
"""Columns where no terminal says how many it has."""
STYLES: dict[Verdict, str] = {
    "edge shown": "green", "worse than random": "red", "no edge shown": "yellow", "too few": "dim",
    "no direction": "dim",
}  # fmt: skip


@patterns.callback()
def _commands() -> None:
    """What was measured of the patterns."""


patterns.command("log")(log_in_session)
patterns.command()(export)
patterns.command()(rates)
patterns.command("excursions")(excursions)


@patterns.command()
def stats(
    where: Annotated[
        list[str] | None,
        typer.Option(help="A condition that must hold: rsi=25-35, trend=bull, catalyst=present; several = all."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    min_count: Annotated[int, typer.Option(min=2, help="Test only patterns seen at least so often.")] = MIN_COUNT,
    in_session: Annotated[bool, typer.Option("--in-session", help="The patterns within sessions, of minutes.")] = False,
) -> None:
    """Say how often each pattern succeeds, and whether that is more than random candles do."""
    if in_session and where:
        raise ConfigurationError("--where divides the daily patterns. Nothing was measured. Leave it or --in-session.")
    if in_session:
        show_in_session(min_count, as_json=as_json)
        return
    wanted = parse_where(where or ())
    settings = read_settings()
    with reading(settings, now=now()) as record:
        counts = asdict(record.patterns.counts())
        by_pattern = success_rates(record.patterns.load_training(date.max)) if as_json else None
        found = measured_patterns(record, where=wanted, min_count=min_count)
    rows = chosen(found, wanted)
    if by_pattern is not None:
        print_json(_facts(found, rows, {**counts, "known_outcomes_by_pattern": by_pattern.to_dict("records")}))
        return
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)
    console.print(_table(rows))
    for line in _words(found, rows, wanted):
        console.print(Text(line))


def chosen(found: Statistics, wanted: Sequence[tuple[str, str]]) -> list[Measured]:
    """The rows that were asked for, the clearest difference first, those too few to test last."""
    if not wanted:
        condition, label = ALL, ALL
    elif len(wanted) == 1:
        ((condition, label),) = wanted
    else:
        condition, label = "where", "asked"
    rows = [row for row in found.rows if (row.condition, row.label) == (condition, label)]
    return sorted(rows, key=clearest_first)


def _facts(found: Statistics, rows: Sequence[Measured], record: dict[str, Any]) -> dict[str, Any]:
    return {
        "first_session": found.first_session,
        "last_session": found.last_session,
        "symbols": found.symbols,
        "bars": found.bars,
        "bars_before_breaks": found.bars_before_breaks,
        "record": record,
        "tested_together": found.tested,
        "catalyst": asdict(found.catalyst),
        "patterns": [_row(row) for row in rows],
        "discoveries": [_row(row) for row in found.rows if row.verdict in {"edge shown", "worse than random"}],
    }


def _row(row: Measured) -> dict[str, Any]:
    return {"family": FAMILY_OF[row.pattern], **asdict(row)}


def _table(rows: Sequence[Measured]) -> Table:
    table = Table(pad_edge=False, box=box.SIMPLE_HEAD)
    for heading in (
        "pattern",
        "family",
        "",
        "outcomes",
        "success",
        "random candles",
        "difference, corrected",
        "q",
        "verdict",
    ):
        table.add_column(heading, justify="right" if heading in {"outcomes", "q"} else "left", overflow="fold")
    for row in rows:
        table.add_row(
            Text(row.pattern),
            FAMILY_OF[row.pattern],
            direction_word(row.direction),
            f"{row.with_outcome:,}" if row.direction else "",
            with_interval(row.success),
            percent(row.baseline),
            with_interval(row.corrected, "+"),
            "" if row.q_value is None else f"{row.q_value:.3f}",
            Text(row.verdict, style=STYLES[row.verdict]),
        )
    return table


def _words(found: Statistics, rows: Sequence[Measured], wanted: Sequence[tuple[str, str]]) -> list[str]:
    """What the table means."""
    under = " and ".join(f"{name}={label}" for name, label in wanted) or "all bars"
    shown = [row for row in rows if row.verdict == "edge shown"]
    worse = [row for row in rows if row.verdict == "worse than random"]
    few = sum(row.verdict == "too few" for row in rows)
    neutral = [row for row in rows if row.verdict == "no direction"]
    directed = len(rows) - len(neutral)
    charts = sum(FAMILY_OF[row.pattern] == "chart" for row in rows)
    others = sum(row.verdict in {"edge shown", "worse than random"} for row in found.rows) - len(shown) - len(worse)
    catalyst = found.catalyst
    return [
        (
            f"{found.bars:,} bars of {found.symbols} symbols, {found.first_session} to {found.last_session}; {under}. "
            f"{found.bars_before_breaks:,} bars before a break in a symbol's prices are left out."
        ),
        (
            f"{len(shown)} of {directed} patterns ({charts} of them chart patterns) show an edge, {len(worse)} do "
            f"worse than random candles of the same symbols and close-in-range, {few} are too rare to test."
        ),
        (
            f"{len(neutral)} candlesticks, seen {sum(row.recorded for row in neutral):,} times, have no direction: "
            "they propose no trade, so there is no outcome to compare."
        ),
        (
            f"The intervals are corrected for all {found.tested:,} pairs of pattern and condition that were tested; "
            f"elsewhere among them {others} differ from random candles."
        ),
        (
            f"On all bars, patterns with a catalyst succeed {with_interval(catalyst.success_with)} of the time, "
            f"without {with_interval(catalyst.success_without)}: {_times(catalyst.ratio)}. That it is twice as often: "
            f"{catalyst.claim}."
        ),
    ]


def _times(ratio: Estimate) -> str:
    if ratio.value is None:
        return "no ratio is known"
    if ratio.low is None or ratio.high is None:
        return f"{ratio.value:.2f} times"
    return f"{ratio.value:.2f} times ({ratio.low:.2f} to {ratio.high:.2f})"
