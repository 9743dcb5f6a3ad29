"""A booster trained from batches of rows is the one trained from all of them at once."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from tune.fits import matrices
from tune.fits.matrices import said_of, training_matrix

PARAMS = {"objective": "binary:logistic", "tree_method": "hist", "max_depth": 4, "seed": 1, "nthread": 1}
RNG = np.random.default_rng(1)
ROWS = RNG.normal(size=(3_000, 7)).astype(np.float32)
ROWS[RNG.uniform(size=ROWS.shape) < 0.1] = np.nan
ROWS[5, 2], ROWS[6, 3] = np.inf, -np.inf
TARGET = (np.nan_to_num(ROWS[:, 0]) + RNG.normal(size=3_000) > 0).astype(np.float64)
WEIGHT = RNG.uniform(0.5, 1.5, 3_000)


@pytest.mark.parametrize("batch", [100, 2_999, 3_000, 65_536])
def test_batches_make_the_model_of_the_whole(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within what the sketch of quantiles differs: chances within 0.05 of a plain matrix, 0.01 in the mean."""
    monkeypatch.setattr(matrices, "BATCH_ROWS", batch)
    plain = xgboost.DMatrix(np.where(np.isinf(ROWS), np.float32(np.nan), ROWS), TARGET, weight=WEIGHT)
    whole = xgboost.train(PARAMS, plain, num_boost_round=10).predict(plain)
    parts = xgboost.train(PARAMS, training_matrix(ROWS, TARGET, WEIGHT), num_boost_round=10)
    said = said_of(parts, ROWS)
    assert np.abs(said - whole).mean() < 0.01
    again = xgboost.train(PARAMS, training_matrix(ROWS, TARGET, WEIGHT), num_boost_round=10)
    assert again.save_raw() == parts.save_raw(), "the same rows make the same bytes"
    assert said.tolist() == parts.predict(plain).astype(np.float64).tolist(), "scoring in batches changes no bit"


def test_nothing_is_said_of_no_rows() -> None:
    """An empty part gives an empty answer."""
    booster = xgboost.train(PARAMS, training_matrix(ROWS, TARGET, None), num_boost_round=2)
    assert said_of(booster, ROWS[:0]).tolist() == []


def test_some_columns_are_those_of_a_matrix_of_them() -> None:
    """Picked batch by batch, the same bytes come of it."""
    picked = training_matrix(ROWS, TARGET, WEIGHT, columns=[6, 0, 2])
    cut = training_matrix(np.ascontiguousarray(ROWS[:, [6, 0, 2]]), TARGET, WEIGHT)
    one, other = (xgboost.train(PARAMS, rows, num_boost_round=5).save_raw() for rows in (picked, cut))
    assert one == other
