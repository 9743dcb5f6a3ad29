"""`inplay data tiers`: what lies in which tier."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from actors.wiring import now
from adapters.record import reading
from adapters.settings import read_settings
from cli.output import print_json
from data.tiers.holdings import Holding, holdings

MIB = 1024**2


def tiers(
    *, json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False
) -> None:
    """Say how many files, rows, bytes and sessions each tier holds, and which files are missing.

    The exit code is 1 when a file of the manifest is missing.
    """
    settings = read_settings()
    with reading(settings, now=now()) as record:
        found = holdings(record.bar_tables.files(timeframe=None), record.home, record.locations)
    missing = [path for holding in found for path in holding.missing]
    if json_:
        print_json({"tiers": [asdict(holding) for holding in found], "missing": missing})
    else:
        for holding in found:
            print(_words(holding))
        for path in missing:
            print(f"missing: {path}; restore it from a backup (`inplay data restore`)")
        if not found:
            print("no bars are on record yet; `inplay import bars` or `inplay run --sample` brings some")
    if missing:
        raise typer.Exit(1)


def _words(held: Holding) -> str:
    return (
        f"{held.tier:<5}{held.timeframe:<9}{held.files:>7,} files {held.rows:>14,} rows "
        f"{held.size_bytes / MIB:>10,.1f} MiB {held.sessions:>6,} sessions {held.first_session} to "
        f"{held.last_session}  {held.where}"
    )
