"""Trainings that fail or last for ever, importable by the processes of a Ray that run them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from actors.training import run_within
from tests.fakes.planted import planted
from trading.views.members.registry import MEMBERS
from tune.fits.distributed import Workers, fit_distributed
from tune.on_ray.placements import Placements
from tune.search.search import search

LONG = {"rounds": 1_000_000, "max_depth": 3, "eta": 0.1}
ONE = Workers(actors=1, cpus=1)
ON_GPU = Workers(actors=1, cpus=1, gpus=1)


def long_fit(placements: Placements, workers: Workers = ONE) -> None:
    """A fit that lasts for hours."""
    rows = np.random.default_rng(1).normal(size=(2_000, 4)).astype(np.float32)
    success = (rows[:, 0] > 0).astype(np.float64)
    fit_distributed(LONG, "binary:logistic", rows, success, seed=1, workers=workers, placements=placements)


def long_search(placements: Placements) -> None:
    """A search over many rows."""
    data = planted(1, sessions=100, per_session=2_000)
    search(data, Path(f"/tmp/{placements.training}"), MEMBERS, seed=1, placements=placements)  # noqa: S108


def refused() -> None:
    """Raises XGBoost's own error."""
    import xgboost  # noqa: PLC0415

    xgboost.train({"max_depth": -1}, xgboost.DMatrix(np.zeros((4, 1)), np.zeros(4)), 1)


def hold() -> None:
    """Lasts for a minute."""
    time.sleep(60.0)


def die(placements: Placements) -> None:
    """Dies while it holds resources, as by the kernel's memory killer."""
    placements.named([{"CPU": 1}]).wait(10)
    os.kill(os.getpid(), signal.SIGKILL)


class Scheduler:
    """Trains as the training scheduler does."""

    def train(self, placements: Placements) -> None:
        """Ends after a minute."""
        run_within(60.0, long_fit, placements, placements=placements)
