"""`inplay cluster standby`: the latest backup, ready to be run on a second machine or in a second folder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from actors.wiring import now
from adapters.settings import read_settings
from cli.data.backup import transfer
from cli.output import print_json
from data.backup.standby import Standby, stand_by
from data.storage_rules import storage_rules
from trading.errors import ConfigurationError


def standby(
    folder: Annotated[Path, typer.Argument(help="Of the standby: new, empty, or an earlier standby.")],
    *,
    target: Annotated[
        str, typer.Option(help="Where the backups are: a folder, USER@HOST:PATH or s3://BUCKET/PREFIX.")
    ] = "",
    most_h: Annotated[
        float | None, typer.Option(min=0.0, help="Exit with 1 when the latest backup is older, in hours.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Bring the latest backup into a folder of this machine, compare it, and say how old it is.

    Repeated, it brings only a newer backup. `--target` is INPLAY_BACKUP_TARGET by default. To take over, stop the
    first machine for good and call `INPLAY_HOME=FOLDER inplay run`: two that trade the same account must never run.
    """
    settings = read_settings()
    source = target or settings.backup_target
    if not source:
        raise ConfigurationError(
            "Where the backups are isn't known. Nothing was changed. Name it with --target or INPLAY_BACKUP_TARGET."
        )
    with transfer(quiet=as_json) as tell:
        found = stand_by(folder.absolute(), source, storage_rules(settings), now, tell)
    if as_json:
        print_json(asdict(found))
    else:
        _say(found)
    if most_h is not None and found.age_h > most_h:
        raise typer.Exit(1)


def _say(found: Standby) -> None:
    brought = "was brought and compared" if found.renewed else "was there already"
    print(f"standby {found.home}: backup {found.name} {brought}")
    print(f"it is {found.age_h:,.1f} h old: what was recorded since {found.made_at:%Y-%m-%d %H:%M} UTC isn't in it")
    print(f"journal hash {found.journal_hash}; to take over: INPLAY_HOME={found.home} inplay run")
