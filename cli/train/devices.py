"""`inplay train --benchmark-devices`: CPU against GPU on the rows on record."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
from rich.console import Console
from rich.table import Table

from actors.gpus import RayGpus
from adapters.settings import Settings
from cli.train.on_ray import refuse_without_gpu
from trading.errors import UnavailableError
from trading.views.members.registry import MEMBERS
from tune.fits.device_benchmark import CPU, CUDA, ROWS, Fit, Row, measured
from tune.on_ray.causes import told_in_words
from tune.sets.splits import EMBARGO_SESSIONS, holdout
from tune.sets.training_set import TrainingSet

CPU_USD_PER_H = 24 / 672
"""A droplet of 24 USD a month; DigitalOcean bills 672 hours of a month at most."""
NONE_CAME = "no GPU came in time: what one would take is not known"
UNPROVEN = "there is no GPU here and no autoscaler that could rent one: what a GPU would take is not known"


def benchmark_devices(
    data: TrainingSet, settings: Settings, *, with_gpu: bool, say: Callable[[str], None], sizes: Sequence[int] = ROWS
) -> dict[str, Any]:
    """Each model on each number of rows, on all threads of this CPU and on a GPU where Ray has or can rent one.

    Each number's figures are said as soon as they are there. Fits run in processes of Ray's, so that a signal ends this
    one at any time, and them with it.

    Raises:
        UnavailableError: when a GPU was asked for and there is none.
    """
    data = data.without_unknown(holdout(data, 0.25, EMBARGO_SESSIONS).train)
    threads, gpus = len(os.sched_getaffinity(0)), RayGpus()
    obtainable = gpus.obtainable()
    if with_gpu:
        refuse_without_gpu()
    say(f"CPU with {threads} threads" + ("; then the GPU" if obtainable else f". Unproven: {UNPROVEN}"))
    rows = [ray.put(data)]
    told = _Told(settings.seed, say)
    on_cpu = told.measured(_here(), rows, sizes, On(CPU, threads, CPU_USD_PER_H))
    on_gpu: dict[tuple[str, int], Fit] = {}
    device = gpus.prove(settings.gpu_wait_min * 60) if obtainable else None
    if device is not None:
        task: Any = ray.remote(num_cpus=1, num_gpus=1, max_retries=0)(_measured)
        on_gpu = told.measured(task, rows, sizes, On(CUDA, 1, settings.gpu_usd_per_h))
    elif with_gpu:
        raise UnavailableError(f"No GPU came within {settings.gpu_wait_min:.0f} min, so only the CPU was measured.")
    table = [Row(name, size, fit, on_gpu.get((name, size))) for (name, size), fit in on_cpu.items()]
    return {
        "cpu": {"threads": threads, "usd_per_h": CPU_USD_PER_H},
        "gpu": {"device": device, "usd_per_h": settings.gpu_usd_per_h},
        "break_even_speed_up": settings.gpu_usd_per_h / CPU_USD_PER_H,
        "rows_on_record": len(data),
        "fits": [row.to_dict() for row in table],
        "unproven": "" if device else UNPROVEN if not obtainable else NONE_CAME,
    }


@dataclass(frozen=True)
class On:
    """What is measured on: XGBoost's device, threads, and the machine's price."""

    device: str
    threads: int
    usd_per_h: float


@dataclass(frozen=True)
class _Told:
    """Fits, each number of rows told at once."""

    seed: int
    say: Callable[[str], None]

    def measured(self, task: Any, rows: list[Any], sizes: Sequence[int], on: On) -> dict[tuple[str, int], Fit]:
        """The fits by model and number of rows."""
        found: dict[tuple[str, int], Fit] = {}
        for size in sizes:
            with told_in_words():
                fits: dict[str, Fit] = ray.get(task.remote(rows, size, self.seed, on))
            found |= {(name, size): fit for name, fit in fits.items()}
            each = [f"{name} {fit.seconds:.2f} s, loss {fit.loss:.5f}, {fit.usd:.6f} USD" for name, fit in fits.items()]
            self.say(f"{on.device}, {size:,} rows: " + "; ".join(each))
        return found


def _here() -> Any:
    """The task in a process on this machine, beside whatever has its CPUs."""
    node = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=node)(_measured)


def _measured(rows: list[Any], size: int, seed: int, on: On) -> dict[str, Fit]:
    data = ray.get(rows[0])
    return measured(data, MEMBERS, size, device=on.device, threads=on.threads, seed=seed, usd_per_h=on.usd_per_h)


def say_devices(facts: dict[str, Any], console: Console) -> None:
    """The facts as a table."""
    device = facts["gpu"]["device"] or "GPU"
    table = Table("model", "rows", f"CPU, {facts['cpu']['threads']} threads", device, "faster", "loss", "pays")
    for fit in facts["fits"]:
        on_gpu = fit["gpu"]
        table.add_row(
            fit["model"], f"{fit['rows']:,}", f"{fit['cpu']['seconds']:.2f} s, {fit['cpu']['usd']:.6f} USD",
            f"{on_gpu['seconds']:.2f} s, {on_gpu['usd']:.6f} USD" if on_gpu else "-",
            f"{fit['speed_up']:.1f} x" if on_gpu else "-", f"{fit['loss_difference']:+.5f}" if on_gpu else "-",
            {None: "not known", True: "yes", False: "no"}[fit["pays"]],
        )  # fmt: skip
    console.print(table)
    console.print(f"A GPU pays in money where it is {facts['break_even_speed_up']:.0f} times as fast.")
    if facts["unproven"]:
        console.print(f"Unproven: {facts['unproven']}.")
