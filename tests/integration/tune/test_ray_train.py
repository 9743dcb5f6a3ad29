"""Ray Train makes the booster that xgboost-ray makes."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from tests.fakes.planted import planted
from trading.errors import ModelError
from tune.fits import ray_train
from tune.fits.distributed import Workers, fit_distributed
from tune.fits.estimators import booster_params, log_loss
from tune.fits.ray_train import fit_by_ray_train
from tune.fits.shards import on_disk

pytestmark = pytest.mark.platform
PARAMS = {"rounds": 30, "max_depth": 4, "eta": 0.1}
TWO = Workers(actors=2)


def test_both_make_the_same_booster(local_ray: None) -> None:  # noqa: ARG001
    """The same rows on two actors: every round is there, and the log losses are the same to 0.0001."""
    data = planted(5, sessions=40, per_session=50, skill=0.25)
    matrix, target = np.ascontiguousarray(data.matrix), data.success
    theirs = fit_distributed(PARAMS, "binary:logistic", matrix, target, seed=1, workers=TWO)
    settings = booster_params(PARAMS, "binary:logistic", target, seed=1, device="cpu", weight=None) | {"nthread": 1}
    with on_disk(matrix, target, None, TWO.actors, columns=range(matrix.shape[1])) as shards:
        ours = fit_by_ray_train(settings, PARAMS["rounds"], shards, TWO)
    assert ours.num_boosted_rounds() == PARAMS["rounds"]
    rows = xgboost.DMatrix(matrix)
    losses = [log_loss(booster.predict(rows), target) for booster in (ours, theirs)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    assert losses[0] < 0.68, "it learned something"


def test_no_booster_is_an_error(local_ray: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """Workers that end without one: nothing is answered in its place."""
    monkeypatch.setattr(ray_train, "_loop", lambda config: None)  # noqa: ARG005
    with pytest.raises(ModelError, match="without a booster"):
        fit_by_ray_train({}, 1, ["nowhere.parquet"], Workers(actors=1))
