"""`inplay parity`: a session that was traded, again through the backtester."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console

from actors.wiring import BOOKS, now
from adapters.backtest.parity import Parity, changes_since, models_then, parity_of
from adapters.backtest.recorded import read_recorded
from adapters.backtest.running import Dated, Terms
from adapters.postgres.journal import JournalStore
from adapters.postgres.reading import open_record
from adapters.scoring import EnsembleScorer
from adapters.settings import Settings, read_settings
from adapters.tiers.rules import storage_rules
from cli.output import print_json

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
    with open_record(settings, now=now()) as pool:
        journal = JournalStore(pool, clock=now)
        recorded = read_recorded(pool, settings.home, session, locations=storage_rules(settings).locations)
        models = models_then(pool, session, partial(_dated, settings))
        found = parity_of(
            session, journal.load(), journal.completed_sessions(), recorded=recorded, models=models,
            terms=Terms(BOOKS, settings.starting_cash_usd * 100), changed_since=changes_since(pool, session),
        )  # fmt: skip
    if as_json:
        print_json(_facts(found))
    else:
        _print(found, Console(highlight=False))
    if found.unexplained:
        raise typer.Exit(1)


def _dated(settings: Settings, name: str) -> Dated:
    """The ensemble that decided, usable whatever its date: this repeats what was done."""
    return Dated(name, date.min, partial(EnsembleScorer, settings.home / "models" / name))


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
        console.print(f"  {one.what} {one.command_id}: {one.on_record} on record, {one.backtest} again ({one.cause})")
    for words in found.changed_since:
        console.print(f"  since then: {words}")
