"""The three models of the ensemble: what each sees, what it predicts, and the parameters that the search tries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from trading.catalysts import features as catalyst_features
from trading.views.setups import FEATURES
from tune.training_set import TrainingSet

Kind = Literal["pattern", "catalyst", "outcome"]


_RESTATED = ("gap_percentage", "volume_confirmation")
"""`gap_pct` and `volume_ratio_20` by the strategy's names: a column that stands twice is only drawn twice as often."""
_CATALYST = (
    "has_catalyst", "sessions_since_event",
    *(name for name in catalyst_features.CATALYST_FEATURES if name not in _RESTATED),
)  # fmt: skip
_MARKET = (
    "direction", "market_trend", "market_return_1", "market_return_5", "realised_volatility_20", "breadth",
    "dispersion", "market_volatility", "market_driver",
)  # fmt: skip
"""One value a session: in half a year they take some hundred distinct values, and a model memorises which sessions were
good. On the folds of the bundled sample's training part they raised the log loss of the boosters from 0.71 to 0.73.
The setups' other features stand relative to direction and universe, and the rules see the trend."""

_SECTOR = ("sector_strength_20", "strength_in_sector_20")
"""Measured on the sample's training part, three seeds, both parameter sets of each model, loss on the folds and on
the held-out quarter. The sector's strength made the held-out loss of five of six worse, by up to 0.003. The strength in
the sector made that of five of six better and the folds of three worse, by 0.002 at most either way: too little to
tell from chance on one quarter, so neither is taken in."""

OUTCOME_FEATURES = tuple(name for name in FEATURES if name not in (*_MARKET, *_SECTOR, *_RESTATED))
"""Everything that differs between the setups of one session, but for the sector features."""

PATTERN_FEATURES = tuple(name for name in OUTCOME_FEATURES if name not in _CATALYST)
"""Price action, technical indicators, candlesticks and chart patterns: the strategy's phase 1."""

CATALYST_FEATURES = (
    *_CATALYST, "gap_pct", "volume_ratio_20", "return_1", "return_5", "return_20", "range_pct", "atr_pct",
    "obv_slope_10", "high_20_distance", "relative_strength_20",
)  # fmt: skip
"""Catalyst, momentum and volume: the strategy's phase 3."""


@dataclass(frozen=True)
class Spec:
    """One model.

    Attributes:
        kind: its place in the ensemble.
        objective: XGBoost's name of what a booster minimises; empty for the forest.
        features: the columns it sees.
        grid: parameter sets that the search compares, the simplest first (it wins ties).
    """

    kind: Kind
    objective: str
    features: tuple[str, ...]
    grid: tuple[dict[str, Any], ...]


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


SPECS: dict[Kind, Spec] = {
    "pattern": Spec(
        "pattern",
        "",
        PATTERN_FEATURES,
        (
            {"trees": 100, "max_depth": 5, "min_samples_leaf": 500, "max_features": "sqrt"},
            {"trees": 100, "max_depth": 8, "min_samples_leaf": 200, "max_features": "sqrt"},
        ),
    ),
    "catalyst": Spec(
        "catalyst", "binary:logistic", CATALYST_FEATURES, (_booster(30, 2, 0.05, 500), _booster(60, 3, 0.05, 500))
    ),
    "outcome": Spec(
        "outcome", "reg:squarederror", OUTCOME_FEATURES, (_booster(30, 2, 0.05, 500), _booster(60, 3, 0.05, 500))
    ),
}
"""Small grids on purpose: with half a year of data a wide search picks luck."""


def columns_of(kind: Kind, data: TrainingSet) -> list[int]:
    """The columns of `data.matrix` that a model of this kind learns from: those it sees less those left out."""
    return [data.features.index(name) for name in SPECS[kind].features if name not in data.left_out]
