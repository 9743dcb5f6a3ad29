"""The watches on the bundled sample, shuffled, and on years in which a pattern's edge reverses."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.made_drift import Planted, SampleSessions, planted_year, sample_sessions, shuffled
from benchmarks.watching import calibration_alarms, delays, false_alarms
from trading.watching.analytics import of_version
from trading.watching.calibration import CalibrationRules, watch_calibration
from trading.watching.concepts import ConceptRules, watch_concept
from trading.watching.features import (
    BINS,
    WATCHED,
    FeatureRules,
    day_of,
    edges_of,
    index,
    reference_of,
    watch_features,
    watch_unknown,
)
from trading.watching.marks import Scored, marks_of
from trading.watching.promotion import PromotionRules, beside, beside_rules
from trading.watching.stages import Hold, StageRules, after

FEATURES = FeatureRules()
BUDGET = 0.5
"""False alarms a year and version, of all watches together, as stated in docs/monitoring.md."""


@pytest.fixture(scope="module")
def sample() -> SampleSessions:
    """Setups of the bundled sample."""
    return sample_sessions()


def test_false_alarms_stay_within_the_budget(sample: SampleSessions) -> None:
    """On shuffled years nothing drifts; the whole 200 are `python -m benchmarks watching`."""
    assert sum(false_alarms(sample, 12, 11).values()) <= BUDGET


def test_a_reversed_edge_is_found_in_time_and_the_size_is_cut() -> None:
    """Calibration and concept drift find it; the version then has half the size, and later none."""
    found = delays(Planted(), 8, 12)
    assert np.median(found["calibration"]) <= 40
    assert np.median(found["concept"]) <= 20

    rng, hold, stages = np.random.default_rng(4), Hold(), []
    year = planted_year(rng, Planted(), 200)
    for at in range(100, 200):
        seen = [watch_calibration(year[:at], CalibrationRules()), watch_concept(year[:at], ConceptRules())]
        hold = after(hold, seen, StageRules())
        stages.append(hold.stage)
    assert stages[:26] == ["full"] * 26, "before the reversal"
    assert "half" in stages[26:60]
    assert "rules" in stages


def test_no_edge_that_reverses_gives_no_alarm() -> None:
    """The same years without a reversal."""
    rng = np.random.default_rng(13)
    for _ in range(6):
        year = planted_year(rng, Planted(reverses=10_000))
        assert calibration_alarms(year, CalibrationRules()) == []


def test_a_shifted_feature_is_named_and_rows_of_one_session_are_one_witness(sample: SampleSessions) -> None:
    """One feature's tenths are emptied for a month: it alone is found. A single odd session is not enough."""
    drawn = sample.shares[shuffled(np.random.default_rng(1), len(sample.shares), 100)]
    reference = reference_of(drawn[:60], sample.edges, FEATURES, learned=True)
    window = drawn[60:80].copy()
    at = list(WATCHED).index("atr_pct")
    one_odd = window.copy()
    one_odd[3, at] = np.eye(BINS)[9]
    assert watch_features(reference, one_odd, FEATURES, 1).state == "quiet"
    window[:, at] = 0.2 * window[:, at] + 0.8 * np.eye(BINS)[9]
    told = watch_features(reference, window, FEATURES, 1)
    assert told.state == "alarm"
    assert "atr_pct" in told.words
    assert "breadth" not in told.words


def test_features_are_looked_at_once_a_window(sample: SampleSessions) -> None:
    """Between two looks the last word stands, so that no session is a chance of its own."""
    reference = reference_of(sample.shares[:60], sample.edges, FEATURES, learned=True)
    days = sample.shares[60:120]
    told = [watch_features(reference, days[:count], FEATURES, 1) for count in (19, 20, 39, 40)]
    assert told[0].state == "not_enough_data"
    assert told[1] == told[2]
    assert told[2] != told[3]


def test_unknown_values_above_every_week_before_are_an_alarm(sample: SampleSessions) -> None:
    """A source that falls silent; NaN isn't a tenth."""
    reference = reference_of(sample.shares[:60], sample.edges, FEATURES, learned=False)
    usual = np.full(5, reference.unknown)
    assert watch_unknown(reference, usual, FEATURES).state == "quiet"
    assert watch_unknown(reference, usual + 0.06, FEATURES).state == "alarm"
    assert watch_unknown(reference, usual[:4], FEATURES).state == "not_enough_data"
    assert watch_unknown(None, usual, FEATURES).state == "not_enough_data"
    rows = np.full((4, len(WATCHED)), np.nan, dtype=np.float32)
    told = day_of(rows, edges_of(np.arange(400, dtype=np.float32).reshape(40, 10)))
    assert told.unknown == 1.0
    assert told.shares.sum(axis=1).tolist() == [1.0] * len(WATCHED)


def test_the_index_is_that_of_the_textbook() -> None:
    """Half and half against a quarter and three quarters: 0.25 ln 2 + 0.25 ln 1.5 = 0.2747."""
    told = index(np.array([0.5, 0.5]), np.array([0.25, 0.75]))
    assert told == pytest.approx(0.25 * np.log(2.0) + 0.25 * np.log(1.5))


def test_a_feature_that_is_never_known_has_no_edges() -> None:
    """Its values are all in the bin of unknown ones, and a first known value is far away from that."""
    rows = np.column_stack([np.arange(50.0), np.full(50, np.nan)]).astype(np.float32)
    edges = edges_of(rows)
    assert np.isnan(edges[1]).all()
    assert day_of(rows, edges).shares[1].tolist() == [0.0] * 10 + [1.0]


def test_equal_probabilities_claim_nothing_and_are_no_alarm() -> None:
    """A flat calibration gives every setup the base rate; rounding in its mean must not look like evidence."""
    year = [
        marks_of(one.session, "flat", _flat(0.1 + 0.2 + at * 1e-9, at))
        for at, one in enumerate(planted_year(np.random.default_rng(2), Planted(), 60))
    ]
    assert {one.claimed for one in year} == {0.0}
    assert {one.told for one in year} == {0.0}
    told = watch_calibration(year, CalibrationRules())
    assert (told.state, told.value) == ("quiet", 0.0)
    assert watch_concept(year, ConceptRules()).state == "quiet"


def _flat(probability: float, seed: int) -> Scored:
    rng, no, nothing = np.random.default_rng(seed), np.zeros(333, dtype=np.bool_), np.full(333, np.nan)
    won = (rng.random(333) < 0.45).astype(np.float64)
    return Scored(
        probability=np.full(333, probability), expected_return=nothing, in_play=no, chosen=no, by_rules=no, won=won,
        net_return=won - 0.5, catalyst=nothing,
    )  # fmt: skip


@pytest.mark.parametrize("count", [0, 9])
def test_few_sessions_say_nothing_yet(count: int) -> None:
    """All outcomes open, or a first week."""
    year = planted_year(np.random.default_rng(1), Planted(), 20)[:count]
    for told in (watch_calibration(year, CalibrationRules()), watch_concept(year, ConceptRules())):
        assert told.state == "not_enough_data"
        assert "not enough data yet" in told.words


def test_every_length_has_an_answer() -> None:
    """From no session to the third season, each watch and the verdicts say something, and figures are finite."""
    year = planted_year(np.random.default_rng(5), Planted(setups=30), 130)
    days, rules = np.datetime64("2010-01-01") + np.arange(400), PromotionRules()
    for count in range(131):
        seen = year[:count]
        for told in (watch_calibration(seen, CalibrationRules()), watch_concept(seen, ConceptRules())):
            assert told.words
            assert told.value is None or np.isfinite(told.value)
        assert beside(seen, seen, days, rules).why
        assert beside_rules(seen, days, rules).verdict == "not_enough_data", "no candidate was ever in play"
        assert all(one.missing or one.value is not None for one in of_version(seen, {"bull": np.ones(count)}))
