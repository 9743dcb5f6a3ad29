"""`inplay data verify`: is everything there and as it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from actors.wiring import now
from adapters.bars.files import FEATURES, KINDS
from adapters.machine.lock import is_held
from adapters.record import reading
from adapters.settings import read_settings
from cli.output import print_json
from data.verification.report import Report, Selection, TimeframeReport, verify_data
from data.verification.twins import Twin
from trading.bars.symbols import symbol_of

SHOWN = 15
DAY = ["%Y-%m-%d"]


def verify(
    *,
    symbols: Annotated[
        list[str] | None, typer.Option("--symbols", help="Tell of these only, such as AAPL,MSFT.")
    ] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="First session.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last session.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Check files, counts and journal against each other, and say which bars there are.

    The exit code is 1 when something is wrong; each finding says what to do. Nothing is changed.
    """
    settings = read_settings()
    given = {name.strip() for one in symbols or [] for name in one.split(",") if name.strip()}
    named = tuple(sorted(given | {symbol_of(name) for name in given}))  # as it may have come in before, and as now
    chosen = Selection(named, first.date() if first else None, last.date() if last else None)
    alive = is_held(settings.home)  # before we take the lock ourselves
    with reading(settings, now=now()) as record, _progress(quiet=json_) as tell:
        report = verify_data(record, chosen, alive=alive, clock=now, tell=tell)
    if json_:
        print_json({"ok": report.ok, **asdict(report)})
    else:
        _say(report, chosen)
    if not report.ok:
        raise typer.Exit(1)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    if quiet:
        yield None
        return
    columns = (TextColumn("files checked"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("files", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _say(report: Report, chosen: Selection) -> None:
    for timeframe in report.timeframes:
        _say_coverage(timeframe, chosen)
    _say_findings(report, chosen)
    state = f"chain and balances hold, {report.journal_hash[:12]}" if report.journal_hash else "BROKEN"
    print(f"{report.imports} import(s); journal of {report.journal_entries:,} entries: {state}")
    if report.trial_entries:
        print(f"ledger of trials of {report.trial_entries:,} entries: chain holds")
    for text in report.skipped:
        print(f"  not compared: {text}")
    for trouble in report.troubles:
        print(f"WRONG {trouble.check}: {trouble.where}: {trouble.detail}\n  to do: {trouble.fix}")
    print("All is well." if report.ok else f"{len(report.troubles)} thing(s) are wrong.")


def _say_coverage(part: TimeframeReport, chosen: Selection) -> None:
    older, words = part.rows - part.bars, KINDS[part.timeframe].words
    print(
        f"{part.timeframe}: {part.bars:,} {words}, each readable once, in {part.files:,} file(s); "
        f"{older:,} older versions"
    )
    if part.timeframe == FEATURES:
        return
    if not part.symbols:
        print("  no bar of what was asked for")
        return
    first, last = part.sessions[0].session, part.sessions[-1].session
    empty = [one.session for one in part.sessions if not one.bars]
    print(f"  {len(part.symbols):,} symbols, {len(part.sessions):,} sessions, {first} to {last}")
    if empty:
        print(f"  sessions without any bar: {len(empty)}, {_list(empty)}")
    worst = sorted(part.symbols, key=lambda one: (-one.sessions_missing, one.symbol))
    shown = worst if chosen.symbols else [one for one in worst if one.sessions_missing][:SHOWN]
    for one in shown:
        reach = f"{one.first} to {one.last}"
        print(f"  {one.symbol:<8} {reach} {one.bars:>10,} bars, {one.sessions_missing:>4} missing sessions")
        if one.missing:
            print(f"           {_list(one.missing)}")
    _say_twins(part.twins)
    rest = sum(1 for one in worst if one.sessions_missing) - len(shown)
    if rest > 0:
        print(f"  … and {rest:,} more symbols with missing sessions; --symbols or --json tells of them")


def _say_twins(twins: Sequence[Twin]) -> None:
    """They are no fault of the record, so that the exit code stays; results that count one security twice are."""
    for twin in twins[:SHOWN]:
        why = "two spellings of one symbol" if twin.spelling else "one security, by their prices"
        way_out = f"leave {twin.other} out with --universe"
        if twin.spelling:
            way_out = f"imports store {twin.kept} now; {way_out}, or import anew into an INPLAY_HOME of its own"
        print(
            f"  twins: {twin.kept} and {twin.other} seem to be {why}, equal in {twin.sessions_equal:,} sessions; "
            f"to do: {way_out}"
        )
    if len(twins) > SHOWN:
        print(f"  … and {len(twins) - SHOWN:,} more twins; --json tells of them")


def _say_findings(report: Report, chosen: Selection) -> None:
    if chosen.symbols or chosen.of_days:
        for one in report.findings[: SHOWN * 10]:
            when = one.session or "several sessions"
            print(f"  {one.symbol or 'the market':<10} {when}: {one.severity} {one.gate}, {one.rows:,} bar(s)")
        if len(report.findings) > SHOWN * 10:
            print(f"  … and {len(report.findings) - SHOWN * 10:,} more; --json tells them all")
        return
    count: Counter[tuple[str, str]] = Counter()
    rows: Counter[tuple[str, str]] = Counter()
    for one in report.findings:
        count[one.gate, one.severity] += one.findings
        rows[one.gate, one.severity] += one.rows
    for (gate, severity), number in sorted(count.items()):
        print(f"  {severity:<10} {gate:<24} {number:>8,} findings, {rows[gate, severity]:>10,} bars")


def _list(days: Sequence[object]) -> str:
    return ", ".join(map(str, days[:SHOWN])) + (f", … ({len(days) - SHOWN} more)" if len(days) > SHOWN else "")
