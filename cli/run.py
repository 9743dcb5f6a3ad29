"""`inplay run`: the main job."""

from __future__ import annotations

import sys
import threading
from typing import Annotated, Any

import typer
from rich.console import Console

from actors.reporting import BENCHMARK, Report
from actors.wiring import BOOKS, now
from adapters.lock import RunLock
from adapters.memory import PeakMemory
from adapters.postgres.models import ModelStore
from adapters.postgres.patterns import PatternStore
from adapters.settings import read_settings
from cli.interrupt import Interrupt
from cli.output import print_json
from cli.progress import Printer, pattern_words
from cli.sample_run import Options, SampleRun
from trading.errors import ConfigurationError


def run(
    sample: Annotated[bool, typer.Option("--sample", help="Replay the bundled year of S&P 500 members.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Erase the record, bars and models, and start anew.")] = False,
    speed: Annotated[float | None, typer.Option(min=0.001, help="Sessions per second at most.")] = None,
    exit_: Annotated[bool, typer.Option("--exit", help="End after the report instead of serving on.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> None:
    """Start the platform, replay the market through it, report, and keep serving until Ctrl-C."""
    if not sample:
        raise ConfigurationError("Only the bundled sample can be run so far. Nothing was started. Add --sample.")
    settings = read_settings()
    printer = Printer(Console(highlight=False, width=None if sys.stdout.isatty() else 120))
    started = now()
    options = Options(fresh=fresh, sessions_per_s=speed)
    try:
        with Interrupt() as interrupt, RunLock(settings.home, now=started), PeakMemory() as memory:
            facts = _run(SampleRun(settings, options, printer, interrupt), printer, exit_=exit_)
    except KeyboardInterrupt:
        print("stopped; the record is whole, and the next run goes on from it", file=sys.stderr)
        raise typer.Exit(130) from None
    if json_:
        wall_s = (now() - started).total_seconds()
        print_json({**facts, "wall_s": round(wall_s, 1), "peak_pss_mb": round(memory.peak_bytes / 1024**2)})


def _run(platform: SampleRun, printer: Printer, *, exit_: bool) -> dict[str, Any]:
    with platform:
        facts = _whole_job(platform, printer)
        if not exit_:
            printer.step("serving on; Ctrl-C stops everything")
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                printer.step("stopping")
    return facts


def _whole_job(platform: SampleRun, printer: Printer) -> dict[str, Any]:
    platform.start()
    imported = platform.import_data()
    warm_up, replay = platform.sessions()
    market, patterns = platform.warm_up(warm_up)
    ensemble = platform.ensemble(market, patterns, replay[0])
    platform.serve(ensemble)
    shown = iter(range(len(platform.replayed()) + 1, len(replay) + 1))
    platform.replay(replay, lambda summary: printer.session(next(shown), len(replay), summary))
    report = platform.report()
    counts = PatternStore(platform.pool).counts()
    printer.step(pattern_words(counts))
    models = ModelStore(platform.pool).models(
        [ensemble.pattern_model_id, ensemble.catalyst_model_id, ensemble.outcome_model_id]
    )
    return {
        "symbols": imported.symbols,
        "bars": imported.rows_stored,
        "rejected_rows": imported.rows_quarantined,
        "patterns_recorded": counts.recorded,
        "patterns_with_outcome": counts.with_outcome,
        "patterns_by_family": {"candlestick": counts.candlesticks, "chart": counts.charts},
        "patterns_without_direction": counts.without_direction,
        "models": [{"id": model.model_id, "kind": model.kind, **model.metrics} for model in models],
        "ensemble": {"id": ensemble.ensemble_id, "out_of_sample": ensemble.metrics},
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
