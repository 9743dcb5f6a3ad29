"""`inplay run`: the main job."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from actors.reporting import Report
from actors.wiring import now
from adapters.machine.lock import RunLock
from adapters.machine.peak_memory import PeakMemory
from adapters.postgres.models import EnsembleRow, ModelStore
from adapters.settings import read_settings
from cli.output import print_json
from cli.run.following import Following
from cli.run.interrupt import Interrupt
from cli.run.main_job import JobDone, MainJob, Options
from cli.run.platform import Platform, platform_of
from cli.run.progress import Printer
from trading.errors import ConfigurationError
from trading.market.benchmark import BENCHMARK
from trading.performance.metric import point
from trading.performance.metrics.registry import in_every_report

DAY = ["%Y-%m-%d"]


def run(
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Replay the bundled year of S&P 500 members.")] = False,
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="First session to trade.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last session to replay.")] = None,
    rules_only: Annotated[bool, typer.Option("--rules-only", help="Train no models; the rules decide.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Erase the record, bars and models, and start anew.")] = False,
    speed: Annotated[float | None, typer.Option(min=0.001, help="Sessions per second at most.")] = None,
    exit_: Annotated[bool, typer.Option("--exit", help="End after the report instead of going on.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> None:
    """Start the platform, replay what is on record, report, and follow the market until Ctrl-C.

    Without --from or --sample it goes on where the record ends: everything on record is history, and each new session
    is traded when its bars have come in.
    """
    if fresh and not sample:
        raise ConfigurationError(
            "--fresh erases all bars, so there is nothing to run. Nothing was erased. Add --sample."
        )
    settings = read_settings()
    printer = Printer(Console(highlight=False, width=None if sys.stdout.isatty() else 120))
    started = now()
    options = Options(
        sample=sample, sessions_per_s=speed, rules_only=rules_only, follow=not exit_,
        first=None if first is None else first.date(), last=None if last is None else last.date(),
    )  # fmt: skip
    try:
        with (
            Interrupt() as interrupt, RunLock(settings.home, now=started), PeakMemory() as memory,
            platform_of(settings, printer, interrupt, fresh=fresh) as platform,
        ):  # fmt: skip
            facts = _run(platform, options, memory)
    except KeyboardInterrupt:
        print("stopped; the record is whole, and the next run goes on from it", file=sys.stderr)
        raise typer.Exit(130) from None
    if json_:
        wall_s = (now() - started).total_seconds()
        print_json({**facts, "wall_s": round(wall_s, 1), "peak_pss_mb": round(memory.peak_bytes / 1024**2)})


def _run(platform: Platform, options: Options, memory: PeakMemory) -> dict[str, Any]:
    done = MainJob(platform, options).run()
    facts = _facts(platform, done)
    if options.follow:
        memory.at_rest()
        following = Following(platform, done.sessions)
        try:
            if options.last is not None or options.sample:  # with a last session asked for it only serves on
                following.serve_on()
            following.follow(platform.say.followed)
        except KeyboardInterrupt:
            platform.say.step("stopping")
    return facts


def _facts(platform: Platform, done: JobDone) -> dict[str, Any]:
    counts = done.counts
    return {
        "symbols": done.imported.symbols,
        "bars": done.imported.rows_stored,
        "rejected_rows": done.imported.rows_quarantined,
        "patterns_recorded": counts.recorded,
        "patterns_with_outcome": counts.with_outcome,
        "patterns_by_family": {"candlestick": counts.candlesticks, "chart": counts.charts},
        "patterns_without_direction": counts.without_direction,
        "sessions": len(done.replayed),
        "checks": {one.kind: one.verdict for one in done.checks},
        **_models(platform, done.ensemble),
        **_accounts(done.report, platform.wiring.books),
    }


def _models(platform: Platform, ensemble: EnsembleRow | None) -> dict[str, Any]:
    if ensemble is None:
        return {"models": [], "ensemble": None}
    models = ModelStore(platform.pool).models([member.model_id for member in ensemble.members])
    return {
        "models": [{"id": model.model_id, "kind": model.kind, **model.metrics} for model in models],
        "ensemble": {"id": ensemble.ensemble_id, "out_of_sample": ensemble.metrics},
    }


def _accounts(report: Report | None, books: Iterable[str]) -> dict[str, Any]:
    if report is None:
        return {"accounts": {}, "benchmark": None, "journal_hash": None}
    return {
        "accounts": {name: _account(report, name) for name in books},
        "benchmark": _account(report, BENCHMARK),
        "journal_hash": report.journal_hash,
    }


def _account(report: Report, name: str) -> dict[str, Any]:
    figures = report.figures[name]
    shown = [metric for metric in in_every_report() if metric.of_benchmark or name != BENCHMARK]
    return {
        "equity_usd": report.equity_usd[name][-1],
        **{metric.name: point(figures[metric.name]) for metric in shown},
    }
