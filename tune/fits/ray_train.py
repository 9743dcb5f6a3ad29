"""The same fit by Ray Train's XGBoostTrainer: what xgboost-ray is measured against, and what would replace it.

xgboost-ray is used because its actors run in the placement group that a training names and takes back in every ending.
Ray Train makes groups of its own, so a training that is killed leaves nothing that we could find by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import ray

from trading.errors import ModelError
from tune.fits.distributed import Workers
from tune.fits.shards import TARGET, WEIGHT


class Kept:
    """An actor that holds the booster's bytes: Ray Train hands results over by a disk that all machines share."""

    def __init__(self) -> None:
        self._booster = b""

    def put(self, booster: bytes) -> None:
        """The booster is kept."""
        self._booster = booster

    def get(self) -> bytes:
        """The booster; empty before there is one."""
        return self._booster


def fit_by_ray_train(settings: dict[str, Any], rounds: int, shards: Sequence[Any], workers: Workers) -> Any:
    """A booster trained by `workers.actors` workers of Ray Train; each reads its own shards.

    Args:
        settings: as `tune.fits.estimators.booster_params` makes them.
        rounds: of boosting.
        shards: as `tune.fits.shards` hands them over, at least one a worker.
        workers: how many, and what each has.

    Raises:
        ModelError: when training didn't end with a booster.
    """
    from ray.train import RunConfig, ScalingConfig  # noqa: PLC0415  heavy
    from ray.train.xgboost import XGBoostTrainer  # noqa: PLC0415
    from xgboost import Booster  # noqa: PLC0415

    kept: Any = ray.remote(num_cpus=0)(Kept).remote()
    each = {"CPU": workers.cpus} | ({"GPU": workers.gpus} if workers.gpus else {})
    with TemporaryDirectory(prefix="inplay-ray-train-") as folder:
        trainer = XGBoostTrainer(
            _loop,
            train_loop_config={"settings": settings, "rounds": rounds, "shards": list(shards), "kept": kept},
            scaling_config=ScalingConfig(
                num_workers=workers.actors, use_gpu=workers.gpus > 0, resources_per_worker=each
            ),
            run_config=RunConfig(storage_path=folder, name="fit"),
        )
        trainer.fit()
    made = bytes(ray.get(kept.get.remote()))
    ray.kill(kept)
    if not made:
        raise ModelError("Ray Train ended without a booster. No model was made and none was replaced.")
    booster = Booster()
    booster.load_model(bytearray(made))
    booster.feature_names = booster.feature_types = None  # of the shards
    return booster


def _loop(config: dict[str, Any]) -> None:
    """In each worker, among which XGBoost's own messages go round."""
    import xgboost  # noqa: PLC0415
    from ray.train import get_context  # noqa: PLC0415

    context = get_context()
    rank, count = context.get_world_rank(), context.get_world_size()
    own = config["shards"][rank::count]
    frame = pd.concat([pd.read_parquet(one) if isinstance(one, str) else ray.get(one) for one in own])
    rows = xgboost.DMatrix(frame.drop(columns=[TARGET, WEIGHT]), frame[TARGET], weight=frame[WEIGHT])
    booster = xgboost.train(config["settings"], rows, num_boost_round=config["rounds"])
    if rank == 0:
        ray.get(config["kept"].put.remote(bytes(booster.save_raw("ubj"))))
