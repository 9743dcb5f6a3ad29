"""`inplay costs`: what running the platform costs, entered by its owner."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import typer

from actors.wiring import now
from adapters.postgres.costs import CostLedger, costs_between
from adapters.record import reading, writing
from adapters.settings import read_settings
from cli.output import print_json
from cli.reasons import Json, Reason
from trading.accounting.costs import E6, KINDS, TITLES, Cost, Kind, NewCost, hours_e3, usd_e6, usd_e6_of_hours
from trading.errors import ConfigurationError
from trading.plain_text import shown

FIRST_DAY, FURTHEST = date(1990, 1, 1), timedelta(days=3653)
"""Of a cost: what lies outside is a slip of the pen."""
LONGEST_NOTE = 500
app = typer.Typer(help="What running the platform costs.", no_args_is_help=True)

DAY = ["%Y-%m-%d"]


def _kind(text: str) -> Kind:
    found: Kind | None = next((kind for kind in KINDS if kind == text.strip().lower()), None)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no kind of cost; it is one of {', '.join(KINDS)}")
    return found


@app.command()
def add(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}.")],
    amount_usd: Annotated[str, typer.Argument(help="In dollars, such as 24 or 24.50; with --hours, of one hour.")],
    *,
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="The month that it is of.")] = "",
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="First day that it is of.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last day; without it the first.")] = None,
    hours: Annotated[str, typer.Option(help="Hours that the owner worked; the kind is hours then.")] = "",
    note: Annotated[str, typer.Option(help="What it is, for the record.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Another cost of the same kind, period and amount.")] = False,
    as_json: Json = False,
) -> None:
    """Enter a cost and the days that it is of. What was entered before is noticed; nothing is ever changed."""
    named = _kind(kind)
    begins, ends = _period(month, first, last)
    if begins < FIRST_DAY or ends > now().date() + FURTHEST:
        raise ConfigurationError(
            f"{begins} to {ends} isn't between {FIRST_DAY} and ten years from now. Nothing was entered. Check the year."
        )
    if len(note) > LONGEST_NOTE:
        raise ConfigurationError(
            f"The note has {len(note):,} characters; {LONGEST_NOTE} may be kept. Nothing was entered."
        )
    each = usd_e6(amount_usd)
    worked = hours_e3(hours) if hours else None
    if (worked is not None) != (named == "hours"):
        raise ConfigurationError(
            "Hours of the owner need --hours and the price of one, such as `inplay costs add hours 50 --hours 3`; no "
            "other kind has hours. Nothing was entered."
        )
    amount = each if worked is None else usd_e6_of_hours(worked, each)
    cost = NewCost(named, begins, ends, amount, note=shown(note.strip()), hours_e3=worked)
    with writing(read_settings(), now=now()) as record:
        _say([CostLedger(record.pool).add(cost, now(), again=again)], as_json=as_json)


@app.command()
def counter(
    number: Annotated[int, typer.Argument(help="Of the entry, as `inplay costs list` shows it.")],
    *,
    reason: Reason = "by command",
    as_json: Json = False,
) -> None:
    """Take an entry back by a counter-entry; both stay on record."""
    with writing(read_settings(), now=now()) as record:
        _say([CostLedger(record.pool).counter(number, reason, now())], as_json=as_json)


@app.command("list")
def listed(*, as_json: Json = False) -> None:
    """Show every entry, and what this month costs with the machines on record."""
    with reading(read_settings(), now=now()) as record:
        entries = CostLedger(record.pool).all()
        today = now().date()
        begins = today.replace(day=1)
        month = costs_between(record.pool, begins, today, now())
    if as_json:
        print_json({"costs": [facts(one) for one in entries], "month_usd": _usd(month), "from": begins, "to": today})
        return
    if not entries:
        print("no cost was entered yet; `inplay costs add` enters one, and machines of the cluster enter themselves")
    _say(entries, as_json=False)
    told = ", ".join(f"{TITLES[kind]} ${amount / E6:,.2f}" for kind, amount in month.items())
    print(f"{begins} to {today}: {told or 'no cost on record'}")


def facts(cost: Cost) -> dict[str, Any]:
    """The entry as JSON has it."""
    told = asdict(cost)
    told["amount_usd"] = cost.amount_usd_e6 / E6
    told["hours"] = None if cost.hours_e3 is None else cost.hours_e3 / 1000
    del told["hours_e3"]
    return told


def _usd(amounts: dict[Kind, int]) -> dict[str, float]:
    return {kind: amount / E6 for kind, amount in amounts.items()}


def _say(costs: list[Cost], *, as_json: bool) -> None:
    if as_json:
        print_json(facts(costs[0]))
        return
    for one in costs:
        sign = "-" if one.amount_usd_e6 < 0 else ""
        words = f"{one.number:>4}  {one.first} to {one.last}  {sign}${_exact(abs(one.amount_usd_e6))}  {one.kind}"
        words += f"  {one.hours_e3 / 1000:g} h" if one.hours_e3 else ""
        words += f"  takes back {one.counters}" if one.counters else ""
        words += f"  taken back by {one.countered_by}" if one.countered_by else ""
        print(shown(f"{words}  {one.note}".rstrip()))


def _exact(amount_usd_e6: int) -> str:
    """Dollars as entered: cents, and what is below a cent where something is."""
    whole, below = f"{amount_usd_e6 / E6:,.6f}".split(".")
    return f"{whole}.{below[:2]}{below[2:].rstrip('0')}"


def _period(month: str, first: datetime | None, last: datetime | None) -> tuple[date, date]:
    if month and not first and not last:
        found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", month.strip())
        if found is None or int(found[1]) < 1:
            raise ConfigurationError(f"{month!r} is no month. Nothing was entered. Write it like 2026-11.")
        year, number = int(found[1]), int(found[2])
        return date(year, number, 1), date(year, number, monthrange(year, number)[1])
    if month or first is None:
        raise ConfigurationError(
            "Say which days the cost is of: --month 2026-11, or --from 2026-11-01 --to 2026-11-30. Nothing was entered."
        )
    return first.date(), (last or first).date()
