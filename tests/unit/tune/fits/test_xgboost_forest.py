"""XGBoost's random forest: what its parameters become, that it is as good as scikit-learn's, and its way to disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xgboost

from adapters.models.contributions import contributions
from adapters.models.scoring import EnsembleScorer
from tests.fakes.planted import SIGNAL, planted
from trading.arrays import Floats, Matrix
from trading.errors import ModelError
from trading.views.members.catalyst import CATALYST
from trading.views.members.member import FOREST, Member, Members
from trading.views.members.outcome import OUTCOME
from trading.views.members.pattern import PATTERN
from tune.fits.estimators import FITTERS, booster_params, fit_booster, fit_forest, log_loss
from tune.fits.model_files import write_ensemble
from tune.fits.xgboost_forest import in_xgboosts_words
from tune.search.report import Winner
from tune.sets.training_set import TrainingSet, bound_ways, columns_of, target_of

PARAMS = {"trees": 50, "max_depth": 6, "min_samples_leaf": 20, "max_features": "sqrt"}
TRAIN, UNSEEN = planted(20, skill=0.2), planted(21, skill=0.2)
LOSS_APART = 0.005
"""How much more or less the two forests may lose on unseen setups, mean of four seeds; seeds alone differ as much."""


def test_parameters_in_xgboosts_words() -> None:
    """By hand: of 99 columns the root is 9.9, so 9 are tried at a node, a hair more since XGBoost rounds down."""
    words = in_xgboosts_words(PARAMS, 99)
    assert words["num_parallel_tree"] == 50
    assert words["min_child_weight"] == 20
    assert words["rounds"] == words["eta"] == 1
    assert int(words["colsample_bynode"] * 99) == 9
    assert int(in_xgboosts_words({**PARAMS, "max_features": 0.5}, 99)["colsample_bynode"] * 99) == 49
    assert in_xgboosts_words({**PARAMS, "max_features": 1.0}, 3)["colsample_bynode"] == 1.0


def test_one_tree_of_all_rows_and_columns_tells_the_shares_of_its_leaves() -> None:
    """By arithmetic: of the setups with the signal so many succeeded, of those without it so many."""
    up = np.repeat([0.0, 1.0], 100).astype(np.float32)[:, None]
    success = np.concatenate([np.arange(100) < 30, np.arange(100) < 80]).astype(np.float64)
    params = {"trees": 1, "max_depth": 1, "min_samples_leaf": 1, "max_features": 1.0}
    booster = fit_booster({**_whole(params)}, "reg:squarederror", up, success, seed=1)
    said = booster.predict(xgboost.DMatrix(np.array([[0.0], [1.0]], dtype=np.float32)))
    np.testing.assert_allclose(said, [0.3, 0.8], atol=1e-6)


def _whole(params: dict[str, object]) -> dict[str, object]:
    return {**in_xgboosts_words(params, 1), "subsample": 1.0}


def test_it_is_as_good_as_scikit_learns_on_setups_that_neither_has_seen() -> None:
    """Log loss within the bound, and the same setups are ranked high.

    Nothing is missing: scikit-learn's gets a flag beside each column with gaps, so that a tree meets the signal less.
    """
    columns = columns_of(PATTERN, TRAIN)
    rows, unseen = (np.nan_to_num(data.matrix[:, columns]) for data in (TRAIN, UNSEEN))
    more = {**PARAMS, "trees": 150}
    theirs = np.array([fit_forest(more, rows, TRAIN.success, seed=k, threads=1).probability(unseen) for k in range(4)])
    ours = np.array([FITTERS["xgboost_forest"](more, FOREST, rows, TRAIN.success, k)(unseen) for k in range(4)])
    losses = [np.mean([log_loss(one, UNSEEN.success) for one in made]) for made in (ours, theirs)]
    assert abs(losses[0] - losses[1]) < LOSS_APART
    assert np.corrcoef(ours.mean(axis=0), theirs.mean(axis=0))[0, 1] > 0.95


def test_the_same_seed_gives_the_same_forest_on_one_and_on_two_threads() -> None:
    """Byte by byte, so that a hash names it."""
    rows = TRAIN.matrix[:, columns_of(PATTERN, TRAIN)]
    words = in_xgboosts_words(PARAMS, rows.shape[1])
    settings = booster_params(words, FOREST, TRAIN.success, seed=1, device="cpu")
    made = {
        threads: bytes(
            xgboost.train({**settings, "nthread": threads}, xgboost.DMatrix(rows, TRAIN.success), 1).save_raw("ubj")
        )
        for threads in (1, 2)
    }
    assert made[1] == made[2]


def test_missing_values_are_told_from_known_ones() -> None:
    """A signal that is only in being unknown is learned, and unknown is no median."""
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(2_000, 4)).astype(np.float32)
    unknown = rng.uniform(size=2_000) < 0.5
    rows[unknown, 1] = np.nan
    success = (rng.uniform(size=2_000) < np.where(unknown, 0.7, 0.3)).astype(np.float64)
    said = FITTERS["xgboost_forest"](PARAMS, FOREST, rows, success, 1)(rows)
    assert said[unknown].mean() > 0.6
    assert said[~unknown].mean() < 0.4


def test_better_news_never_lowers_what_is_expected() -> None:
    """Outcomes say the opposite of what news do: a free model would follow them, a bound one stays flat."""
    at = TRAIN.features.index("news_sentiment_score")
    success = np.where(TRAIN.matrix[:, at] > 0, 0.0, 1.0)
    data = replace(TRAIN, success=success, net_return=np.where(success > 0, 0.01, -0.01))
    for member in (CATALYST, OUTCOME):
        for bound in (member, replace(member, monotone=())):
            said = _said_of_better_news(bound, data)
            assert (said >= -1e-6).all() is np.bool_(bool(bound.monotone)), (member.name, said)
    with pytest.raises(ModelError, match="can't be monotone in return_5"):
        replace(PATTERN, estimator="forest", monotone=(("return_5", 1),))
    with pytest.raises(ModelError, match="can't be monotone in news_volume"):
        replace(CATALYST, monotone=(("news_volume", 2),))


def _said_of_better_news(member: Member, data: TrainingSet) -> np.ndarray:
    columns = columns_of(member, data)
    params = {"rounds": 30, "max_depth": 3, "eta": 0.3, "min_child_weight": 5}
    fitted = FITTERS[member.estimator](
        bound_ways(member, (), params), member.objective, data.matrix[:, columns], target_of(member, data), 1
    )
    row = np.zeros((50, len(columns)), dtype=np.float32)
    row[:, columns.index(data.features.index("news_sentiment_score"))] = np.linspace(-2, 2, 50)
    return np.diff(fitted(row))


def test_the_ensemble_scores_on_disk_as_the_forest_does_in_memory(tmp_path: Path) -> None:
    """As UBJSON, rows with missing and infinite values included; alone as in a batch."""
    members = Members((PATTERN, CATALYST, OUTCOME))
    winners = {
        one.name: Winner(
            PARAMS if one.name == "pattern" else {"rounds": 5, "max_depth": 2}, 0.6,
            0.02 if one.predicts == "net_return" else 0.0, 2,
        )
        for one in members
    }  # fmt: skip
    fitted = {
        one.name: fit_booster(
            winners[one.name].params, one.objective, TRAIN.matrix[:, columns_of(one, TRAIN)], target_of(one, TRAIN),
            seed=1,
        )
        for one in members
    }  # fmt: skip
    write_ensemble(tmp_path, "ensemble-1", fitted, winners, np.linspace(0.3, 0.7, 50), members=members)
    assert (tmp_path / "pattern.ubj").exists()
    matrix = UNSEEN.matrix.copy()
    matrix[0, SIGNAL] = np.inf
    views = EnsembleScorer(tmp_path).score(matrix)
    rows = matrix[:, columns_of(PATTERN, UNSEEN)]
    in_memory = FITTERS["xgboost_forest"](PARAMS, FOREST, TRAIN.matrix[:, columns_of(PATTERN, TRAIN)], TRAIN.success, 1)
    np.testing.assert_allclose(views.of("pattern"), in_memory(rows), atol=1e-6)
    _add_up(tmp_path, matrix[:40], views.of("pattern")[:40], views.of("catalyst")[:40], views.expected_return[:40])
    alone = EnsembleScorer(tmp_path).score(matrix[7:8])
    assert alone.of("pattern")[0] == views.of("pattern")[7]


def _add_up(folder: Path, matrix: Matrix, pattern: Floats, catalyst: Floats, expected: Floats) -> None:
    """What features add is in the unit that is told, and adds up to what the model says."""
    said = np.array([[one.total for one in of_row] for of_row in contributions(folder, matrix)]).T
    np.testing.assert_allclose(said[0], pattern, atol=1e-5)
    np.testing.assert_allclose(1 / (1 + np.exp(-said[1])), catalyst, atol=1e-5)
    np.testing.assert_allclose(said[2], expected, atol=1e-6)
    first = contributions(folder, matrix[:1])[0]
    assert [one.unit for one in first] == ["probability", "log odds", "net return"]
    (top, value), *_ = first[0].largest(1)
    assert abs(value) == max(map(abs, first[0].values.values()))
    assert top in PATTERN.features
