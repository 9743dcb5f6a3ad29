"""`inplay run`: the main job."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from actors.reporting import BENCHMARK, Report
from actors.wiring import BOOKS, now
from adapters.machine.lock import RunLock
from adapters.machine.peak_memory import PeakMemory
from adapters.postgres.models import EnsembleRow, ModelStore
from adapters.postgres.patterns import PatternStore
from adapters.settings import read_settings
from cli.output import print_json
from cli.run.interrupt import Interrupt
from cli.run.main_job import Options, PlatformRun
from cli.run.progress import Printer, pattern_words
from trading.errors import ConfigurationError

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
        sample=sample, fresh=fresh, sessions_per_s=speed, rules_only=rules_only, follow=not exit_,
        first=None if first is None else first.date(), last=None if last is None else last.date(),
    )  # fmt: skip
    try:
        with Interrupt() as interrupt, RunLock(settings.home, now=started), PeakMemory() as memory:
            facts = _run(PlatformRun(settings, options, printer, interrupt), printer, exit_=exit_)
    except KeyboardInterrupt:
        print("stopped; the record is whole, and the next run goes on from it", file=sys.stderr)
        raise typer.Exit(130) from None
    if json_:
        wall_s = (now() - started).total_seconds()
        print_json({**facts, "wall_s": round(wall_s, 1), "peak_pss_mb": round(memory.peak_bytes / 1024**2)})


def _run(platform: PlatformRun, printer: Printer, *, exit_: bool) -> dict[str, Any]:
    with platform:
        facts = _whole_job(platform, printer)
        if not exit_:
            try:
                platform.follow(printer.followed)
            except KeyboardInterrupt:
                printer.step("stopping")
    return facts


def _whole_job(platform: PlatformRun, printer: Printer) -> dict[str, Any]:
    platform.start()
    imported = platform.import_data()
    warm_up, replay = platform.sessions()
    seen = platform.warm_up(warm_up)
    ensemble = platform.ensemble(seen, replay[0] if replay else None)
    platform.serve(ensemble)
    shown = iter(range(len(platform.replayed()) + 1, len(replay) + 1))
    platform.replay(replay, lambda summary: printer.session(next(shown), len(replay), summary))
    checks = platform.check()
    report = platform.report()
    counts = PatternStore(platform.pool).counts()
    printer.step(pattern_words(counts))
    return {
        "symbols": imported.symbols,
        "bars": imported.rows_stored,
        "rejected_rows": imported.rows_quarantined,
        "patterns_recorded": counts.recorded,
        "patterns_with_outcome": counts.with_outcome,
        "patterns_by_family": {"candlestick": counts.candlesticks, "chart": counts.charts},
        "patterns_without_direction": counts.without_direction,
        "sessions": len(replay),
        "checks": {one.kind: one.verdict for one in checks},
        **_models(platform, ensemble),
        **_accounts(report),
    }


def _models(platform: PlatformRun, ensemble: EnsembleRow | None) -> dict[str, Any]:
    if ensemble is None:
        return {"models": [], "ensemble": None}
    models = ModelStore(platform.pool).models(
        [ensemble.pattern_model_id, ensemble.catalyst_model_id, ensemble.outcome_model_id]
    )
    return {
        "models": [{"id": model.model_id, "kind": model.kind, **model.metrics} for model in models],
        "ensemble": {"id": ensemble.ensemble_id, "out_of_sample": ensemble.metrics},
    }


def _accounts(report: Report | None) -> dict[str, Any]:
    if report is None:
        return {"accounts": {}, "benchmark": None, "journal_hash": None}
    return {
        "accounts": {name: _account(report, name) for name in BOOKS},
        "benchmark": _account(report, BENCHMARK),
        "journal_hash": report.journal_hash,
    }


def _account(report: Report, name: str) -> dict[str, Any]:
    figures = report.figures[name]
    facts: dict[str, Any] = {
        "equity_usd": report.equity_usd[name][-1],
        "total_return": figures.total_return.value,
        "sharpe": figures.sharpe.value,
        "max_drawdown": figures.max_drawdown,
    }
    if name != BENCHMARK:
        facts |= {
            "trades": figures.trades,
            "win_rate": figures.win_rate.value,
            "profit_factor": figures.profit_factor.value,
        }
    return facts
