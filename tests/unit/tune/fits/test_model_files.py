"""Models survive the way to disk and back: they score as they did, and only if they are what was registered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
import xgboost

from adapters.models.scoring import CARD, Card, EnsembleScorer, sha256_of
from tests.fakes.planted import SIGNAL, planted
from trading.errors import ModelError
from trading.views.members.member import Member, Members
from trading.views.members.registry import MEMBERS as DECLARED
from trading.views.setups import FEATURES
from tune.fits.estimators import Forest, fit_booster, fit_forest, forest_input, medians_of
from tune.fits.model_files import Fitted, forest_to_onnx, write_ensemble
from tune.search.report import Winner
from tune.sets.training_set import TARGET_SCALE, UNKNOWN, TrainingSet, columns_of, target_of

FOREST = {"trees": 30, "max_depth": 6, "min_samples_leaf": 20, "max_features": "sqrt"}
BOOSTER = {"rounds": 20, "max_depth": 3, "eta": 0.3, "min_child_weight": 5, "subsample": 0.8, "colsample_bytree": 0.6}
MEMBERS = Members(tuple(replace(one, estimator="forest") if one.name == "pattern" else one for one in DECLARED))
"""With scikit-learn's forest, which earlier ensembles have; XGBoost's is in `test_xgboost_forest.py`."""
WINNERS: dict[str, Winner] = {
    member.name: Winner(
        FOREST if member.estimator == "forest" else BOOSTER, 0.6, 0.02 if member.predicts == "net_return" else 0.0, 2
    )
    for member in MEMBERS
}
BY_NAME = {member.name: member for member in MEMBERS}
DATA = planted(20, skill=0.25)
UNSEEN = planted(21, sessions=10).matrix


def columns(kind: str) -> npt.NDArray[np.int64]:
    """The positions of a model's features."""
    return np.array([FEATURES.index(name) for name in BY_NAME[kind].features])


def fitted_on(data: TrainingSet, members: Iterable[Member] = MEMBERS) -> Fitted:
    """A model of each member on the data."""
    return {member.name: _fitted(member, data) for member in members}


def _fitted(member: Member, data: TrainingSet) -> object:
    rows, target = data.matrix[:, columns_of(member, data)], target_of(member, data)
    if member.estimator == "forest":
        return fit_forest(FOREST, rows, target, seed=1, threads=1)
    return fit_booster(BOOSTER, member.objective, rows, target, seed=1)


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    """The three models on planted data."""
    return fitted_on(DATA)


@pytest.fixture
def folder(fitted: Fitted, tmp_path: Path) -> Path:
    """The ensemble on disk."""
    write_ensemble(tmp_path / "e", "ensemble-1", fitted, WINNERS, np.linspace(0.3, 0.7, 50), members=MEMBERS)
    return tmp_path / "e"


def test_missing_values_become_medians_with_a_flag() -> None:
    """By hand: the median of 1 and 3 is 2, a column without a value gets 0, a flag is 1 where the value is unknown."""
    nan = np.nan
    rows = np.array([[1, nan, nan], [3, nan, 5], [nan, nan, 7]], dtype=np.float32)
    medians = medians_of(rows)
    assert medians.tolist() == [2, 0, 6]
    got = forest_input(rows, medians, np.array([0, 2]))
    assert got.tolist() == [[1, 0, 6, 0, 1], [3, 0, 5, 0, 0], [2, 0, 7, 1, 0]]


def test_the_forest_scores_as_onnx_what_it_scored_in_scikit_learn(fitted: Fitted) -> None:
    """Rows with missing values included, to the precision of its 32-bit sums."""
    forest: Forest = fitted["pattern"]
    session = onnxruntime.InferenceSession(forest_to_onnx(forest), providers=["CPUExecutionProvider"])
    rows = UNSEEN[:, columns("pattern")]
    assert np.isnan(rows).any(axis=1).sum() > 100
    got = session.run(["probabilities"], {"rows": forest_input(rows, forest.medians, forest.flagged)})[0][:, 1]
    np.testing.assert_allclose(got, forest.probability(rows), rtol=0, atol=1e-6)


def test_the_ensemble_scores_on_disk_as_its_models_do_in_memory(fitted: Fitted, folder: Path) -> None:
    """Forest, classifier, regressor in its unit, the probability from its error, and the rank among strengths."""
    got = EnsembleScorer(folder).score(UNSEEN)
    np.testing.assert_allclose(
        got.of("pattern"), fitted["pattern"].probability(UNSEEN[:, columns("pattern")]), atol=1e-6
    )
    catalyst = fitted["catalyst"].predict(xgboost.DMatrix(UNSEEN[:, columns("catalyst")]))
    np.testing.assert_array_equal(got.of("catalyst"), catalyst.astype(np.float64))
    outcome = fitted["outcome"].predict(xgboost.DMatrix(UNSEEN[:, columns("outcome")])).astype(np.float64)
    np.testing.assert_array_equal(got.expected_return, outcome * TARGET_SCALE)
    z = got.expected_return / 0.02
    assert ((got.of("outcome") > 0.5) == (z > 0)).all()
    at_one = np.abs(z - 1) < 0.05
    np.testing.assert_allclose(got.of("outcome")[at_one], 0.8413447, atol=0.02)  # the normal distribution at one sigma
    expected_rank = np.clip((got.strength - 0.3) / 0.4, 0, 1)
    np.testing.assert_allclose(got.rank, expected_rank, atol=0.02)


def test_a_row_scores_the_same_alone_and_in_any_batch(folder: Path) -> None:
    """Bit by bit, in another order and in another process start, so that a journal repeats."""
    scorer = EnsembleScorer(folder)
    whole = scorer.score(UNSEEN)
    backwards = scorer.score(UNSEEN[::-1])
    again = EnsembleScorer(folder).score(UNSEEN[100:200])
    for name in ("probabilities", "expected_return", "rank"):
        expected = np.atleast_2d(getattr(whole, name))
        np.testing.assert_array_equal(np.atleast_2d(getattr(backwards, name))[:, ::-1], expected, err_msg=name)
        np.testing.assert_array_equal(np.atleast_2d(getattr(again, name)), expected[:, 100:200], err_msg=name)
        alone = [np.atleast_2d(getattr(scorer.score(UNSEEN[at : at + 1]), name)) for at in range(0, 400, 20)]
        np.testing.assert_array_equal(np.hstack(alone), expected[:, :400:20], err_msg=name)


def test_no_rows_give_no_views(folder: Path) -> None:
    """A session without a setup is no error."""
    assert len(EnsembleScorer(folder).score(np.zeros((0, len(FEATURES)), dtype=np.float32)).strength) == 0


def test_the_forest_learns_a_planted_signal(fitted: Fitted) -> None:
    """Rows on the good side of the feature score higher than those on the other side."""
    probability = fitted["pattern"].probability(UNSEEN[:, columns("pattern")])
    good = UNSEEN[:, SIGNAL] > 0
    assert probability[good].mean() > probability[~good].mean() + 0.05


@pytest.mark.parametrize("name", ["pattern.onnx", "catalyst.ubj", "outcome.ubj"])
def test_a_file_that_is_not_the_registered_one_is_refused(folder: Path, name: str) -> None:
    """One bit, or the whole file missing; the error says what to do."""
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ModelError, match="is not the one that was registered; it is refused"):
        EnsembleScorer(folder)
    (folder / name).unlink()
    with pytest.raises(ModelError, match="train again"):
        EnsembleScorer(folder)


def test_a_damaged_card_is_refused(folder: Path) -> None:
    """Missing, cut off, or without a field."""
    text = (folder / CARD).read_text()
    for damaged in (text[:50], text.replace('"strengths"', '"spread"'), "[]"):
        (folder / CARD).write_text(damaged)
        with pytest.raises(ModelError, match="can't be read as a model card"):
            EnsembleScorer(folder)
    (folder / CARD).unlink()
    with pytest.raises(ModelError, match="can't be read as a model card"):
        EnsembleScorer(folder)


def test_models_whose_features_are_gone_are_refused_and_new_ones_change_nothing(folder: Path) -> None:
    """A pattern or an indicator that is added later is no reason to train anew: columns are found by name."""
    card = Card.from_json((folder / CARD).read_text())
    before = EnsembleScorer(folder).score(UNSEEN)
    (folder / CARD).write_text(replace(card, features=card.features[:-3][::-1]).to_json())  # three came since
    after = EnsembleScorer(folder).score(UNSEEN)
    assert after.probabilities.tobytes() == before.probabilities.tobytes()
    changed = [replace(card.models[0], features=["moon_phase", *card.models[0].features[1:]]), *card.models[1:]]
    (folder / CARD).write_text(replace(card, models=changed).to_json())
    with pytest.raises(ModelError, match="doesn't have: moon_phase"):
        EnsembleScorer(folder)
    (folder / CARD).write_text(card.to_json())
    with pytest.raises(ModelError, match=f"take {len(FEATURES)} features"):
        EnsembleScorer(folder).score(UNSEEN[:, 1:])


def test_a_card_comes_back_from_its_text(folder: Path) -> None:
    """The same card gives the same text, and the hashes on it are those of the files."""
    card = Card.from_json((folder / CARD).read_text())
    assert Card.from_json(card.to_json()) == card
    for file in card.models:
        assert sha256_of((folder / file.path).read_bytes()) == file.sha256


def test_the_same_seed_gives_the_same_files(fitted: Fitted, folder: Path, tmp_path: Path) -> None:
    """Fitting again on one and on two threads changes no byte of the forest."""
    rows = DATA.matrix[:, columns("pattern")]
    again = {**fitted, "pattern": fit_forest(FOREST, rows, DATA.success, seed=1, threads=2)}
    card = write_ensemble(tmp_path / "again", "ensemble-1", again, WINNERS, np.linspace(0.3, 0.7, 50), members=MEMBERS)
    assert card == Card.from_json((folder / CARD).read_text())


def test_a_regressor_without_error_is_refused(fitted: Fitted, tmp_path: Path) -> None:
    """Zero error means leaked outcomes, and its probabilities could not be computed."""
    winners = {**WINNERS, "outcome": replace(WINNERS["outcome"], residual_std=0.0)}
    with pytest.raises(ModelError, match="without any error"):
        write_ensemble(tmp_path, "ensemble-2", fitted, winners, np.linspace(0, 1, 5), members=MEMBERS)


def test_the_card_says_which_columns_were_left_out_and_their_values_change_nothing(tmp_path: Path) -> None:
    """Models that never saw `news_volume` score rows with and without it alike, and the card says why."""
    matrix = DATA.matrix.copy()
    at = FEATURES.index("news_volume")
    matrix[:, at] = np.nan
    data = replace(DATA, matrix=matrix).without_unknown(np.arange(len(DATA)))
    strengths = np.linspace(0, 1, 5)
    fitted = fitted_on(data)
    write_ensemble(tmp_path, "ensemble-3", fitted, WINNERS, strengths, members=MEMBERS, left_out=data.left_out)
    scorer = EnsembleScorer(tmp_path)
    assert scorer.card.left_out == {"news_volume": UNKNOWN}
    unknown, known = UNSEEN.copy(), UNSEEN.copy()
    unknown[:, at], known[:, at] = np.nan, 7.0
    np.testing.assert_array_equal(scorer.score(unknown).strength, scorer.score(known).strength)


def test_what_is_infinite_scores_as_unknown(folder: Path) -> None:
    """A feature that ran over says nothing, on disk as in training; XGBoost refuses infinite values."""
    rows = planted(9, sessions=2, per_session=5).matrix
    unknown, infinite = rows.copy(), rows.copy()
    unknown[:, 0], infinite[:, 0] = np.nan, np.inf
    unknown[1, 5], infinite[1, 5] = np.nan, -np.inf
    scorer = EnsembleScorer(folder)
    assert scorer.score(infinite).strength.tolist() == scorer.score(unknown).strength.tolist()
