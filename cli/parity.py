"""`inplay parity`: a session that was traded, again through the backtester."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from actors.wiring import now
from adapters.record import reading
from adapters.settings import read_settings
from cli.output import print_json
from research.backtest.running import Terms
from research.checks.daily import parity_on_record
from research.checks.parity import Parity
from trading.risk.decision_rules import rules_of

DAY = ["%Y-%m-%d"]


def parity(
    *,
    at: Annotated[datetime, typer.Option("--date", formats=DAY, help="The session, which was traded.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Trade a session again from the accounts as they were before it, and explain each difference.

    The exit code is 1 where a difference has no explanation.
    """
    settings, session = read_settings(), at.date()
    with reading(settings, now=now()) as record:
        terms = Terms(record.books.arms(), settings.starting_cash_usd * 100, rules_of(settings.risk))
        found = parity_on_record(record, session, terms, clock=now)
    if as_json:
        print_json(_facts(found))
    else:
        _print(found, Console(highlight=False))
    if found.unexplained:
        raise typer.Exit(1)


def _facts(found: Parity) -> dict[str, Any]:
    return {
        "session": found.session,
        "entries": found.entries,
        "differences": [asdict(one) for one in found.differences],
        "unexplained": found.unexplained,
        "changed_since": list(found.changed_since),
    }


def _print(found: Parity, console: Console) -> None:
    console.print(f"{found.session}: {found.entries} journal entries compared, {len(found.differences)} differ")
    for one in found.differences:
        console.print(f"  {one.said}", markup=False)
    for words in found.changed_since:
        console.print(f"  since then: {words}")
