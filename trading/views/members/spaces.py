"""What a search may propose for each kind of estimator, beyond the grids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Whole:
    """A whole number within both ends; `log` = small ones as often as large ones, by their magnitude."""

    low: int
    high: int
    log: bool = False


@dataclass(frozen=True)
class Real:
    """A number within both ends; `log` as of `Whole`."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of these values."""

    values: tuple[str | float, ...]


Space = Mapping[str, Whole | Real | Choice]
"""By the parameter's name, as grids call it; what isn't in it stays as in the grid's first set."""

_FOREST: Space = MappingProxyType(
    {
        "trees": Whole(50, 400, log=True),
        "max_depth": Whole(3, 12),
        "min_samples_leaf": Whole(20, 2_000, log=True),
        "max_features": Choice(("sqrt", 0.05, 0.2, 0.4)),
    }
)
_BOOSTER: Space = MappingProxyType(
    {
        "rounds": Whole(20, 400, log=True),
        "max_depth": Whole(2, 8),
        "eta": Real(0.01, 0.3, log=True),
        "min_child_weight": Real(20.0, 2_000.0, log=True),
        "subsample": Real(0.5, 1.0),
        "colsample_bytree": Real(0.3, 1.0),
        "lambda": Real(0.1, 50.0, log=True),
    }
)
SPACES: Mapping[str, Space] = MappingProxyType({"forest": _FOREST, "xgboost_forest": _FOREST, "booster": _BOOSTER})
"""By the kind of estimator."""
