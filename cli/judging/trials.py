"""`inplay evaluate trials`: what was tried on a span, and how much of the best of it luck explains."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from actors.wiring import now
from adapters.record import NO_BARS, reading
from adapters.settings import read_settings
from cli.output import print_json
from research.attempts import Attempt, Best, Tried, tried_on
from trading.errors import ConfigurationError
from trading.performance.conventions import SESSIONS_A_YEAR

DAY = ["%Y-%m-%d"]
SHOWN = 20


def trials(
    *,
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="First session of the span.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last session of the span.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what was tried on a span, the best of it, and how much of that luck explains."""
    if first and last and first > last:
        raise typer.BadParameter("--from is later than --to")
    with reading(read_settings(), now=now(), missing=NO_BARS) as record:
        entries, digest = record.trials.verify()
        told = tried_on(
            record.trials.trials(), seals := record.trials.seals(), first.date() if first else None,
            last.date() if last else None,
        )  # fmt: skip
    if as_json:
        facts = {**asdict(told), "entries": entries, "hash": digest, "sealed": [asdict(one) for one in seals]}
        facts["best"] = [{**asdict(one), "attempts": one.attempts.to_dict()} for one in told.best]
        print_json(facts)
        return
    for line in _lines(told):
        print(line)
    print(f"ledger of {entries:,} entries, chain holds, {digest[:12]}")


def span_of(first: datetime | None, last: datetime | None) -> tuple[datetime, datetime] | None:
    """Both ends, or neither.

    Raises:
        ConfigurationError: when one is missing.
    """
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise ConfigurationError("A span has both ends, --from and --to. Nothing was changed.")
    return first, last


def _lines(told: Tried) -> list[str]:
    """For a reader: the attempts by what they are worth, then the best."""
    if not told.attempts:
        return [told.looks]
    ordered = sorted(told.attempts, key=lambda one: -math.inf if one.sharpe is None else -one.sharpe)
    undefined = [one for one in ordered if one.sharpe is None]
    ordered = [one for one in ordered if one.sharpe is not None] + undefined
    lines = [f"{len(ordered):,} attempts on sessions of {told.first} to {told.last}, the best first:"]
    lines += [_line(one) for one in ordered[:SHOWN]]
    if len(ordered) > SHOWN:
        lines.append(f"  … and {len(ordered) - SHOWN:,} more; --json has them all")
    return [*lines, *(line for one in told.best for line in _best(one)), told.looks]


def _line(one: Attempt) -> str:
    again = f", {one.trials} times" if one.trials > 1 else ""
    return (
        f"  {_sharpe(one):>7}  {one.first} to {one.last}  {one.sessions:>5} sessions  {one.kind:<8} {one.label}{again}"
    )


def _sharpe(one: Attempt) -> str:
    return "-" if one.sharpe is None else f"{one.sharpe * math.sqrt(SESSIONS_A_YEAR):.2f}"


def _best(one: Best) -> list[str]:
    luck = "not defined" if one.above_luck is None else f"{one.above_luck:.1%}"
    chosen = one.overfitting
    pbo = "too few attempts or sessions to tell"
    if chosen is not None:
        of = f"{chosen.attempts} attempts, {chosen.sessions} sessions in {chosen.blocks} blocks"
        pbo = f"{chosen.probability:.1%} among {of}"
    return [
        f"best of {one.series}: {one.attempt.label}, annualised Sharpe ratio {_sharpe(one.attempt)}",
        f"  above the luck of all attempts (deflated): {luck}; {one.attempts.words}",
        f"  probability of overfitting (PBO): {pbo}",
    ]
