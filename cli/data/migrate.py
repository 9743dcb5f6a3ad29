"""`inplay data migrate`: a record of an earlier version is brought up to date."""

from __future__ import annotations

from typing import Annotated

import typer

from actors.wiring import now
from adapters.postgres.migrate import bundled
from adapters.record import alone
from adapters.settings import read_settings
from cli.output import print_json


def migrate(
    *, json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False
) -> None:
    """Bring a record of an earlier version up to date, while no run is alive; `inplay run` does it by itself.

    The earlier version can't use it afterwards.
    """
    with alone(read_settings(), now=now()) as record:
        applied = record.migrated
    version = bundled()[-1].version
    if json_:
        print_json({"version": version, "applied": applied})
    elif applied:
        print(f"the record is of version {version} now; {len(applied)} steps were applied, from {applied[0]} on")
    else:
        print(f"the record is of version {version} already; nothing was changed")
