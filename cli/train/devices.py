"""`inplay train --benchmark-devices`: CPU against GPU on the rows on record."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import ray
from rich.console import Console
from rich.table import Table

from actors.gpus import RayGpus
from adapters.settings import Settings
from cli.train.on_ray import gpu
from trading.views.members.registry import MEMBERS
from tune.fits.device_benchmark import CPU, CUDA, ROWS, Fit, Row, measured
from tune.sets.splits import EMBARGO_SESSIONS, holdout
from tune.sets.training_set import TrainingSet

CPU_USD_PER_H = 24 / 672
"""A droplet of 24 USD a month; DigitalOcean bills 672 hours of a month at most."""
UNPROVEN = "there is no GPU here and no autoscaler that could rent one: what a GPU would take is not known"


def benchmark_devices(
    data: TrainingSet, settings: Settings, *, with_gpu: bool, say: Callable[[str], None], sizes: Sequence[int] = ROWS
) -> dict[str, Any]:
    """Each model on each number of rows, on all threads of this CPU and on a GPU where Ray has or can rent one.

    Raises:
        UnavailableError: when a GPU was asked for and there is none.
    """
    data = data.without_unknown(holdout(data, 0.25, EMBARGO_SESSIONS).train)
    threads = len(os.sched_getaffinity(0))
    rows: dict[tuple[str, int], Fit] = {}
    for size in sizes:
        fits = measured(
            data, MEMBERS, size, device=CPU, threads=threads, seed=settings.seed, usd_per_h=CPU_USD_PER_H
        )  # fmt: skip
        rows |= {(name, size): fit for name, fit in fits.items()}
        say(f"CPU, {size:,} rows: " + ", ".join(f"{name} {fit.seconds:.2f} s" for name, fit in fits.items()))
    beside: dict[tuple[str, int], Fit] = {}
    device = ""
    if with_gpu or RayGpus().obtainable():
        with gpu(settings.gpu_wait_min * 60) as device:
            beside = _on_gpu(data, settings, sizes)
    table = [Row(name, size, fit, beside.get((name, size))) for (name, size), fit in rows.items()]
    return {
        "cpu": {"threads": threads, "usd_per_h": CPU_USD_PER_H},
        "gpu": {"device": device or None, "usd_per_h": settings.gpu_usd_per_h},
        "break_even_speed_up": settings.gpu_usd_per_h / CPU_USD_PER_H,
        "rows_on_record": len(data),
        "fits": [row.to_dict() for row in table],
        "unproven": "" if device else UNPROVEN,
    }


def _on_gpu(data: TrainingSet, settings: Settings, sizes: Sequence[int]) -> dict[tuple[str, int], Fit]:
    """The same fits where the GPU is."""
    task: Any = ray.remote(num_cpus=1, num_gpus=1, max_retries=0)(measured)
    rows = ray.put(data)
    found = {
        size: ray.get(
            task.remote(
                rows, MEMBERS, size, device=CUDA, threads=1, seed=settings.seed, usd_per_h=settings.gpu_usd_per_h
            )
        )
        for size in sizes
    }
    return {(name, size): fit for size, fits in found.items() for name, fit in fits.items()}


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
