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
from tune.fits.estimators import FITTERS, log_loss, refuse_one_class
from tune.on_ray.causes import cause_of, told_in_words
from tune.on_ray.placements import ON_HEAD, Placements
from tune.search.trial_groups import Starvation, TrialGroups
from tune.sets.splits import EMBARGO_SESSIONS, Split, walk_forward
from tune.sets.training_set import TARGET_SCALE, TrainingSet, bound_ways, columns_of, target_of

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
    params = bound_ways(member, data.left_out, params)
    fitted = FITTERS[member.estimator](
        params, member.objective, train, target[split.train], seed, weight=data.weight[split.train]
    )
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


def search(
    data: TrainingSet, storage: Path, members: Members, *, seed: int, folds: int = FOLDS,
    placements: Placements | None = None,
) -> dict[str, Winner]:  # fmt: skip
    """The best parameters by member. Trials run in parallel; the result doesn't depend on which ends first.

    However it ends, nothing on Ray is reserved for it afterwards.

    Raises:
        ModelError: when a fold can't tell parameters apart, when there was no room for trials in time, or when one
            fails, with its error.
    """
    refuse_folds(data, folds, members)
    specs = [{"kind": member.name, "params": params} for member in members for params in member.grid]
    placements = placements or Placements()
    one = {"CPU": 1.0, **ON_HEAD}
    placements.require([one])
    starvation = Starvation(placements)
    tuner = ray_tune.Tuner(
        ray_tune.with_resources(
            ray_tune.with_parameters(trial, data=data, folds=folds, members=members), TrialGroups(placements, one)
        ),
        param_space={"spec": ray_tune.grid_search(specs), "seed": seed},
        tune_config=ray_tune.TuneConfig(metric="loss", mode="min", reuse_actors=True),
        run_config=ray_tune.RunConfig(storage_path=str(storage), name="search", verbose=0, stop=starvation),
    )
    results = _fitted(tuner, placements)
    if results.errors:
        raise ModelError(f"A search trial failed: {cause_of(results.errors[0])}. No model was replaced.")
    scored = {_key(result.config["spec"]): result.metrics for result in results if result.config}  # none that never ran
    missing = [spec for spec in specs if not np.isfinite(scored.get(_key(spec), {}).get("loss", np.nan))]
    if missing:
        why = f"no trial had a CPU for {placements.wait_s:g} s" if starvation.ended else "they ended without one"
        raise ModelError(f"{len(missing)} of {len(specs)} search trials reported no loss: {why}. None was replaced.")
    return {member.name: _best(member, scored) for member in members}


def refuse_folds(data: TrainingSet, folds: int, members: Members) -> None:
    """Every fold has something to learn from and something to be judged by.

    Raises:
        ModelError: when the outcomes before a fold are all alike, or returns in it are.
    """
    for number, split in enumerate(walk_forward(data, folds, EMBARGO_SESSIONS), start=1):
        try:
            for member in members:
                refuse_one_class(member.objective, target_of(member, data)[split.train])
        except ModelError as error:
            raise ModelError(f"fold {number} of {folds}: {error}") from None
        returns = data.net_return[split.test]
        if returns.max() == returns.min():  # a variance of equal numbers needn't be zero
            raise ModelError(
                f"fold {number} of {folds}: all {len(returns):,} returns to judge by are {returns[0]:.4f}. No model "
                "was made; collect more sessions first"
            )


def _fitted(tuner: Any, placements: Placements) -> Any:
    try:
        with told_in_words():
            return tuner.fit()
    finally:
        placements.remove()


def _key(spec: dict[str, Any]) -> str:
    return json.dumps(spec, sort_keys=True)


def _best(member: Member, scored: dict[str, dict[str, float]]) -> Winner:
    grid = member.grid
    metrics = [scored[_key({"kind": member.name, "params": params})] for params in grid]
    best = min(range(len(grid)), key=lambda i: (metrics[i]["loss"], i))
    return Winner(grid[best], metrics[best]["loss"], metrics[best]["residual_std"], len(grid))
