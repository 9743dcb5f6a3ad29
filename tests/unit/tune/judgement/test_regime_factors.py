"""Weights adapt to a regime as far as outcomes in it say so, drawn to the strategy's, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from adapters.postgres.scored_views import STATES as COLUMNS
from adapters.postgres.scored_views import ScoredViews
from trading.bars.panel import as_date
from trading.errors import ModelError
from trading.trials.sealing import Span
from trading.views.ensemble import weighted
from trading.views.regime_weights import STATES, regime_weights
from trading.views.setups import FEATURES
from tune.judgement.regime_factors import factors_of

HIGH, LOW, UNKNOWN = 1.0, 0.0, np.nan

WEIGHTS = (0.4, 0.4, 0.2)
"""The strategy's."""


def _matrix(*volatility: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    matrix = np.full((len(volatility), len(FEATURES)), np.nan, dtype=np.float32)
    matrix[:, FEATURES.index("market_volatility")] = volatility
    return matrix


def _scored(seed: int, *, informed: bool, sessions: int = 120, per_session: int = 20) -> ScoredViews:
    """Sessions of high and low volatility in turn; in high the catalyst model may know what a coin will say."""
    rng = np.random.default_rng(seed)
    n = sessions * per_session
    at = np.repeat(np.arange(sessions), per_session)
    won = rng.integers(0, 2, n).astype(np.float64)
    said = rng.uniform(0.3, 0.7, (3, n))
    if informed:
        said[1] = np.where(at % 2 == 1, np.where(won > 0, 0.8, 0.2), said[1])
    days = np.busday_offset(np.datetime64("2014-01-02"), np.arange(sessions + 6)).astype("datetime64[D]")
    return ScoredViews(
        probabilities=said, won=won, session=days[at], known_session=days[at + 6],
        volatility=np.where(at % 2 == 1, "high", "low"), driver=np.full(n, ""),
    )  # fmt: skip


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
    """The planted model gains in high volatility at the cost of the others; in low the weights stay near."""
    factors = factors_of(_scored(3, informed=True), np.array(WEIGHTS))
    assert factors["high volatility"][1] > 1.1
    assert factors["high volatility"][0] < 1
    assert factors["high volatility"][2] < 1
    assert factors["low volatility"] == pytest.approx([1, 1, 1], abs=0.05)
    assert set(factors) == {"high volatility", "low volatility"}, "nothing is known of what drives the market"


@pytest.mark.parametrize("seed", range(10))
def test_weights_of_every_state_add_up_to_one(seed: int) -> None:
    """Whatever was learned, and also where two states meet."""
    factors = factors_of(_scored(seed, informed=seed % 2 == 0), np.array(WEIGHTS))
    for of_models in factors.values():
        assert float(np.dot(of_models, WEIGHTS)) == pytest.approx(1.0, abs=1e-12)
        assert all(0.5 - 1e-9 <= factor <= 1.5 + 1e-9 for factor in of_models)
    matrix = _matrix(HIGH, LOW, UNKNOWN)
    matrix[:, FEATURES.index("market_driver")] = 1.0
    both = {**factors, "driven by catalysts": [1.2, 0.9, 0.8]}
    assert regime_weights(matrix, FEATURES, both, WEIGHTS).sum(axis=1) == pytest.approx(1.0)


def test_too_few_sessions_leave_the_strategys_weights() -> None:
    """118 sessions are 59 of each volatility, one less than it takes: no state has factors at all."""
    assert factors_of(_scored(3, informed=True, sessions=118), np.array(WEIGHTS)) == {}
    assert set(factors_of(_scored(3, informed=True, sessions=119), np.array(WEIGHTS))) == {"low volatility"}


def test_what_is_sealed_is_not_learned_from() -> None:
    """A span over the last half: the same as without those setups, and those that ran into it."""
    scored = _scored(3, informed=True, sessions=260)
    days = np.unique(scored.session)
    span = Span(as_date(days[140]), as_date(days[-1]))
    kept = scored.known_session < days[140]
    without = ScoredViews(
        probabilities=scored.probabilities[:, kept], won=scored.won[kept], session=scored.session[kept],
        known_session=scored.known_session[kept], volatility=scored.volatility[kept], driver=scored.driver[kept],
    )  # fmt: skip
    sealed = factors_of(scored, np.array(WEIGHTS), [span])
    assert sealed == factors_of(without, np.array(WEIGHTS))
    assert sealed != factors_of(scored, np.array(WEIGHTS))


def test_every_state_is_read_from_the_record() -> None:
    """The states that a setup's features tell are those that the record's regimes tell."""
    assert set(COLUMNS) == set(STATES)
