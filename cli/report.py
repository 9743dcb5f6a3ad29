"""`inplay report`: the digest of a day or a week, and the taxes of a year."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from actors.wiring import now
from adapters.record import reading
from adapters.settings import Settings, read_settings
from cli.output import print_json
from cli.reasons import Json
from cli.writing import told_in_words, write_whole
from research.reports.kept import folder_of, keep
from research.reports.making import report_of
from research.reports.periods import PeriodKind
from research.reports.taxes import taxed_account, taxes_of
from research.reports.terms import ReportTerms
from trading.accounting.headline import dollars
from trading.errors import ConfigurationError
from trading.plain_text import shown
from trading.tax.form_8949 import COLUMNS

DAY = ["%Y-%m-%d"]
Kind = Literal["day", "week", "tax"]
KINDS: tuple[Kind, ...] = ("day", "week", "tax")


def report(
    kind: Annotated[str, typer.Argument(metavar="[day|week|tax]", help="Of a session, of its week, or taxes.")] = "day",
    *,
    at: Annotated[
        datetime | None, typer.Option("--date", formats=DAY, help="The session it ends with; the last one without.")
    ] = None,
    year: Annotated[int | None, typer.Option(min=1900, max=9999, help="Of the taxes.")] = None,
    account: Annotated[str, typer.Option(help="Whose taxes; without it the broker's, or the one that leads.")] = "",
    out: Annotated[Path | None, typer.Option(help="A file for the taxes; standard output without it.")] = None,
    as_json: Json = False,
) -> None:
    """Write the digest of a day or a week as a page and as JSON, or the tax lots of a year as CSV."""
    chosen = next((one for one in KINDS if one == kind), None)
    if chosen is None:
        raise typer.BadParameter(f"{kind!r} is no report; it is one of {', '.join(KINDS)}")
    settings = read_settings()
    if chosen == "tax":
        if at is not None or year is None:
            raise ConfigurationError("Taxes are of a year: `inplay report tax --year 2026`. Nothing was written.")
        _tax(settings, year, account, out, as_json=as_json)
        return
    if year is not None or account or out is not None:
        raise ConfigurationError("--year, --account and --out are of `inplay report tax`. Nothing was written.")
    _digest(settings, chosen, None if at is None else at.date(), as_json=as_json)


def terms_of(settings: Settings) -> ReportTerms:
    """What reports of these settings follow."""
    return ReportTerms(
        follows=settings.broker_follows,
        tbill_percent=settings.tbill_percent,
        seed=settings.seed,
        keep=settings.reports_keep,
    )


def _digest(settings: Settings, kind: PeriodKind, day: date | None, *, as_json: bool) -> None:
    terms = terms_of(settings)
    with reading(settings, now=now()) as record:
        told = report_of(record, kind, day, terms, now=now())
    with told_in_words(folder_of(settings.home)):
        page = keep(settings.home, told, terms.keep)
    if as_json:
        print_json({**told, "page": page})
    else:
        _say(told, page, Console(highlight=False, soft_wrap=True, markup=False))


def _tax(settings: Settings, year: int, account: str, out: Path | None, *, as_json: bool) -> None:
    with reading(settings, now=now()) as record:
        told = taxes_of(record, account or taxed_account(record, settings.broker_follows), year)
    if out is not None:
        write_whole(out, lambda path: path.write_text(told.csv, encoding="utf-8", newline=""))
    if as_json:
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in told.rows]
        print_json({**asdict(told), "rows": rows})
        return
    if out is None:
        print(told.csv, end="")
    summary = (
        f"{told.account}, {year}: {len(told.rows)} disposals, short-term {dollars(told.short_usd_cents / 100)}, "
        f"long-term {dollars(told.long_usd_cents / 100)}, losses disallowed {dollars(told.disallowed_cents / 100)}"
    )
    print(f"{summary}\n{told.note}".rstrip(), file=sys.stderr)


def _say(told: dict[str, Any], page: Path, console: Console) -> None:
    console.print(told["title"])
    console.print(f"  {told['headline']['words']}")
    for one in told["accounts"]:
        console.print(
            f"  {one['title']:<14} ${one['equity_usd']:,.2f}, this {told['kind']} {one['period_return']:+.2%}, "
            f"{one['trades']} trades, {one['open_positions']} open"
        )
    for note in told["notes"]:
        console.print(f"  {shown(note)}")
    for name in ("milestones", "targets"):
        states = [one["state"] for one in told[name]]
        console.print(
            f"  {name}: {states.count('met')} of {len(states)} met, {states.count('not met')} not met, "
            f"{states.count('not enough data')} without enough data"
        )
    console.print(f"  page: {page}")
