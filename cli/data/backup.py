"""`inplay data backup`: a verified backup, now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from actors.wiring import now
from adapters.machine.lock import RunLock, is_held
from adapters.postgres.server import EmbeddedPostgres
from adapters.settings import Settings, read_settings
from cli.output import print_json
from data.backup.making import Backup, Made
from data.backup.making import Progress as Tell
from data.storage_rules import storage_rules
from trading.errors import UnavailableError

MB = 10**6


def backup(
    target: Annotated[
        str,
        typer.Argument(help="A folder, USER@HOST:PATH (rsync) or s3://BUCKET/PREFIX; INPLAY_BACKUP_TARGET if absent."),
    ] = "",
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Copy the record, the bars of all tiers and the models to the target, and restore them once to compare.

    A run may be alive meanwhile. What the target has already is not copied again.
    """
    settings = read_settings()
    rules = storage_rules(settings)
    if target:
        rules = replace(rules, backup=replace(rules.backup, target=target))
    with _record(settings) as url, transfer(quiet=json_) as tell:
        made = Backup(settings.home, url, rules, version=version("inplay"), clock=now).make(tell)
    if json_:
        print_json(asdict(made))
    else:
        _say(made)


@contextmanager
def transfer(*, quiet: bool) -> Iterator[Tell]:
    """A progress bar for bytes that are copied and compared."""
    columns = (TextColumn("{task.description}"), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        tasks = {what: bar.add_task(what, total=None) for what in ("copied", "verified")}
        yield lambda what, size_bytes: bar.advance(tasks[what], size_bytes)


@contextmanager
def _record(settings: Settings) -> Iterator[str]:
    """The URL of the record, of the run that is alive or of a server for as long as this lasts."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    if not (settings.home / "postgres").is_dir():
        raise UnavailableError(f"{settings.home} holds no record. Nothing was copied. Run `inplay run --sample` first.")
    server = EmbeddedPostgres(settings.home)
    with ExitStack() as stack:
        if not is_held(settings.home):
            stack.enter_context(RunLock(settings.home, now=now()))
            stack.callback(server.stop)
            server.start()
        yield server.url


def _say(made: Made) -> None:
    print(f"backup {made.name} in {made.target}" + (", encrypted (age)" if made.encrypted else ", not encrypted"))
    print(f"{made.files:>14,} files, {made.files_new:,} of them new, {made.bytes_new / MB:,.1f} MB copied")
    print(
        f"{made.rows_verified:>14,} rows of the record and {made.bars_verified:,} bars restored elsewhere and compared"
    )
    print(f"journal hash {made.journal_hash}")
    if made.dropped:
        print(f"no longer kept: {', '.join(made.dropped)}")
