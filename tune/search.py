"""Search over the models' parameters: Ray Tune trials judged on purged walk-forward folds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ray import tune as ray_tune

from trading.arrays import Floats
from trading.errors import ModelError
from trading.views.members.member import Member, Members
from tune.distributed import ON_HEAD
from tune.estimators import FITTERS, log_loss
from tune.splits import Split, walk_forward
from tune.training_set import TARGET_SCALE, TrainingSet, columns_of, target_of

EMBARGO_SESSIONS = 1
FOLDS = 3


@dataclass(frozen=True)
class Winner:
    """The best parameters of one model and what they scored.

    Attributes:
        loss: mean over the folds: log loss, or squared error divided by the variance for the regressor.
        residual_std: of a predicted return on the folds, as a fraction; 0 for a probability.
        trials: how many parameter sets were compared, so that the reader can discount the best.
    """

    params: dict[str, Any]
    loss: float
    residual_std: float
    trials: int


def fold_predictions(member: Member, params: dict[str, Any], data: TrainingSet, split: Split, seed: int) -> Floats:
    """What a member fitted on the fold's past says of its test rows: a probability, or a return as a fraction."""
    columns, target = columns_of(member, data), target_of(member, data)
    train, test = data.matrix[split.train][:, columns], data.matrix[split.test][:, columns]
    fitted = FITTERS[member.estimator](params, member.objective, train, target[split.train], seed)
    return fitted(test) if member.predicts == "success" else fitted(test) * TARGET_SCALE


def trial(config: dict[str, Any], data: TrainingSet, folds: int, members: Members) -> dict[str, float]:
    """One Tune trial: the mean loss of one parameter set over the folds."""
    member = next(one for one in members if one.name == config["spec"]["kind"])
    losses, residuals = [], []
    for split in walk_forward(data, folds, EMBARGO_SESSIONS):
        predicted = fold_predictions(member, config["spec"]["params"], data, split, config["seed"])
        if member.predicts == "net_return":
            residual = data.net_return[split.test] - predicted
            losses.append(float(np.mean(residual**2) / np.var(data.net_return[split.test])))
            residuals.append(residual)
        else:
            losses.append(log_loss(predicted, data.success[split.test]))
    spread = float(np.std(np.concatenate(residuals))) if residuals else 0.0
    return {"loss": float(np.mean(losses)), "residual_std": spread}


def search(data: TrainingSet, storage: Path, members: Members, *, seed: int, folds: int = FOLDS) -> dict[str, Winner]:
    """The best parameters by member. Trials run in parallel; the result doesn't depend on which ends first.

    Raises:
        ModelError: when a trial fails, with its error.
    """
    specs = [{"kind": member.name, "params": params} for member in members for params in member.grid]
    tuner = ray_tune.Tuner(
        ray_tune.with_resources(
            ray_tune.with_parameters(trial, data=data, folds=folds, members=members),
            ray_tune.PlacementGroupFactory([{"CPU": 1.0, **ON_HEAD}]),
        ),
        param_space={"spec": ray_tune.grid_search(specs), "seed": seed},
        tune_config=ray_tune.TuneConfig(metric="loss", mode="min", reuse_actors=True),
        run_config=ray_tune.RunConfig(storage_path=str(storage), name="search", verbose=0),
    )
    results = tuner.fit()
    if results.errors:
        raise ModelError(f"a search trial failed: {results.errors[0]}")
    scored = {_key(result.config["spec"]): result.metrics for result in results}
    missing = [spec for spec in specs if "loss" not in scored.get(_key(spec), {})]
    if missing:
        raise ModelError(f"search trials reported no loss: {missing}")
    return {member.name: _best(member, scored) for member in members}


def _key(spec: dict[str, Any]) -> str:
    return json.dumps(spec, sort_keys=True)


def _best(member: Member, scored: dict[str, dict[str, float]]) -> Winner:
    grid = member.grid
    metrics = [scored[_key({"kind": member.name, "params": params})] for params in grid]
    best = min(range(len(grid)), key=lambda i: (metrics[i]["loss"], i))
    return Winner(grid[best], metrics[best]["loss"], metrics[best]["residual_std"], len(grid))
