"""`inplay import vix`: the VIX's daily closes into the record."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from actors.wiring import now
from adapters.exchange_time import NEW_YORK
from adapters.feeds.cboe_vix import CBOE, vix_rows
from adapters.record import writing
from adapters.settings import read_settings
from cli.output import print_json
from trading.market.vix import read_vix


def vix(
    source: Annotated[str, typer.Argument(help="A CSV or Parquet file, or the http(s) address of a CSV.")] = CBOE,
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Put the VIX's daily closes on record; by default Cboe's own history since 1990.

    A close that differs from the one on record is a new version of its day, and the latest version is used. Importing
    the same again changes nothing.
    """
    at = now()
    rows = read_vix(vix_rows(source), today=at.astimezone(NEW_YORK).date())
    with writing(read_settings(), now=at) as record:
        counts = record.vix.record(rows, source=source if "://" in source else Path(source).name, imported_at=at)
    if json_:
        print_json(asdict(counts))
        return
    print(f"{counts.rows_in:,} rows came in")
    for count, what in (
        (counts.added, "days are new"),
        (counts.corrected, "days have another close than before"),
        (counts.unchanged, "days were on record already"),
        (counts.repeated, "rows repeat another"),
        *((count, f"rows refused: {reason}") for reason, count in counts.refused.items()),
    ):
        print(f"{count:>12,} {what}")
