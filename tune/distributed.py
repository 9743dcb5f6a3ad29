"""The one place that knows xgboost-ray: a booster fitted by Ray actors, on CPUs or GPUs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trading.arrays import Floats, Matrix
from trading.errors import ModelError
from tune.estimators import booster_params

ON_HEAD = {"node:__internal_head__": 0.001}
"""Work on CPUs stays on the head: to an autoscaler it would be a reason to rent a machine."""


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

    With GPUs, each actor proves that it trains on one: XGBoost would train on the CPU without a word.

    Raises:
        ModelError: when training ended with fewer rounds than asked for, or an actor can't train, such as for want of
            a GPU.
    """
    from xgboost_ray import RayDMatrix, RayParams, train  # noqa: PLC0415  heavy

    from tune.cuda_check import CudaCheck  # noqa: PLC0415  imports xgboost

    device = "cuda" if workers.gpus else "cpu"
    resources = RayParams(
        num_actors=workers.actors,
        cpus_per_actor=workers.cpus,
        gpus_per_actor=workers.gpus,
        resources_per_actor=None if workers.gpus else ON_HEAD,
        max_actor_restarts=0 if workers.gpus else 2,  # a rented machine that went away isn't rented again in secret
        checkpoint_frequency=25,
    )
    try:
        booster = train(
            booster_params(params, objective, target, seed=seed, device=device),
            RayDMatrix(matrix, target),
            num_boost_round=params["rounds"],
            ray_params=resources,
            verbose_eval=False,
            callbacks=[CudaCheck()] if workers.gpus else [],
        )
    except RuntimeError as error:
        raise ModelError(f"Training ended without a model, and none was replaced: {_first_cause(error)}") from error
    if booster.num_boosted_rounds() != params["rounds"]:
        raise ModelError(f"training stopped after {booster.num_boosted_rounds()} of {params['rounds']} rounds")
    return booster


def _first_cause(error: BaseException) -> str:
    """What began it, in a line: xgboost-ray wraps the errors of its actors several times, Ray puts them in one text."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return next((line for line in lines if "XGBoostError: " in line), lines[-1])
