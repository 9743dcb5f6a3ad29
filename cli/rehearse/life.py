"""`inplay rehearse life`: years with the whole cycle of models, by the sessions' clock, in a folder of their own."""

from __future__ import annotations

import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from actors.wiring import now
from adapters.machine.lock import RunLock
from adapters.postgres.migrate import migrate
from adapters.postgres.pool import open_pool
from adapters.postgres.server import EmbeddedPostgres
from adapters.record import NO_BARS, reading
from adapters.settings import Settings, read_settings
from cli.output import print_json
from cli.run.interrupt import Interrupt
from cli.run.main_job import MainJob, Options
from cli.run.platform import Platform, platform_of
from cli.run.progress import Printer
from data.inputs import copy_inputs
from research.reports.kept import folder_of
from research.reports.life import life_counts
from trading.errors import ConfigurationError

DAY = ["%Y-%m-%d"]
UPDATE_EVERY, TRAIN_EVERY = 5, 63
"""Sessions, where the settings have none: a week and a quarter."""


def life(
    *,
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="First session to trade.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last session.")] = None,
    sample: Annotated[bool, typer.Option("--sample", help="The bundled year, not the data folder's bars.")] = False,
    keep: Annotated[Path | None, typer.Option(help="A folder to keep it in; one that was stopped goes on.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> None:
    """Replay sessions with all that happens to models: updates, trainings, promotions, demotions and alarms.

    It is `inplay run` with the settings at hand, on a copy of what came in: the data folder is only read, and nobody is
    told or ordered from. Without settings, models are updated every 5 sessions and trained every 63. The same sessions
    and settings give the same journal.
    """
    settings = read_settings()
    if first is None and not sample:
        raise ConfigurationError("Name the first session to trade, as in --from 2015-01-02. Nothing was rehearsed.")
    if first is not None and last is not None and last < first:
        raise ConfigurationError(f"--to {last:%Y-%m-%d} is before --from {first:%Y-%m-%d}. Nothing was rehearsed.")
    printer = Printer(Console(highlight=False, width=None if sys.stdout.isatty() else 120))
    options = Options(
        sample=sample, first=None if first is None else first.date(), last=None if last is None else last.date()
    )
    started = now()
    try:
        with _folder(keep) as home:
            own = rehearsed(settings, home)
            if not sample:
                _bring(settings, home, options)
            with (
                Interrupt() as interrupt,
                RunLock(home, now=started),
                platform_of(own, printer, interrupt, fresh=False) as platform,
            ):
                facts = _lived(platform, options)
        if not facts["sessions"]:
            raise ConfigurationError("No session with bars lies in these days, so nothing was lived. Choose others.")
    except KeyboardInterrupt:
        print("stopped; nothing but the rehearsal's own folder was touched", file=sys.stderr)
        raise typer.Exit(130) from None
    _say(facts, printer)
    if as_json:
        print_json({**facts, "wall_s": round((now() - started).total_seconds(), 1)})


def rehearsed(settings: Settings, home: Path) -> Settings:
    """The settings of a run that reaches nothing outside its folder and this machine."""
    apart: dict[str, Any] = {
        "home": home, "database_url": None, "ray_address": "local", "http_port": free_port(),
        "dashboard_port": free_port(), "broker": "simulated", "live_feed": "none", "news_feeds": (),
        "news_alpaca": False, "warm_folder": None, "cold_url": None, "buy_volume": False, "backup_target": None,
        "gpu_budget_usd_per_month": 0.0, "notify_urls": (), "dead_man_url": None, "approve": False,
        "spend_folder": home / "spend",
        "update_every_sessions": settings.update_every_sessions or UPDATE_EVERY,
        "train_every_sessions": settings.train_every_sessions or TRAIN_EVERY,
    }  # fmt: skip
    return settings.model_copy(update=apart)


def free_port() -> int:
    """A port that nobody on this machine listens on, so that a run beside keeps its own."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    with ExitStack() as stack:
        yield (
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="inplay-rehearsal-")))
            if keep is None
            else keep.absolute()
        )


def _bring(settings: Settings, home: Path, options: Options) -> None:
    """The inputs are in the rehearsal's folder, unless they were already."""
    if home == settings.home:
        raise ConfigurationError(f"--keep {home} is the data folder itself. Nothing was rehearsed. Name another one.")
    if (home / "postgres" / "data").is_dir():
        return
    with reading(settings, now=now(), missing=NO_BARS) as record:
        if not any(options.first is None or one >= options.first for one in record.bar_tables.sessions()):
            raise ConfigurationError(f"No bars from {options.first} on are on record. Nothing was rehearsed.")
        server = EmbeddedPostgres(home)
        try:
            url = server.start()
            copy_inputs(record, str(record.pool.conninfo), home, url)
            pool = open_pool(url, name="inplay rehearsal", size=1)
            try:
                migrate(pool)
            finally:
                pool.close()
        finally:
            server.stop()


def _lived(platform: Platform, options: Options) -> dict[str, Any]:
    done = MainJob(platform, options).run()
    record = platform.wiring.record(platform.pool)
    counts = life_counts(platform.pool, record.lifecycle.life().events)
    reports = folder_of(platform.settings.home)
    return {
        "journal_hash": None if done.report is None else done.report.journal_hash,
        **asdict(counts),
        "digests": sum(1 for _ in reports.glob("*.json")) if reports.is_dir() else 0,
        "first_session": str(done.replayed[0]) if done.replayed else None,
        "last_session": str(done.replayed[-1]) if done.replayed else None,
        "update_every_sessions": platform.settings.update_every_sessions,
        "train_every_sessions": platform.settings.train_every_sessions,
    }


def _say(facts: dict[str, Any], printer: Printer) -> None:
    told = ("updates", "trainings", "promotions", "demotions", "alarms", "stages", "digests")
    printer.step(f"{facts['sessions']} sessions: " + ", ".join(f"{facts[name]} {name}" for name in told))
    printer.step(f"journal {facts['journal_hash']}")
