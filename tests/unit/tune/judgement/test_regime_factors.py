"""Weights adapt to a regime where a model was shown to differ in it, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.planted import planted
from trading.errors import ModelError
from trading.views.ensemble import Views, weighted
from trading.views.regime_weights import regime_weights
from trading.views.setups import FEATURES
from tune.judgement.regime_factors import BETTER, WORSE, regime_factors
from tune.sets.training_set import TrainingSet

HIGH, LOW, UNKNOWN = 1.0, 0.0, np.nan

THREE = ("pattern", "catalyst", "outcome")
WEIGHTS = (0.4, 0.4, 0.2)
"""The strategy's."""


def _matrix(*volatility: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    matrix = np.full((len(volatility), len(FEATURES)), np.nan, dtype=np.float32)
    matrix[:, FEATURES.index("market_volatility")] = volatility
    return matrix


def _test_part(seed: int) -> TrainingSet:
    """Setups whose sessions are of high and low volatility in turn; outcomes are a coin's."""
    data = planted(seed)
    rng = np.random.default_rng(seed)
    _, session = np.unique(data.session, return_inverse=True)
    matrix = data.matrix.copy()
    matrix[:, data.features.index("market_volatility")] = session % 2
    return replace(data, matrix=matrix, success=rng.integers(0, 2, len(data)).astype(np.float64))


def _views(test: TrainingSet, seed: int, *, informed: bool) -> Views:
    """Three models that guess; in high volatility the catalyst model may know."""
    rng = np.random.default_rng(seed)
    guesses = [rng.uniform(0.3, 0.7, len(test)) for _ in range(3)]
    if informed:
        high = test.matrix[:, test.features.index("market_volatility")] == HIGH
        guesses[1] = np.where(high, np.where(test.success > 0, 0.8, 0.2), guesses[1])
    return Views.raw(THREE, np.array(guesses), guesses[2] - 0.5, rank=guesses[0], weights=np.array(WEIGHTS))


def test_without_factors_the_weights_are_the_strategys_bit_by_bit() -> None:
    """Weighting by row changes no strength when nothing was learned of regimes."""
    rng = np.random.default_rng(1)
    said = rng.uniform(size=(3, 4))
    weights = regime_weights(_matrix(HIGH, LOW, UNKNOWN, HIGH), FEATURES, {}, WEIGHTS)
    assert weights.tolist() == [list(WEIGHTS)] * 4
    assert weighted(said, weights).tolist() == weighted(said, np.array(WEIGHTS)).tolist()


def test_factors_count_in_their_state_alone() -> None:
    """Halving the catalyst model in high volatility leaves 0.4, 0.2 and 0.2 of 0.8; unknown volatility is no state."""
    weights = regime_weights(_matrix(HIGH, LOW, UNKNOWN), FEATURES, {"high volatility": [1.0, 0.5, 1.0]}, WEIGHTS)
    np.testing.assert_allclose(weights, [[0.5, 0.25, 0.25], list(WEIGHTS), list(WEIGHTS)])


@pytest.mark.parametrize("factors", [{"sunny": [1, 1, 1]}, {"high volatility": [1, 1]}, {"high volatility": [1, 0, 1]}])
def test_factors_without_sense_are_refused(factors: dict[str, list[float]]) -> None:
    """No such state, not three, or one that silences a model."""
    with pytest.raises(ModelError, match="train again"):
        regime_weights(_matrix(HIGH), FEATURES, factors, WEIGHTS)


def test_a_model_that_knows_more_in_a_state_gets_more_weight_there() -> None:
    """The planted model, and with it the difference of the others, is found in high volatility and not in low."""
    test = _test_part(3)
    factors = regime_factors(_views(test, 3, informed=True), test)
    assert factors["high volatility"][1] == BETTER
    assert factors["high volatility"][0] == WORSE
    assert "low volatility" not in factors


def test_models_that_guess_are_left_alone() -> None:
    """Of 60 markets in which no model knows anything, at most six have any factor at all (5 % are expected)."""
    tests = [_test_part(seed) for seed in range(60)]
    found = [regime_factors(_views(test, seed, informed=False), test) for seed, test in enumerate(tests)]
    assert sum(bool(factors) for factors in found) <= 6
