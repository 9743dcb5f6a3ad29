"""Updates of single models, against what XGBoost itself says of their parts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xgboost

from adapters.models.scoring import ModelFile
from tests.fakes.planted import SIGNAL, planted
from trading.errors import ModelError
from trading.views.members.member import MADE, Estimator, Target
from tune.fits.estimators import fit_booster, log_loss
from tune.sets.training_set import TARGET_SCALE
from tune.updates.boosters import MOST_GROWTH, Rows, seed_of, updated

FOREST = {"trees": 8, "max_depth": 3, "min_samples_leaf": 20, "max_features": 0.9}
BOOSTER = {"rounds": 6, "max_depth": 2, "eta": 0.3, "min_child_weight": 5, "subsample": 0.8, "colsample_bytree": 0.9}
BEFORE, AFTER, LATER = planted(1), planted(2), planted(3)
COLUMNS = [SIGNAL, *(at for at in range(12) if at != SIGNAL)]


def rows_of(share: float, data: Any = AFTER, *, returns: bool = False) -> Rows:
    """A batch as a model sees it."""
    target = data.net_return / TARGET_SCALE if returns else data.success
    return Rows(data.matrix[:, COLUMNS], target, data.weight, share)


def trained(estimator: Estimator, predicts: Target = "success") -> tuple[bytes, ModelFile]:
    """A model and its entry on the card."""
    params = FOREST if estimator == "xgboost_forest" else BOOSTER
    rows = rows_of(1.0, BEFORE, returns=predicts == "net_return")
    booster = fit_booster(params, MADE[estimator, predicts][1], rows.matrix, rows.target, seed=1, weight=rows.weight)
    file = ModelFile("m", estimator, predicts, 1.0, "m.ubj", "", [], dict(params))
    return bytes(booster.save_raw(raw_format="ubj")), file


def booster_of(content: bytes) -> xgboost.Booster:
    """As it would be loaded."""
    return xgboost.Booster({"nthread": 1}, model_file=bytearray(content))


def told(content: bytes) -> Any:
    """What the file holds."""
    return json.loads(bytes(booster_of(content).save_raw(raw_format="json")))["learner"]


def shares_of_trees(content: bytes, base: float) -> np.ndarray:
    """What each tree of a forest adds to the base, by walking it: an implementation of its own."""
    rows, out = LATER.matrix[:, COLUMNS], []
    for tree in told(content)["gradient_booster"]["model"]["trees"]:
        left, right, split = (np.array(tree[name]) for name in ("left_children", "right_children", "split_indices"))
        at, value, default = np.zeros(len(rows), int), np.array(tree["split_conditions"], "f4"), tree["default_left"]
        while (inner := left[at] >= 0).any():
            seen = rows[np.arange(len(rows)), split[at]]
            goes_left = np.where(np.isnan(seen), np.array(default, bool)[at], seen < value[at])
            at = np.where(inner, np.where(goes_left, left[at], right[at]), at)
        out.append(value[at])
    return base + np.sum(out, axis=0)


@pytest.mark.parametrize("predicts", ["success", "net_return"])
def test_a_booster_goes_on_and_what_it_was_stays(predicts: Target) -> None:
    """The first rounds are bit by bit the old ones, and one in three new rows adds a third of the rounds."""
    content, file = trained("booster", predicts)
    grown = updated(content, file, rows_of(1 / 3, returns=predicts == "net_return"), seed=5)
    assert (grown.added, grown.holds) == (2, 8)
    after = booster_of(grown.content)
    assert after.num_boosted_rounds() == 8
    assert bytes(after[:6].save_raw(raw_format="ubj")) == bytes(booster_of(content)[:6].save_raw(raw_format="ubj"))
    assert (
        told(grown.content)["learner_model_param"]["base_score"] == told(content)["learner_model_param"]["base_score"]
    )


@pytest.mark.parametrize(("share", "added"), [(1e-6, 1), (0.5, 3), (1.0, 6)])
def test_the_share_of_new_rows_is_the_share_of_what_is_added(share: float, added: int) -> None:
    """At least one round is; a booster grows to twice its rounds and then stays as it is."""
    content, file = trained("booster")
    grown = updated(content, file, rows_of(share), seed=5)
    assert grown.added == added
    while grown.added:
        grown = updated(grown.content, file, rows_of(share), seed=5)
    assert grown.holds == MOST_GROWTH * BOOSTER["rounds"]
    assert updated(grown.content, file, rows_of(share), seed=6).content == grown.content


@pytest.mark.parametrize(("share", "new"), [(1e-6, 1), (0.25, 2), (1.0, 8)])
def test_a_forest_drops_its_oldest_trees(share: float, new: int) -> None:
    """The youngest old trees stay bit by bit and in order; the forest says the base plus all its trees say."""
    content, file = trained("xgboost_forest")
    grown = updated(content, file, rows_of(share), seed=5)
    assert (grown.added, grown.holds) == (new, 8)
    before, after = (told(each)["gradient_booster"]["model"]["trees"] for each in (content, grown.content))
    for old, kept in zip(before[new:], after, strict=False):
        assert {**old, "id": 0} == {**kept, "id": 0}
    assert [tree["id"] for tree in after] == list(range(8))
    base = float(told(content)["learner_model_param"]["base_score"])
    said = booster_of(grown.content).inplace_predict(LATER.matrix[:, COLUMNS])
    assert said == pytest.approx(shares_of_trees(grown.content, base), abs=1e-6)


def test_a_forest_that_was_renewed_whole_says_what_a_new_one_would() -> None:
    """Its mean is the new rows' share of successes, whatever base the old one began from."""
    content, file = trained("xgboost_forest")
    rare = replace(AFTER, success=(np.arange(len(AFTER)) % 10 == 0).astype(float))
    grown = updated(content, file, rows_of(1.0, rare), seed=5)
    said = booster_of(grown.content).inplace_predict(AFTER.matrix[:, COLUMNS])
    assert said.mean() == pytest.approx(0.1, abs=0.02)
    assert booster_of(content).inplace_predict(AFTER.matrix[:, COLUMNS]).mean() == pytest.approx(0.45, abs=0.04)


@pytest.mark.parametrize("estimator", ["booster", "xgboost_forest"])
def test_equal_input_gives_equal_bytes_and_new_rows_are_learned(estimator: Estimator) -> None:
    """Rows with a signal that the old ones hadn't make later rows with it likelier to be told right."""
    content, file = trained(estimator)
    rows = rows_of(1.0, planted(4, sessions=120, skill=0.3))
    one, other, two = (updated(content, file, rows, seed=seed) for seed in (5, 9, 5))
    assert one.content == two.content != other.content
    later = planted(5, skill=0.3)
    losses = [
        log_loss(booster_of(each).inplace_predict(later.matrix[:, COLUMNS]), later.success)
        for each in (content, one.content)
    ]
    assert losses[1] < losses[0] - 0.01


@pytest.mark.parametrize("estimator", ["booster", "xgboost_forest"])
@pytest.mark.parametrize("ended", [0.0, 1.0])
def test_one_class_is_refused(estimator: Estimator, ended: float) -> None:
    """Nothing can be told apart."""
    content, file = trained(estimator)
    with pytest.raises(ModelError, match="nothing to tell apart"):
        updated(content, file, rows_of(0.1, replace(AFTER, success=np.full(len(AFTER), ended))), seed=5)


def test_each_update_draws_otherwise() -> None:
    """Parents and members have seeds of their own, that XGBoost takes."""
    seeds = [seed_of(*asked) for asked in ((7, "a", "x"), (7, "a", "y"), (7, "b", "x"), (8, "a", "x"))]
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert seed_of(7, "a", "x") == seeds[0]
