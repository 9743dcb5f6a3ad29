"""What a search knows of each parameter set that it tried."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

State = Literal["complete", "stopped", "cut off"]


@dataclass(frozen=True)
class Ask:
    """One parameter set of a model, to be judged on one fold."""

    member: str
    params: Mapping[str, Any]
    fold: int

    @property
    def key(self) -> str:
        """Equal for equal questions."""
        return json.dumps([self.member, dict(self.params), self.fold], sort_keys=True)


@dataclass(frozen=True)
class FoldResult:
    """What came of it, in values of JSON.

    Attributes:
        loss: log loss, or squared error divided by the variance for a predicted return.
        residuals: of a predicted return: how many, their mean and their summed squares about it; empty otherwise.
        sessions: of the fold's test part, ISO dates, and `returns` what the fifth ranked highest returned in each.
    """

    loss: float
    residuals: tuple[float, ...] = ()
    sessions: tuple[str, ...] = ()
    returns: tuple[float, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> FoldResult:
        """From values of JSON."""
        return cls(told["loss"], *(tuple(told[name]) for name in ("residuals", "sessions", "returns")))


@dataclass(frozen=True)
class SearchTrial:
    """One parameter set.

    Attributes:
        number: among those of its model, from 0 on; the grid's come first.
        folds: results in order; fewer than all for one that was stopped.
        state: `stopped` = others were better on the first folds; `cut off` = the search's time or money was over.
    """

    member: str
    number: int
    params: Mapping[str, Any]
    folds: tuple[FoldResult, ...] = ()
    state: State = "cut off"

    @property
    def loss(self) -> float:
        """Mean over the folds so far."""
        return float(np.mean([fold.loss for fold in self.folds])) if self.folds else math.inf

    @property
    def residual_std(self) -> float:
        """Of a predicted return over the folds so far, as a fraction; 0 for a probability."""
        parts = np.array([fold.residuals for fold in self.folds if fold.residuals])
        if not len(parts):
            return 0.0
        count, mean, squares = parts.T
        middle = float((count * mean).sum() / count.sum())
        return math.sqrt(float((squares + count * (mean - middle) ** 2).sum() / count.sum()))

    def to_dict(self) -> dict[str, Any]:
        """In values of JSON, with the loss of each fold."""
        losses = [fold.loss for fold in self.folds]
        told = {"member": self.member, "number": self.number, "params": dict(self.params), "state": self.state}
        return {**told, "loss": self.loss if losses else None, "fold_losses": losses}


def best_first(trials: Sequence[SearchTrial]) -> list[SearchTrial]:
    """By loss; of equals the earlier one."""
    return sorted(trials, key=lambda one: (one.loss, one.number))


def told(result: FoldResult) -> dict[str, Any]:
    """In values of JSON."""
    return asdict(result)
