"""`inplay verify`: does anything that decides depend on later data, and is a report still what it says?"""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from actors.wiring import now
from adapters.record import reading
from adapters.settings import read_settings
from cli.output import print_json
from cli.reasons import Json
from cli.report import terms_of
from research.backtest.recorded import read_recorded
from research.backtest.running import Terms
from research.checks.lookahead import Looked, look_again
from research.reports.claims import Verified
from research.reports.kept import claim_and_figures, page_of
from research.reports.making import made_again, terms_of_claim
from trading.decisions.arms import ACCOUNTS
from trading.errors import ConfigurationError
from trading.plain_text import shown
from trading.risk.decision_rules import rules_of

DAY = ["%Y-%m-%d"]
WINDOW = 60
app = typer.Typer(help="Checks of the strategy itself.", no_args_is_help=True)

SHOWN = 5
UNKNOWN = "is known for other symbols than with it"


@app.callback()
def _commands() -> None:
    """Checks of the strategy itself."""


@app.command()
def lookahead(
    *,
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="First session of the window.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last session of the window.")] = None,
    sessions: Annotated[int, typer.Option(min=1, help="How many sessions are looked at again.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compute signals with later data and on data that end with their session; exit code 1 if any differ."""
    settings = read_settings()
    with reading(settings, now=now()) as record:
        every = record.bar_tables.sessions()
        window = [s for s in every if (not first or s >= first.date()) and (not last or s <= last.date())]
        window = window if first else window[-WINDOW:]
        if not window:
            raise ConfigurationError("There are no bars of these sessions. Nothing was checked. Choose other dates.")
        recorded = read_recorded(record, window[-1])
    found = look_again(
        recorded, window, Terms(ACCOUNTS, settings.starting_cash_usd * 100, rules_of(settings.risk)), count=sessions
    )
    if as_json:
        print_json(_facts(found))
    else:
        _print(found, Console(highlight=False))
    if found.count:
        raise typer.Exit(1)


@app.command()
def claim(
    path: Annotated[Path, typer.Argument(metavar="REPORT", help="A report's page or JSON.")],
    *,
    as_json: Json = False,
) -> None:
    """Run a report again and say which of code, data, seed or settings changed; exit code 1 if a figure differs."""
    settings = read_settings()
    (said, before), page = claim_and_figures(path), page_of(path)
    terms = terms_of(settings)
    with reading(settings, now=now()) as record:
        found = made_again(record, said, before, terms, now=now(), page=page)
        as_then = found
        if not found.same and (found.changed["seed"] or found.changed["settings"]):
            own = terms_of_claim(said, terms)
            as_then = made_again(record, said, before, own, now=now(), page=page)
    if as_json:
        print_json({**asdict(found), "same_with_its_own_settings_and_seed": as_then.same, "claim": said})
    else:
        _print_claim(found, same_as_then=as_then.same, of_page=page is not None)
    if not found.same:
        raise typer.Exit(1)


def _print_claim(found: Verified, *, same_as_then: bool, of_page: bool) -> None:
    for part, words in found.changed.items():
        print(shown(f"{part}: {'; '.join(words) or 'the same'}"))
    for one in found.differences:
        print(shown(f"  {one}"))
    for altered in found.altered:
        print(f"altered after it was written: {altered}")
    if of_page and found.changed["code"]:
        print("the page itself isn't compared, since another code may show the same figures otherwise")
    if found.altered:
        print("this isn't what was written; `inplay report` makes it again")
    elif found.same:
        print("every figure is the same")
    elif same_as_then:
        print("figures differ; with the report's own settings and seed every figure is the same")
    elif found.explained:
        print("figures differ, and what changed is said above")
    else:
        print("figures differ though code, data, seed and settings are the same: report it, with the version of inplay")


def _facts(found: Looked) -> dict[str, Any]:
    return {
        "sessions": found.sessions,
        "checked": sum(found.checked.values()),
        "checked_by_kind": found.checked,
        "differences": found.count,
        "first_differences": [asdict(one) for one in found.differences],
        "warm_up_largest_relative_change": {
            name: None if change == float("inf") else change for name, change in found.warm_up.items()
        },
    }


def _print(found: Looked, console: Console) -> None:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(found.checked.items()))
    console.print(f"{len(found.sessions)} sessions looked at again: {kinds}")
    for one in found.differences:
        console.print(f"{one.session} {one.what}: {one.with_later_data} with later data, {one.without} without")
    console.print(f"{found.count:,} differences" if found.count else "no value depends on later data")
    warm_up = sorted(found.warm_up.items(), key=lambda pair: -pair[1])
    for name, change in warm_up[:SHOWN]:
        words = f"changes by up to {change:.2g} of its value" if math.isfinite(change) else UNKNOWN
        console.print(f"without the first quarter of the history, {name} {words}")
    if len(warm_up) > SHOWN:
        console.print(f"the other {len(warm_up) - SHOWN} indicators change less; --json has all of them")
