"""A booster by two actors of xgboost-ray, by two workers of Ray Train, and by plain XGBoost on two threads."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from benchmarks.measure import Table, timed
from trading.arrays import Floats, Matrix

SIZES = tuple(int(rows) for rows in os.environ.get("FIT_ROWS", "40000,400000").split(","))
COLUMNS = 102
PARAMS = {"rounds": 100, "max_depth": 4, "eta": 0.05}
OBJECTIVE = "binary:logistic"
SEED = 7
REPEATS = 2
UNSEEN = 20_000
CLOSE = 0.002


def run() -> Table:
    """Each size by each contender; their log losses on unseen rows are within 0.002 of each other."""
    import ray  # noqa: PLC0415  heavy

    table = Table(
        "distributed_fits", f"100 rounds on {COLUMNS} columns; the last column is the time beside plain XGBoost's",
        notes=["Ray is up; the start of actors or workers, and the way of the rows to them, are counted."],
    )  # fmt: skip
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    try:
        for rows in SIZES:
            _add(table, rows)
    finally:
        ray.shutdown()
    return table


def _add(table: Table, rows: int) -> None:
    from xgboost import DMatrix  # noqa: PLC0415

    from tune.fits.estimators import log_loss  # noqa: PLC0415

    matrix, target = _planted(rows + UNSEEN)
    unseen, wanted = DMatrix(matrix[rows:]), target[rows:]
    contenders = {"XGBoost on two threads": _plain, "xgboost-ray": _xgboost_ray, "Ray Train": _ray_train}
    base = losses = None
    for name, fit in contenders.items():
        made: list[Any] = []
        taken = timed(lambda fit=fit, made=made: made.append(fit(matrix[:rows], target[:rows])), repeats=REPEATS)  # type: ignore[misc]
        loss = log_loss(made[-1].predict(unseen), wanted)
        base, losses = base or taken.median_s, losses or loss
        if abs(loss - losses) > CLOSE:
            raise AssertionError(f"{name} has a log loss of {loss}, plain XGBoost {losses}: they did other work")
        table.add(f"{rows:,} rows, {name}", taken, log_loss=loss, of_plain=taken.median_s / base)


def _planted(rows: int) -> tuple[Matrix, Floats]:
    """Success depends weakly on one column."""
    rng = np.random.default_rng(SEED)
    matrix = rng.normal(size=(rows, COLUMNS)).astype(np.float32)
    chance = 1 / (1 + np.exp(-0.5 * matrix[:, 0]))
    return matrix, (rng.random(rows) < chance).astype(np.float64)


def _settings(target: Floats, threads: int) -> dict[str, Any]:
    from tune.fits.estimators import booster_params  # noqa: PLC0415

    told = booster_params(PARAMS, OBJECTIVE, target, seed=SEED, device="cpu", weight=None)
    return told | {"nthread": threads}


def _plain(matrix: Matrix, target: Floats) -> Any:
    import xgboost  # noqa: PLC0415

    rows = xgboost.DMatrix(matrix, target)
    return xgboost.train(_settings(target, 2), rows, num_boost_round=int(PARAMS["rounds"]))


def _xgboost_ray(matrix: Matrix, target: Floats) -> Any:
    from tune.fits.distributed import Workers, fit_distributed  # noqa: PLC0415

    return fit_distributed(PARAMS, OBJECTIVE, matrix, target, seed=SEED, workers=Workers(actors=2))


def _ray_train(matrix: Matrix, target: Floats) -> Any:
    from tune.fits.distributed import Workers  # noqa: PLC0415
    from tune.fits.ray_train import fit_by_ray_train  # noqa: PLC0415
    from tune.fits.shards import on_disk  # noqa: PLC0415

    with on_disk(matrix, target, None, 2, columns=range(COLUMNS)) as shards:
        return fit_by_ray_train(_settings(target, 1), int(PARAMS["rounds"]), shards, Workers(actors=2))
