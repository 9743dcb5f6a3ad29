"""Search over the models' parameters: Ray Tune trials judged on purged walk-forward folds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ray import tune as ray_tune

from trading.errors import ModelError
from tune.distributed import ON_HEAD
from tune.estimators import fit_booster, fit_forest, log_loss
from tune.specs import SPECS, Kind, columns_of
from tune.splits import Split, walk_forward
from tune.training_set import TrainingSet

Floats = npt.NDArray[np.float64]
EMBARGO_SESSIONS = 1
FOLDS = 3


@dataclass(frozen=True)
class Winner:
    """The best parameters of one model and what they scored.

    Attributes:
        loss: mean over the folds: log loss, or squared error divided by the variance for the regressor.
        residual_std: of the regressor's fold predictions, as a fraction; 0 for classifiers.
        trials: how many parameter sets were compared, so that the reader can discount the best.
    """

    params: dict[str, Any]
    loss: float
    residual_std: float
    trials: int


def fold_predictions(kind: Kind, params: dict[str, Any], data: TrainingSet, split: Split, seed: int) -> Floats:
    """What a model of this kind, fitted on the fold's past, says of the fold's test rows."""
    columns = columns_of(kind, data)
    train, test = data.matrix[split.train][:, columns], data.matrix[split.test][:, columns]
    if kind == "pattern":
        return fit_forest(params, train, data.success[split.train], seed=seed, threads=1).probability(test)
    import xgboost  # noqa: PLC0415  heavy

    target = target_of(kind, data)
    booster = fit_booster(params, SPECS[kind].objective, train, target[split.train], seed=seed)
    raw = booster.predict(xgboost.DMatrix(test)).astype(np.float64)
    return np.asarray(raw if kind == "catalyst" else raw * TARGET_SCALE)


TARGET_SCALE = 0.01
"""The regressor predicts net returns in per cent, so that XGBoost's regularisation meets numbers near one."""


def target_of(kind: Kind, data: TrainingSet) -> Floats:
    """What a booster of this kind predicts, in its own unit."""
    return data.net_return / TARGET_SCALE if kind == "outcome" else data.success


def trial(config: dict[str, Any], data: TrainingSet, folds: int) -> dict[str, float]:
    """One Tune trial: the mean loss of one parameter set over the folds."""
    kind: Kind = config["spec"]["kind"]
    losses, residuals = [], []
    for split in walk_forward(data, folds, EMBARGO_SESSIONS):
        predicted = fold_predictions(kind, config["spec"]["params"], data, split, config["seed"])
        if kind == "outcome":
            residual = data.net_return[split.test] - predicted
            losses.append(float(np.mean(residual**2) / np.var(data.net_return[split.test])))
            residuals.append(residual)
        else:
            losses.append(log_loss(predicted, data.success[split.test]))
    spread = float(np.std(np.concatenate(residuals))) if residuals else 0.0
    return {"loss": float(np.mean(losses)), "residual_std": spread}


def search(data: TrainingSet, storage: Path, *, seed: int, folds: int = FOLDS) -> dict[Kind, Winner]:
    """The best parameters per model. Trials run in parallel; the result doesn't depend on which ends first.

    Raises:
        ModelError: when a trial fails, with its error.
    """
    specs = [{"kind": spec.kind, "params": params} for spec in SPECS.values() for params in spec.grid]
    tuner = ray_tune.Tuner(
        ray_tune.with_resources(
            ray_tune.with_parameters(trial, data=data, folds=folds),
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
    return {kind: _best(kind, scored) for kind in SPECS}


def _key(spec: dict[str, Any]) -> str:
    return json.dumps(spec, sort_keys=True)


def _best(kind: Kind, scored: dict[str, dict[str, float]]) -> Winner:
    grid = SPECS[kind].grid
    metrics = [scored[_key({"kind": kind, "params": params})] for params in grid]
    best = min(range(len(grid)), key=lambda i: (metrics[i]["loss"], i))
    return Winner(grid[best], metrics[best]["loss"], metrics[best]["residual_std"], len(grid))
