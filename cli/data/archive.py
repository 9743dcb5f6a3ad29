"""`inplay data archive`: moves and merges now."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from actors.wiring import now
from adapters.postgres.tier_record import TierRecord
from adapters.record import alone
from adapters.settings import read_settings
from cli.output import print_json
from data.storage_rules import storage_rules
from data.tiers.archive import Archive, Archived
from data.tiers.planning import Step

MIB = 1024**2


def archive(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Move files into the tier of their age and merge small ones. It can be stopped and repeated at any point.

    A run that is alive does the same by itself, once a day.
    """
    settings = read_settings()
    rules = storage_rules(settings)
    today = now().date()
    with alone(settings, now=now()) as record:
        tiers = Archive(settings.home, TierRecord(record.pool), rules.locations, rules.ages)
        if dry_run:
            _plan(tiers.plan(today), json_=json_)
            return
        done = _with_progress(tiers, today, quiet=json_)
    if json_:
        print_json(asdict(done))
    else:
        _say(done)


def _with_progress(tiers: Archive, today: Any, *, quiet: bool) -> Archived:
    columns = (TextColumn("archiving"), BarColumn(), TextColumn("{task.completed:,.0f} files"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task("archiving", total=None)
        return tiers.run(today, lambda step: bar.advance(task, len(step.sources)))


def _plan(steps: list[Step], *, json_: bool) -> None:
    if json_:
        print_json({"steps": [{"tier": step.tier, "files": [file.path for file in step.sources]} for step in steps]})
        return
    for step in steps:
        first, last = step.sources[0], step.sources[-1]
        what = "move" if len(step.sources) == 1 else f"merge {len(step.sources)} files into one"
        print(f"{what}: {first.path}" + (f" … {last.path}" if last is not first else "") + f" → {step.tier}")
    print(f"{len(steps)} steps to begin with; what they make possible comes after them" if steps else "nothing to do")


def _say(done: Archived) -> None:
    print(f"{done.moved:,} files moved, {done.merged:,} merged, {done.rows_superseded:,} superseded versions left them")
    print(f"{done.bytes_before / MIB:,.1f} MiB became {done.bytes_after / MIB:,.1f} MiB")
    if done.swept:
        print(f"{done.swept:,} steps that were cut off before were cleaned up")
