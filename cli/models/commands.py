"""`inplay models`: what ensembles there are, what each is worth, and which one decides from the next session on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from actors.wiring import now
from adapters.postgres.accounts import Accounts
from adapters.record import NO_BARS, Record, reading, require_current, writing
from adapters.settings import read_settings
from cli.models.comparison import comparison_lines, over_time_lines
from cli.models.printing import change_lines, list_lines, show_lines
from cli.models.watching import watch_lines
from cli.output import print_json
from cli.reasons import Json, Reason
from research.models.changing import Changed, Registry, Said, names
from research.models.comparing import compared, over_time
from research.models.files import export as export_files
from research.models.files import trouble_of
from research.models.finding import found
from research.models.showing import listed, shown
from research.models.watched import monitored
from trading.errors import ConfigurationError

app = typer.Typer(help="The life of models: what they are, are worth and become.", no_args_is_help=True)

WHO = "inplay models"
Id = Annotated[str, typer.Argument(metavar="ID", help="Of an ensemble, or as much of it as no other begins with.")]


class Into(StrEnum):
    """What a promotion makes of an ensemble."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    SHADOW = "shadow"


class Periods(StrEnum):
    """How long the parts of a comparison over time are."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@contextmanager
def _record() -> Iterator[Record]:
    """The record, to read."""
    with reading(read_settings(), now=now(), missing=NO_BARS) as record:
        yield record


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """Say which ensembles there are, what each is from which session on, and how much it said."""
    with _record() as record:
        rows = listed(record.pool)
    if as_json:
        print_json({"ensembles": [asdict(row) for row in rows]})
        return
    for line in list_lines(rows):
        print(line)


@app.command()
def show(ensemble: Id, *, as_json: Json = False) -> None:
    """Say everything on record of one ensemble: its life, its files, what it is worth, which rules acted on it.

    The exit code is 1 when one of its files is gone or another one.
    """
    with _record() as record:
        told = shown(record.pool, record.home, found(names(record.pool), ensemble))
    if as_json:
        print_json(asdict(told))
    else:
        for line in show_lines(told):
            print(line)
    whole = all(file.state == "whole" for file in told.files) and not told.card["trouble"]
    raise typer.Exit(0 if whole else 1)


@app.command()
def compare(
    ensembles: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Of ensembles; all that scored something by default.")
    ] = None,
    *,
    by: Annotated[
        Periods | None, typer.Option(help="The accounts only, in each month, quarter or year of the calendar.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare versions with the rules on the same setups, and the accounts with each other, with 95 % intervals."""
    settings = read_settings()
    if by is not None:
        if ensembles:
            raise ConfigurationError("--by compares accounts, not versions. Nothing was compared. Leave it or the IDs.")
        with _record() as record:
            parts = over_time(record.pool, Accounts(record.pool), settings.seed, by.value)
        if as_json:
            print_json({"by": by.value, "periods": [asdict(part) for part in parts]})
            return
        for line in over_time_lines(parts):
            print(line)
        return
    with _record() as record:
        every = names(record.pool)
        chosen = [found(every, one) for one in ensembles] if ensembles else None
        told = compared(record.pool, Accounts(record.pool), settings.seed, chosen)
    if as_json:
        print_json(asdict(told))
        return
    for line in comparison_lines(told):
        print(line)


@app.command()
def watch(*, as_json: Json = False) -> None:
    """Say what the monitoring found: stages, alarms, verdicts of the promotion rule and the daily analytics."""
    with _record() as record:
        told = monitored(record.pool)
    if as_json:
        print_json(asdict(told))
        return
    for line in watch_lines(told):
        print(line)


@app.command()
def promote(
    ensemble: Id,
    *,
    into: Annotated[Into, typer.Option("--as", help="What it becomes.")] = Into.CHAMPION,
    reason: Reason = "by command",
    as_json: Json = False,
) -> None:
    """Make an ensemble the champion, the challenger or a shadow, from the next session on that hasn't begun."""
    _change(
        lambda registry, every, said: registry.promote(found(every, ensemble), into.value, said),
        reason,
        as_json=as_json,
    )


@app.command()
def rollback(
    ensemble: Annotated[str | None, typer.Argument(metavar="[ID]", help="The champion; whoever it is by default.")] = (
        None
    ),
    *,
    reason: Reason = "by command",
    as_json: Json = False,
) -> None:
    """Let the champion before this one decide again, from the next session on that hasn't begun."""
    _change(
        lambda registry, every, said: registry.roll_back(None if ensemble is None else found(every, ensemble), said),
        reason, as_json=as_json,
    )  # fmt: skip


@app.command()
def retire(ensemble: Id, *, reason: Reason = "by command", as_json: Json = False) -> None:
    """Ask an ensemble no more; when it was champion the rules decide from the next session on."""
    _change(lambda registry, every, said: registry.retire(found(every, ensemble), said), reason, as_json=as_json)


@app.command()
def export(
    ensemble: Id,
    *,
    out: Annotated[Path, typer.Option(help="The folder, which must be empty or not there.")],
    as_json: Json = False,
) -> None:
    """Copy an ensemble's files, its card and what is on record of it into a folder."""
    with _record() as record:
        name = found(names(record.pool), ensemble)
        files = export_files(record.pool, record.home, name, out)
    if as_json:
        print_json({"ensemble_id": name, "folder": str(out), "files": [file.name for file in files]})
    else:
        print(f"{name}: {len(files)} files in {out}: {', '.join(file.name for file in files)}")


def _change(make: Callable[[Registry, list[str], Said], Changed], reason: str, *, as_json: bool) -> None:
    """The change is on record, beside a run that is alive or not, and told."""
    with writing(read_settings(), now=now(), make=False) as record:
        require_current(record)
        models = record.home / "models"
        registry = Registry(record.pool, record.home, lambda name: trouble_of(models / name))
        done = make(registry, names(record.pool), Said(WHO, reason, now()))
    if as_json:
        print_json(asdict(done))
        return
    for line in change_lines(done):
        print(line)
