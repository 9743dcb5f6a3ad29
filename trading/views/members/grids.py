"""Parameter sets that the search tries. Small grids on purpose: with half a year of data a wide search picks luck."""

from __future__ import annotations

from typing import Any


def _booster(rounds: int, depth: int, eta: float, min_child_weight: float) -> dict[str, Any]:
    return {
        "rounds": rounds,
        "max_depth": depth,
        "eta": eta,
        "min_child_weight": min_child_weight,
        "subsample": 0.8,
        "colsample_bytree": 0.6,
        "lambda": 5.0,
    }


BOOSTERS: tuple[dict[str, Any], ...] = (_booster(30, 2, 0.05, 500), _booster(60, 3, 0.05, 500))
FORESTS: tuple[dict[str, Any], ...] = (
    {"trees": 100, "max_depth": 5, "min_samples_leaf": 500, "max_features": "sqrt"},
    {"trees": 100, "max_depth": 8, "min_samples_leaf": 200, "max_features": "sqrt"},
)
