"""What a model of the ensemble is: what it sees, what it predicts, how it is made and how much it counts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from trading.errors import ModelError
from trading.views.members.spaces import SPACES, Space
from trading.views.setups import FEATURES

Estimator = Literal["forest", "xgboost_forest", "booster"]
Target = Literal["success", "net_return"]
FOREST = "binary:forest"
"""Squared error of 0 and 1: a leaf is the share of successes in it, and the best split is that of Gini's impurity."""
MADE: Mapping[tuple[Estimator, Target], tuple[str, str]] = MappingProxyType(
    {
        ("forest", "success"): ("random forest", ""),
        ("xgboost_forest", "success"): ("random forest", FOREST),
        ("booster", "success"): ("XGBoost classifier", "binary:logistic"),
        ("booster", "net_return"): ("XGBoost regressor", "reg:squarederror"),
    }
)
"""What can be made: its name, and XGBoost's of what it minimises; `FOREST` is a name of ours."""


@dataclass(frozen=True)
class Member:
    """One model of the ensemble.

    Attributes:
        name: by which files, record, HTTP interface and command line call it: small letters and underscores.
        title: in words.
        estimator: `forest` = scikit-learn's random forest; `xgboost_forest` = XGBoost's, which a GPU can train;
            `booster` = XGBoost's gradient boosting.
        predicts: `success` = the probability that a setup makes money; `net_return` = what it makes, as a fraction.
        features: the columns it sees.
        weight: in the sum of the probabilities, relative to those of the other members.
        says: what its probability is, for the reference of the HTTP interface, and `example` one.
        grid: parameter sets that the search compares, the simplest first (it wins ties).
        monotone: features that may move what it predicts in one way only, +1 up or -1 down, all else equal; of
            XGBoost's estimators. For what must hold in any market, not for what held in this one.
    """

    name: str
    title: str
    estimator: Estimator
    predicts: Target
    features: tuple[str, ...]
    weight: float
    says: str
    example: float
    grid: tuple[dict[str, Any], ...]
    monotone: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        unknown = sorted(set(self.features) - set(FEATURES))
        wrong = [
            (not re.fullmatch(r"[a-z][a-z_]*", self.name), "its name isn't of small letters and underscores"),
            ((self.estimator, self.predicts) not in MADE, f"no {self.estimator} predicts {self.predicts}"),
            (bool(unknown), f"no setup has the features {', '.join(unknown)}"),
            (not self.features or not self.grid, "it sees nothing, or there is nothing to try"),
            (not 0 < self.weight < math.inf, f"its weight is {self.weight}"),
            (bool(self._unbound), f"it can't be monotone in {', '.join(self._unbound)}"),
        ]
        said = [words for is_wrong, words in wrong if is_wrong]
        if said:
            raise ModelError(f"the member {self.name!r} can't be: {'; '.join(said)}")

    @property
    def _unbound(self) -> list[str]:
        can = set() if self.estimator == "forest" else set(self.features)
        return sorted(name for name, way in self.monotone if name not in can or way not in {-1, 1})

    @property
    def space(self) -> Space:
        """What a search may propose beyond the grid."""
        return SPACES[self.estimator]

    @property
    def algorithm(self) -> str:
        """What it is, in words."""
        return MADE[self.estimator, self.predicts][0]

    @property
    def objective(self) -> str:
        """What it minimises, in XGBoost's words or as `FOREST`; empty for scikit-learn's forest."""
        return MADE[self.estimator, self.predicts][1]


@dataclass(frozen=True)
class Members:
    """The models of an ensemble, in order."""

    every: tuple[Member, ...]

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.every):
            raise ModelError(f"two members have one name: {', '.join(self.names)}")
        if not any(member.predicts == "net_return" for member in self.every):
            raise ModelError("no member predicts the net return, so no setup would have an expected one")

    def __iter__(self) -> Iterator[Member]:
        return iter(self.every)

    def __len__(self) -> int:
        return len(self.every)

    @property
    def names(self) -> tuple[str, ...]:
        """In order."""
        return tuple(member.name for member in self.every)

    @property
    def weights(self) -> tuple[float, ...]:
        """In order; they add up to one."""
        whole = sum(member.weight for member in self.every)
        return tuple(member.weight / whole for member in self.every)

    def weight_of(self, name: str) -> float:
        """The member's share of the whole."""
        return self.weights[self.names.index(name)]


PROBABILITIES = "probabilities"
"""What a row or an answer calls the probabilities of all members, by name."""


def by_member(told: Mapping[str, Any]) -> dict[str, Any]:
    """The same with a value for each member, such as `p_pattern`, in place of the one that holds them all."""
    out: dict[str, Any] = {}
    for name, value in told.items():
        out |= {f"p_{member}": p for member, p in value.items()} if name == PROBABILITIES else {name: value}
    return out
