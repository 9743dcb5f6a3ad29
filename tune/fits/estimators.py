"""Fitting and scoring the two kinds of estimators, the same way in a search trial and in the final fit."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from trading.arrays import Floats, Matrix
from trading.errors import ModelError
from trading.views.members.member import FOREST, Estimator
from tune.fits.device import CUDA, device_of, refuse_cpu
from tune.fits.xgboost_forest import as_probability, in_xgboosts_words

LEAST_SHARE = 1e-6
"""A share of successes is kept so far from 0 and 1: XGBoost reads it in single precision and refuses both ends."""


def refuse_one_class(objective: str, target: Floats) -> None:
    """A classifier's target has successes and failures.

    Raises:
        ModelError: when it hasn't: nothing can be told apart, and a probability of 0 or 1 would not be honest.
    """
    if not objective.startswith("binary:") or len(np.unique(target)) > 1:
        return
    if len(target) == 0:
        raise ModelError("there is no outcome to learn from. No model was made; collect more sessions first")
    ended = "succeeded" if target[0] > 0 else "failed"
    raise ModelError(
        f"all {len(target):,} outcomes to learn from {ended}, so there is nothing to tell apart. No model was made; "
        "collect more sessions first"
    )


def medians_of(matrix: Matrix) -> Matrix:
    """Each column's median of the known values, 0 for a column without any: what a missing value becomes in the forest.

    The forest gets an explicit value and, so that it can tell, one column per incomplete feature that says whether the
    value was missing. A scikit-learn forest that learned NaN itself exports to ONNX without an error and then scores
    rows with missing values wrongly.
    """
    out = np.zeros(matrix.shape[1], dtype=np.float32)
    for column in range(matrix.shape[1]):
        known = matrix[:, column][np.isfinite(matrix[:, column])]
        out[column] = np.median(known) if len(known) else 0.0
    return out


def forest_input(matrix: Matrix, medians: Matrix, flagged: npt.NDArray[np.int64]) -> Matrix:
    """The matrix without NaN: medians in their place, and one column of 0/1 per flagged feature appended."""
    missing = ~np.isfinite(matrix)
    filled = np.where(missing, medians, matrix).astype(np.float32)
    return np.hstack([filled, missing[:, flagged].astype(np.float32)])


@dataclass(frozen=True)
class Forest:
    """A fitted scikit-learn forest with the values it needs for missing inputs."""

    model: Any
    medians: Matrix
    flagged: npt.NDArray[np.int64]

    def probability(self, matrix: Matrix) -> Floats:
        """Probability of success per row."""
        return np.asarray(self.model.predict_proba(forest_input(matrix, self.medians, self.flagged))[:, 1])


def fit_forest(
    params: dict[str, Any], matrix: Matrix, success: Floats, *, seed: int, threads: int, weight: Floats | None = None
) -> Forest:
    """A random forest on the setups, each as heavy as its weight; all alike if None.

    Raises:
        ModelError: when all of them succeeded, or all failed.
    """
    refuse_one_class("binary:forest", success)
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415  heavy, and not every actor needs it

    medians = medians_of(matrix)
    flagged = np.flatnonzero(~np.isfinite(matrix).all(axis=0))
    model = RandomForestClassifier(
        n_estimators=params["trees"],
        max_depth=params["max_depth"],
        min_samples_leaf=params["min_samples_leaf"],
        max_features=params["max_features"],
        max_samples=max(1, len(success) // 2),
        n_jobs=threads,
        random_state=seed,
    )
    model.fit(forest_input(matrix, medians, flagged), success.astype(np.int64), sample_weight=weight)
    return Forest(model, medians, flagged)


def threads_here() -> int:
    """How many threads a fit in this process may use: what Ray granted its worker, else every processor.

    A booster has the same bits whatever their number.
    """
    granted = os.environ.get("OMP_NUM_THREADS", "")
    return int(granted) if granted.isdigit() and int(granted) else os.cpu_count() or 1


def booster_params(
    params: dict[str, Any], objective: str, target: Floats, *, seed: int, device: str, weight: Floats | None = None,
    threads: int = 1,
) -> dict[str, Any]:  # fmt: skip
    """XGBoost's parameters of a specification; `rounds` is not one of them.

    It starts from the target's mean, weighted as the rows are.

    Raises:
        ModelError: when the target's mean isn't a number.
    """
    tuned = {name: value for name, value in params.items() if name != "rounds"}
    start = float(np.average(target, weights=weight)) if len(target) else math.nan
    if not math.isfinite(start):
        raise ModelError(f"{len(target):,} outcomes have no mean to start from. No model was made; check the data")
    of_share = objective.startswith("binary:")
    tuned["base_score"] = min(max(start, LEAST_SHARE), 1 - LEAST_SHARE) if of_share else start
    minimised = "reg:squarederror" if objective == FOREST else objective
    made = {"objective": minimised, "tree_method": "hist", "device": device, "seed": seed, "nthread": threads}
    return {**tuned, **made}


def xgboost_words(params: dict[str, Any], objective: str, columns: int) -> dict[str, Any]:
    """The parameters as XGBoost and `rounds` name them; see `tune.fits.xgboost_forest`."""
    return in_xgboosts_words(params, columns) if objective == FOREST else params


def fit_booster(
    params: dict[str, Any], objective: str, matrix: Matrix, target: Floats, *, seed: int, weight: Floats | None = None,
    device: str = "cpu", columns: Sequence[int] | None = None,
) -> Any:  # fmt: skip
    """A booster, or a forest by XGBoost, fitted in this process with all its threads, on some columns or on all.

    Raises:
        ModelError: when a classifier's outcomes are all alike.
    """
    import xgboost  # noqa: PLC0415  heavy

    from tune.fits.matrices import MAX_BIN, training_matrix  # noqa: PLC0415  imports xgboost

    refuse_one_class(objective, target)
    params = xgboost_words(params, objective, matrix.shape[1] if columns is None else len(columns))
    data = training_matrix(matrix, target, weight, max_bin=params.get("max_bin", MAX_BIN), columns=columns)
    settings = booster_params(
        params, objective, target, seed=seed, device=device, weight=weight, threads=threads_here()
    )
    booster = xgboost.train(settings, data, num_boost_round=params["rounds"])
    if device == CUDA:
        refuse_cpu(device_of(booster))
        booster.set_param({"device": "cpu"})  # rows to be scored are in the machine's memory
    return booster


def log_loss(probability: Floats, success: Floats) -> float:
    """Mean negative log likelihood, probabilities kept 1e-6 away from 0 and 1."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    return float(-np.mean(np.where(success > 0, np.log(p), np.log(1 - p))))


Predict = Callable[[Matrix], Floats]
"""What a fitted estimator says of rows, in the unit of its target."""


class Fitter(Protocol):
    """Fits one kind of estimator for a search trial, on one core."""

    def __call__(
        self, params: dict[str, Any], objective: str, matrix: Matrix, target: Floats, seed: int, /, *,
        weight: Floats | None = None, device: str = "cpu",
    ) -> Predict:  # fmt: skip
        """What the fitted estimator says of rows; rows weigh alike without `weight`. Raises where the device isn't."""


def _forest(
    params: dict[str, Any], _: str, matrix: Matrix, target: Floats, seed: int, /, *, weight: Floats | None = None,
    device: str = "cpu",  # noqa: ARG001 - scikit-learn has none but this
) -> Predict:  # fmt: skip
    return fit_forest(params, matrix, target, seed=seed, threads=1, weight=weight).probability


def _booster(
    params: dict[str, Any], objective: str, matrix: Matrix, target: Floats, seed: int, /, *,
    weight: Floats | None = None, device: str = "cpu",
) -> Predict:  # fmt: skip
    from tune.fits.matrices import said_of  # noqa: PLC0415  imports xgboost

    booster = fit_booster(params, objective, matrix, target, seed=seed, weight=weight, device=device)
    said = as_probability if objective == FOREST else np.asarray
    return lambda rows: said(said_of(booster, rows))


FITTERS: Mapping[Estimator, Fitter] = MappingProxyType(
    {"forest": _forest, "xgboost_forest": _booster, "booster": _booster}
)
"""How a search trial fits each kind."""
