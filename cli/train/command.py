"""`inplay train`."""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from actors.wiring import now
from adapters.machine.peak_memory import PeakMemory
from adapters.settings import Settings, read_settings
from cli.output import print_json
from cli.run.interrupt import Interrupt
from cli.run.progress import Printer
from cli.train.devices import benchmark_devices, say_devices
from cli.train.job import OnRecord, Stages, cutoff_of, put_on_record, rows_of
from cli.train.money import spent_since, with_gpu_since
from cli.train.on_ray import connected, refuse_without_gpu
from trading.errors import ConfigurationError
from trading.risk.decision_rules import rules_of
from tune.fits.distributed import ON_GPU, Workers
from tune.fits.gpu import Busy
from tune.gpu_training import Terms, train_on_gpu
from tune.on_ray.placements import Placements, head_cpus
from tune.on_ray.room import Room
from tune.pipeline import Trained, train_ensemble
from tune.registration import config_sha256
from tune.search.bounds import Bounds

DAY = ["%Y-%m-%d"]


@dataclass(frozen=True)
class Asked:
    """What the command line asked for."""

    bounds: Bounds
    machines: int
    with_gpu: bool
    before: date | None


def train(
    *,
    trials: Annotated[int | None, typer.Option(min=1, help="Parameter sets of each model, its grid included.")] = None,
    minutes: Annotated[
        float | None, typer.Option("--time", min=0.01, metavar="MIN", help="The search begins nothing after so long.")
    ] = None,
    budget_usd: Annotated[float | None, typer.Option(min=0.01, help="Likewise once the machines cost so much.")] = None,
    workers: Annotated[int, typer.Option(min=0, max=64, help="Machines beside the head; 0 = the head alone.")] = 0,
    gpu_: Annotated[bool, typer.Option("--gpu", help="Search and fit on a GPU, or fail.")] = False,
    before: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, metavar="SESSION", help="Known before this session.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="In place of INPLAY_SEED.")] = None,
    devices: Annotated[
        bool, typer.Option("--benchmark-devices", help="Train nothing; time the fits on CPU and GPU by rows.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> None:
    """Train an ensemble on what is on record, also beside a run, and put it on record.

    Without --trials, --time or --budget-usd the models' grids are compared, which is small and always the same. What it
    becomes is said at the end: the challenger beside a champion, else it is registered and does nothing.
    """
    settings = read_settings(**({} if seed is None else {"seed": seed}))
    if not all(math.isfinite(one) for one in (minutes, budget_usd) if one is not None):
        raise ConfigurationError("--time and --budget-usd are numbers that end. Nothing was trained.")
    bounds = Bounds(trials, None if minutes is None else minutes * 60, budget_usd)
    if budget_usd is not None:
        since, folder = now(), settings.spend_folder
        with_gpu = with_gpu_since(folder, since, settings.gpu_usd_per_h) if gpu_ else None
        bounds = replace(bounds, spent_usd=with_gpu or spent_since(folder, since, now))
    asked = Asked(bounds, workers, gpu_, None if before is None else before.date())
    say = _with_time_left(Printer(Console(stderr=True, highlight=False, soft_wrap=True)).step, bounds)
    try:
        with Interrupt(), PeakMemory() as memory:
            facts = _devices(settings, asked, say) if devices else _train(settings, asked, say)
    except KeyboardInterrupt:
        print("stopped; nothing was replaced, and the same command goes on from here", file=sys.stderr)
        raise typer.Exit(130) from None
    if json_:
        print_json({**facts, "peak_pss_mb": round(memory.peak_bytes / 1024**2)})
    elif devices:
        say_devices(facts, Console(highlight=False, soft_wrap=True))


def _devices(settings: Settings, asked: Asked, say: Callable[[str], None]) -> dict[str, Any]:
    with connected(settings) as where:
        say(f"measuring on {where}")
        data, _ = rows_of(settings, cutoff_of(settings, asked.before))
        return benchmark_devices(data, settings, with_gpu=asked.with_gpu, say=say)


def _train(settings: Settings, asked: Asked, say: Callable[[str], None]) -> dict[str, Any]:
    stages, placements, known_before = Stages(), Placements(), cutoff_of(settings, asked.before)
    with connected(settings) as where:
        say(f"training on {where}")
        if asked.with_gpu:
            refuse_without_gpu()
        with stages.of("rows"):
            data, then = rows_of(settings, known_before)
        without = ", ".join(f"{count:,} {reason}" for reason, count in data.undecided.items())
        say(f"{len(data):,} setups with an outcome known before {known_before}; without one: {without or 'none'}")
        workers = ON_GPU if asked.with_gpu else _workers(asked, placements)
        config = config_sha256(settings.seed, known_before, rules_of(settings.risk).outcome, workers)
        scratch = settings.home / "search"
        models, busy = settings.home / "models", Busy()
        with stages.of("training"):
            if asked.with_gpu:
                terms = Terms(settings.seed, settings.gpu_wait_min * 60, asked.bounds, config)
                made = train_on_gpu(data, models, scratch, terms, say=say, then=then)
                trained, busy = made.trained, made.busy
            else:
                trained = train_ensemble(
                    data, models, scratch, seed=settings.seed, workers=workers, say=say, placements=placements,
                    bounds=asked.bounds, asked=config, room=Room(asked.machines), then=then,
                )  # fmt: skip
    with stages.of("registration"):
        kept = put_on_record(settings, trained, config, known_before)
    shutil.rmtree(scratch, ignore_errors=True)
    say(f"{kept.ensemble.ensemble_id} is {kept.role}: {kept.why}. See `inplay models show`, `inplay models promote`")
    return {**_facts(trained, kept, stages), "device": trained.device, "gpu_busy_share": busy.share}


def _workers(asked: Asked, placements: Placements) -> Workers:
    """Where the final fits run: each of the machines, or two actors on the head, one where it has one CPU."""
    if asked.machines:
        return Workers(actors=asked.machines, cpus=min(placements.crew(asked.machines)), machines=asked.machines)
    return Workers(actors=2 if head_cpus() >= 2 else 1)  # noqa: PLR2004


def _with_time_left(step: Callable[[str], None], bounds: Bounds) -> Callable[[str], None]:
    """Progress with what is left of the time that the search was given."""
    began_s = time.monotonic()

    def say(text: str) -> None:
        passed_s = time.monotonic() - began_s
        left = "" if bounds.time_s is None else f"; {max(0.0, bounds.time_s - passed_s) / 60:.1f} min left"
        step(text + (left if "trials done" in text else ""))

    return say


def _facts(trained: Trained, kept: OnRecord, stages: Stages) -> dict[str, Any]:
    return {
        "ensemble": kept.ensemble.ensemble_id,
        "role": kept.role,
        "why": kept.why,
        "known_before": kept.ensemble.known_before.isoformat(),
        "models": [
            {
                "id": model.model_id, "kind": model.kind, "params": model.params, **model.metrics,
            }
            for model in kept.models
        ],
        "out_of_sample": kept.ensemble.metrics,
        "rows": trained.rows,
        "data_sha256": trained.data_sha256,
        "sessions": [str(trained.first_session), str(trained.last_session)],
        "search": trained.search.summary(),
        "audit": kept.ensemble.metrics["audit"],
        "seconds": {**stages.seconds, "search": trained.search.seconds},
    }  # fmt: skip
