"""`inplay explain`: why a stock was or was not traded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console

from actors.wiring import now
from adapters.record import reading
from adapters.settings import read_settings
from cli.output import print_json
from research.explanation import Explanation, JudgedSetup, explain, time_or_day
from trading.bars.symbols import symbol_of
from trading.views.members.member import PROBABILITIES, by_member

LARGEST = 8
"""Contributions of a model that are shown; all are in the JSON."""
VIEWS = ("expected_return", "strength", "rank", "disagreement")


def command(
    symbol: Annotated[str, typer.Argument(help="For example AAPL.")],
    *,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="DAY|TIME", help="A day, or a time with its zone: 2010-05-06T15:59-04:00. Default: now."
        ),
    ] = None,
    features: Annotated[
        bool, typer.Option("--features", help="Show every feature that its setups were judged by.")
    ] = False,
    contributions: Annotated[
        bool, typer.Option("--contributions", help="Show what each feature added to what each model says.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Say why a stock was or was not traded at a close: models, rules, regime, risk and action, from the record."""
    settings, wanted = read_settings(), now() if at is None else time_or_day(at)
    with reading(settings, now=now()) as record:
        judged = record.feature_rows if features or contributions else None
        models = settings.home / "models" if contributions else None
        found = explain(record.pool, symbol_of(symbol), wanted, record.bars, features=judged, models=models)
    if json_:
        print_json(
            {
                **asdict(found),
                "session": str(found.session),
                "known_at": found.known_at.isoformat(),
                "decisions": [by_member(decision) for decision in found.decisions],
                "said": found.said,
            }
        )
    else:
        _say(found, Console(highlight=False, soft_wrap=True, markup=False), features=features)


def _say(found: Explanation, console: Console, *, features: bool) -> None:
    if found.instead:
        console.print(found.instead)
    console.print(f"{found.symbol} at the close of {found.session}, {found.known_at:%Y-%m-%d %H:%M} UTC")
    console.print(f"  sector   {found.sector or 'none on record'}")
    console.print(f"  regime   {found.regime or 'none on record'}")
    if found.in_play:
        scan = found.in_play
        console.print(f"  in play  rank {scan['rank']}, score {scan['score']:.2f}: {scan['reason']}")
    if found.said:
        console.print(f"  {found.said}")
    if found.withheld:
        console.print(f"  placed   no: {found.withheld}")
    for decision in found.decisions:
        _say_decision(decision, console)
    if found.setups is not None:
        _say_setups(found.setups, console, features=features)


def _say_setups(setups: Sequence[JudgedSetup], console: Console, *, features: bool) -> None:
    if not setups:
        console.print("  features none on record: it had no setup then, or an earlier version of inplay decided")
    for setup in setups:
        way = "long" if setup.direction > 0 else "short"
        console.print(f"  features of the {way} setup, as seen from its direction (schema {setup.schema[:12]})")
        if setup.note:
            console.print(f"    note    {setup.note}")
        for name, value in setup.features.items() if features else ():
            console.print(f"    {name:<34} {_known(value)}")
        for one in setup.contributions:
            console.print(
                f"    {one.member} of {one.ensemble_id}: {one.total:+.4g} {one.unit}, from {one.base:+.4g} by"
            )
            for name, value in one.largest(LARGEST):
                console.print(f"      {value:+.4g}  {name} {_known(setup.features.get(name))}")


def _known(value: float | None) -> str:
    return "unknown" if value is None else format(value, ".6g")


def _say_decision(decision: dict[str, Any], console: Console) -> None:
    views = ", ".join(
        f"{name} {'unknown' if value is None else format(value, '.3f')}"
        for name, value in by_member({name: decision[name] for name in (PROBABILITIES, *VIEWS)}).items()
    )
    console.print(f"  account {decision['account']}: {decision['action']} {decision['shares']} shares")
    console.print(f"    setup   {', '.join(decision['patterns']) or 'none'}")
    console.print(f"    models  {views}")
    console.print(f"    rules   {decision['rule_confidence']}: {', '.join(decision['rule_reasons']) or 'none held'}")
    console.print(f"    risk    {decision['veto'] or 'no veto'}")
    console.print(f"    why     {decision['source']}: {decision['reason']}")
