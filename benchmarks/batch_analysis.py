"""Batch analysis of Parquet files of patterns: pandas against Modin, on one Ray and on a cluster of three machines."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import Table, Timing, same, timed
from tune.pattern_table import Engine, Rates, success_rates_of_files

FILES = 8
KINDS = 75
SIZES = tuple(int(rows) for rows in os.environ.get("BATCH_ROWS", "1000000,5000000,20000000").split(","))
REPEATS = 3
SEED = 7
SUCCESS = 0.45
CONTENDERS: dict[str, tuple[int, ...]] = {
    "pandas": (),
    "Modin, one machine of two processors": (2,),
    "Modin, three machines of one processor each": (1, 1, 1),
}
"""With the processors of each machine of Ray."""


def run() -> Table:
    """Each size by each contender; all sum the same files to the same counts."""
    table = Table(
        "batch_analysis",
        f"`inplay patterns rates` on {FILES} Parquet files: read, grouped by pattern and direction, averaged",
        notes=["Ray and Modin are up and warm. The three machines are on this one, so they share its processors."],
    )
    with tempfile.TemporaryDirectory() as home:
        made = {rows: _files(Path(home) / str(rows), rows) for rows in SIZES}
        taken = {name: _alone(machines, made) for name, machines in CONTENDERS.items()}
    for rows in SIZES:
        for name in CONTENDERS:
            timing = taken[name][rows]
            table.add(f"{rows:,} rows, {name}", timing, of_pandas=timing.median_s / taken["pandas"][rows].median_s)
    return table


def _alone(machines: tuple[int, ...], made: dict[int, list[Path]]) -> dict[int, Timing]:
    """The contender in a process of its own: Modin doesn't outlive the Ray that it began with."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_timings, machines, made).result()


def _timings(machines: tuple[int, ...], made: dict[int, list[Path]]) -> dict[int, Timing]:
    if not machines:
        return {rows: _timing(files, "pandas") for rows, files in made.items()}
    with _ray(machines):
        return {rows: _timing(files, "modin") for rows, files in made.items()}


def _timing(files: list[Path], engine: Engine) -> Timing:
    said: list[Rates] = []
    taken = timed(lambda: said.append(success_rates_of_files(files, engine=engine)), repeats=REPEATS)
    same(int(said[-1].table["recorded"].sum()), said[-1].rows, "rows")
    return taken


def _files(folder: Path, rows: int) -> list[Path]:
    folder.mkdir()
    rng = np.random.default_rng(SEED)
    names = pa.array([f"pattern_{kind}" for kind in range(KINDS)])
    found = []
    for number in range(FILES):
        n = rows // FILES
        file = folder / f"{number}.parquet"
        values = {name: pa.array(rng.normal(size=n)) for name in ("outcome_return", "max_gain", "max_loss")}
        told = {
            "pattern_type": names.take(pa.array(rng.integers(0, KINDS, n))),
            "direction": pa.array(rng.choice([-1, 1], n).astype(np.int16)),
            "pattern_success": pa.array(rng.random(n) < SUCCESS),
            "optimal_hold_time": pa.array(rng.integers(1, 6, n).astype(np.int32)),
        }
        pq.write_table(pa.table({**told, **values}), file)
        found.append(file)
    return found


@contextmanager
def _ray(machines: tuple[int, ...]) -> Iterator[None]:
    import ray  # noqa: PLC0415  heavy
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    first, *others = machines
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": first, "num_gpus": 0, "include_dashboard": False})
    for processors in others:
        made.add_node(num_cpus=processors, num_gpus=0)
    ray.init(address=made.address, log_to_driver=False, logging_level="error")
    try:
        yield
    finally:
        ray.shutdown()
        made.shutdown()
