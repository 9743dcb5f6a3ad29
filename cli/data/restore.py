"""`inplay data restore`: a backup onto an empty folder."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from actors.wiring import now
from adapters.machine.lock import RunLock
from adapters.settings import read_settings
from cli.data.backup import transfer
from cli.output import print_json
from data.backup.restoring import Restore, Restored, require_empty
from data.storage_rules import storage_rules


def restore(
    source: Annotated[str, typer.Argument(help="A folder, USER@HOST:PATH (rsync) or s3://BUCKET/PREFIX.")],
    *,
    at: Annotated[
        str, typer.Option(help="Beginning of a backup's name, such as 20261123; the latest by default.")
    ] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Bring back the record, the bars and the models of a backup into INPLAY_HOME, which must be empty.

    Counts and the journal's hash are compared before anything is in its place.
    """
    settings = read_settings()
    require_empty(settings.home)
    url = None if settings.database_url is None else settings.database_url.get_secret_value()
    with RunLock(settings.home, now=now()), transfer(quiet=json_) as tell:
        restored = Restore(settings.home, source, storage_rules(settings), url).run(at, tell)
    if json_:
        print_json(asdict(restored))
    else:
        _say(restored, str(settings.home))


def _say(restored: Restored, home: str) -> None:
    print(f"backup {restored.name} is back in {home}: {restored.files:,} files, {restored.bars:,} bars,")
    print(f"{sum(restored.counts.values()):,} rows of the record, journal hash {restored.journal_hash}")
    print("secrets are not part of a backup: put inplay.toml back yourself; a token is made anew by the next run")
