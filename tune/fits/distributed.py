"""The one place that knows xgboost-ray: a booster fitted by Ray actors, on CPUs or GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trading.arrays import Floats, Matrix
from trading.errors import ModelError
from tune.fits.estimators import booster_params, refuse_one_class, xgboost_words
from tune.fits.shards import TARGET, WEIGHT, as_source, in_ray, on_disk
from tune.on_ray.causes import told_in_words
from tune.on_ray.placements import ON_HEAD, Placements, Say, print_nothing


@dataclass(frozen=True)
class Workers:
    """What a distributed fit runs on.

    Attributes:
        actors: training actors, each with a share of the rows.
        cpus: per actor.
        gpus: per actor; above zero the booster trains with CUDA.
        machines: beside the head that the actors are spread over; 0 = all are on the head.
    """

    actors: int = 2
    cpus: int = 1
    gpus: int = 0
    machines: int = 0

    @property
    def on_cpus(self) -> str:
        """Whose CPUs these are, in words: those of the head, or of so many machines."""
        return f"cpu of {self.machines} machines" if self.machines else "cpu"

    def facts(self) -> dict[str, int]:
        """What a booster depends on: how rows are divided, and the kind of device. Threads and machines change none."""
        return {"actors": self.actors, "gpus": self.gpus}


ON_GPU = Workers(actors=1, cpus=1, gpus=1)
"""What a training on one GPU is made by."""


def fit_distributed(
    params: dict[str, Any], objective: str, matrix: Matrix, target: Floats, *, seed: int, workers: Workers,
    placements: Placements | None = None, weight: Floats | None = None, columns: Sequence[int] | None = None,
    say: Say = print_nothing,
) -> Any:  # fmt: skip
    """A booster, or a forest by XGBoost, trained by `workers.actors` actors.

    A killed actor is restarted from the last checkpoint.

    With GPUs, each actor proves that it trains on one: XGBoost would train on the CPU without a word. However it ends,
    nothing on Ray is reserved for it afterwards.

    Args:
        params: of the booster with `rounds`, or of the forest.
        objective: XGBoost's name of it, or `FOREST`.
        matrix: one row a setup; what isn't finite counts as unknown.
        target: what is predicted, shape `(n,)`.
        seed: of the booster.
        workers: that train.
        placements: of the training that this fit is part of.
        weight: of each row; all alike if None.
        columns: of the matrix that the booster learns from, so that no second matrix is made of them; all if None.
        say: told when a machine is lost in mid-fit.

    Raises:
        ModelError: when training ended with fewer rounds than asked for, when there was no room for it in time, when
            an actor can't train, such as for want of a GPU, or its machine went away.
    """
    refuse_one_class(objective, target)
    columns = range(matrix.shape[1]) if columns is None else columns
    params = xgboost_words(params, objective, len(columns))
    device = "cuda" if workers.gpus else "cpu"
    settings = booster_params(params, objective, target, seed=seed, device=device, weight=weight)
    settings["nthread"] = max(1, workers.cpus)
    elsewhere = workers.machines > 0 and not workers.gpus
    each = {"CPU": float(workers.cpus)}
    each |= {"GPU": float(workers.gpus)} if workers.gpus else {} if elsewhere else ON_HEAD
    handed = in_ray if workers.gpus or elsewhere else on_disk
    with handed(matrix, target, weight, workers.actors, columns=columns) as shards:
        booster = (placements or Placements()).run(
            _fit,
            settings,
            params["rounds"],
            shards,
            workers,
            bundles=[each] * workers.actors,
            elsewhere=elsewhere,
            say=say,
        )
    booster.feature_names = booster.feature_types = None  # of the shards; ours stand on the card
    if booster.num_boosted_rounds() != params["rounds"]:
        raise ModelError(f"training stopped after {booster.num_boosted_rounds()} of {params['rounds']} rounds")
    return booster


def _fit(settings: dict[str, Any], rounds: int, shards: list[Any], workers: Workers) -> Any:
    """In a process inside the placement group, so that xgboost-ray makes no group of its own, which it would leave."""
    from xgboost_ray import RayDMatrix, RayParams, train  # noqa: PLC0415  heavy

    from tune.fits.cuda_check import CudaCheck  # noqa: PLC0415  imports xgboost

    resources = RayParams(
        num_actors=workers.actors,
        cpus_per_actor=workers.cpus,
        gpus_per_actor=workers.gpus,
        resources_per_actor=None if workers.gpus or workers.machines else ON_HEAD,
        max_actor_restarts=0 if workers.gpus else 2,  # a rented machine that went away isn't rented again in secret
        checkpoint_frequency=25,
    )
    source, kind = as_source(shards)
    with told_in_words():  # here, where xgboost-ray's chain of causes is still whole
        return train(
            settings,
            RayDMatrix(source, TARGET, weight=WEIGHT, filetype=kind, distributed=True),
            num_boost_round=rounds,
            ray_params=resources,
            verbose_eval=False,
            callbacks=[CudaCheck()] if workers.gpus else [],
        )
