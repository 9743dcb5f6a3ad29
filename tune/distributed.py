"""The one place that knows xgboost-ray: a booster fitted by Ray actors, on CPUs or GPUs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trading.errors import ModelError
from tune.estimators import booster_params
from tune.training_set import Matrix

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Workers:
    """What a distributed fit runs on.

    Attributes:
        actors: training actors, each with a share of the rows.
        cpus: per actor.
        gpus: per actor; above zero the booster trains with CUDA.
    """

    actors: int = 2
    cpus: int = 1
    gpus: int = 0


def fit_distributed(
    params: dict[str, Any], objective: str, matrix: Matrix, target: Floats, *, seed: int, workers: Workers
) -> Any:
    """A booster trained by `workers.actors` actors; a killed actor is restarted from the last checkpoint.

    Raises:
        ModelError: when training ended with fewer rounds than asked for.
    """
    from xgboost_ray import RayDMatrix, RayParams, train  # noqa: PLC0415  heavy

    device = "cuda" if workers.gpus else "cpu"
    booster = train(
        booster_params(params, objective, target, seed=seed, device=device),
        RayDMatrix(matrix, target),
        num_boost_round=params["rounds"],
        ray_params=RayParams(
            num_actors=workers.actors,
            cpus_per_actor=workers.cpus,
            gpus_per_actor=workers.gpus,
            max_actor_restarts=2,
            checkpoint_frequency=25,
        ),
        verbose_eval=False,
    )
    if booster.num_boosted_rounds() != params["rounds"]:
        raise ModelError(f"training stopped after {booster.num_boosted_rounds()} of {params['rounds']} rounds")
    return booster
