"""Fitting and scoring the two kinds of estimators, the same way in a search trial and in the final fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from trading.arrays import Floats, Matrix
from trading.views.members.member import Estimator


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


def fit_forest(params: dict[str, Any], matrix: Matrix, success: Floats, *, seed: int, threads: int) -> Forest:
    """A random forest on the setups."""
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415  heavy, and not every actor needs it

    medians = medians_of(matrix)
    flagged = np.flatnonzero(~np.isfinite(matrix).all(axis=0))
    model = RandomForestClassifier(
        n_estimators=params["trees"],
        max_depth=params["max_depth"],
        min_samples_leaf=params["min_samples_leaf"],
        max_features=params["max_features"],
        max_samples=0.5,
        n_jobs=threads,
        random_state=seed,
    )
    model.fit(forest_input(matrix, medians, flagged), success.astype(np.int64))
    return Forest(model, medians, flagged)


def booster_params(params: dict[str, Any], objective: str, target: Floats, *, seed: int, device: str) -> dict[str, Any]:
    """XGBoost's parameters of a specification; `rounds` is not one of them. Boosting starts from the target's mean."""
    tuned = {name: value for name, value in params.items() if name != "rounds"}
    tuned["base_score"] = float(np.mean(target))
    return {**tuned, "objective": objective, "tree_method": "hist", "device": device, "seed": seed, "nthread": 1}


def fit_booster(params: dict[str, Any], objective: str, matrix: Matrix, target: Floats, *, seed: int) -> Any:
    """A booster fitted in this process, for search trials and small data."""
    import xgboost  # noqa: PLC0415  heavy

    data = xgboost.DMatrix(matrix, label=target)
    settings = booster_params(params, objective, target, seed=seed, device="cpu")
    return xgboost.train(settings, data, num_boost_round=params["rounds"])


def log_loss(probability: Floats, success: Floats) -> float:
    """Mean negative log likelihood, probabilities kept 1e-6 away from 0 and 1."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    return float(-np.mean(np.where(success > 0, np.log(p), np.log(1 - p))))


Predict = Callable[[Matrix], Floats]
"""What a fitted estimator says of rows, in the unit of its target."""


def _forest(params: dict[str, Any], _: str, matrix: Matrix, target: Floats, seed: int) -> Predict:
    return fit_forest(params, matrix, target, seed=seed, threads=1).probability


def _booster(params: dict[str, Any], objective: str, matrix: Matrix, target: Floats, seed: int) -> Predict:
    import xgboost  # noqa: PLC0415  heavy

    booster = fit_booster(params, objective, matrix, target, seed=seed)
    return lambda rows: np.asarray(booster.predict(xgboost.DMatrix(rows)).astype(np.float64))


FITTERS: Mapping[Estimator, Callable[[dict[str, Any], str, Matrix, Floats, int], Predict]] = MappingProxyType(
    {"forest": _forest, "booster": _booster}
)
"""How a search trial fits each kind, on one core: parameters, objective, matrix, target, seed."""
