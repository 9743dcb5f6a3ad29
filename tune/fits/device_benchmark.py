"""What a GPU is worth for the ensemble's fits: seconds, accuracy and dollars beside all threads of the CPU, by rows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from trading.arrays import Floats, Ints, Matrix
from trading.views.members.member import Member, Members
from tune.fits.device import device_of, refuse_cpu
from tune.fits.estimators import booster_params, log_loss, xgboost_words
from tune.fits.matrices import said_of, training_matrix
from tune.sets.splits import EMBARGO_SESSIONS, holdout
from tune.sets.training_set import TrainingSet, bound_ways, columns_of, target_of

ROWS = (27_000, 200_000, 2_000_000)
HOLDOUT = 0.25
CPU, CUDA = "cpu", "cuda"


@dataclass(frozen=True)
class Fit:
    """One fit on one device.

    Attributes:
        seconds: in `xgboost.train`, the device's warm-up and the making of bins not counted.
        loss: on unseen setups: log loss, or mean squared error over the variance for a return.
        usd: of the machine for these seconds.
    """

    seconds: float
    loss: float
    usd: float


@dataclass(frozen=True)
class Row:
    """A model on so many rows; `gpu` is None where there was none.

    Attributes:
        rows: learned from; more than there are is a draw with replacement.
        pays: whether the GPU's fit costs less money; None where that isn't known.
    """

    model: str
    rows: int
    cpu: Fit
    gpu: Fit | None

    @property
    def pays(self) -> bool | None:
        """See the class."""
        return None if self.gpu is None else self.gpu.usd < self.cpu.usd

    def to_dict(self) -> dict[str, Any]:
        """For a program: with how many times as fast the GPU is, and how its loss differs."""
        gpu = self.gpu
        told: dict[str, Any] = {"pays": self.pays, "speed_up": None, "loss_difference": None}
        if gpu is not None:
            told |= {"speed_up": self.cpu.seconds / gpu.seconds, "loss_difference": gpu.loss - self.cpu.loss}
        return {**asdict(self), **told}


class _Drawn:
    """Rows of a matrix by number, taken a slice at a time, so that a draw of millions is no second matrix."""

    def __init__(self, matrix: Matrix, rows: Ints, columns: Sequence[int]) -> None:
        self._matrix, self._rows, self._columns = matrix, rows, list(columns)

    def __getitem__(self, part: slice) -> Matrix:
        return self._matrix[self._rows[part]][:, self._columns]


def measured(
    data: TrainingSet, members: Members, rows: int, *, device: str, threads: int, seed: int, usd_per_h: float
) -> dict[str, Fit]:
    """A fit of each member that XGBoost makes, with the largest parameters of its grid, by name.

    Args:
        data: the last quarter of its sessions is judged on.
        members: of the ensemble.
        rows: to learn from, drawn from what came before that quarter.
        device: `cpu` or `cuda`.
        threads: of the CPU.
        seed: of the draw and the fits.
        usd_per_h: of the machine.
    """
    split = holdout(data, HOLDOUT, EMBARGO_SESSIONS)
    drawn = np.sort(np.random.default_rng(seed).choice(split.train, rows, replace=rows > len(split.train)))
    own = [member for member in members if member.estimator != "forest"]
    on = {"device": device, "nthread": threads, "seed": seed}
    fits = {one.name: _fit(one, data, drawn, split.test, on) for one in own}
    return {name: Fit(seconds, loss, seconds / 3_600 * usd_per_h) for name, (seconds, loss) in fits.items()}


def _fit(member: Member, data: TrainingSet, drawn: Ints, test: Ints, on: dict[str, Any]) -> tuple[float, float]:
    """Seconds and loss."""
    import xgboost  # noqa: PLC0415  heavy

    columns, target = columns_of(member, data), target_of(member, data)
    params = xgboost_words(bound_ways(member, data.left_out, member.grid[-1]), member.objective, len(columns))
    settings = booster_params(params, member.objective, target[drawn], seed=on["seed"], device=on["device"]) | on
    rows: Any = _Drawn(data.matrix, drawn, columns)
    bins = training_matrix(rows, target[drawn], data.weight[drawn])
    xgboost.train(settings, bins, num_boost_round=1)  # the device is warm
    began_s = time.perf_counter()
    booster = xgboost.train(settings, bins, num_boost_round=params["rounds"])
    seconds = time.perf_counter() - began_s
    if on["device"] == CUDA:
        refuse_cpu(device_of(booster))
    booster.set_param({"device": CPU})
    return seconds, _loss(member, said_of(booster, data.matrix[test][:, columns]), target[test])


def _loss(member: Member, said: Floats, target: Floats) -> float:
    if member.predicts == "success":
        return log_loss(said, target)
    return float(np.mean((said - target) ** 2) / np.var(target))
