"""The strategy's four names, by hand on six candidates."""

from __future__ import annotations

import numpy as np
import pytest

from trading.accounting.return_on_ml import Sides, return_on_ml
from trading.evidence.calls import Candidates

SESSION = np.array(
    ["2010-01-04", "2010-01-04", "2010-01-05", "2010-01-05", "2010-01-06", "2010-01-06"], "datetime64[D]"
)
NET = np.array([0.05, -0.02, 0.01, -0.04, -0.03, 0.03])
RULES = np.array([True, True, True, True, True, False])
MODELS = np.array([True, False, False, True, False, True])
CANDIDATES = Candidates(SESSION, NET > 0, NET, {"rule": RULES, "hybrid": MODELS})
SIDES = Sides("hybrid", "rule", [1_000, 1_100, 1_200], [1_000, 1_000, 1_050], 500.0, 60.0)


def test_the_four_by_hand() -> None:
    """Rules: 2 good, 3 bad of 5; models: 2 good, 1 bad of 3."""
    found = return_on_ml(CANDIDATES, SIDES, 7)
    value = {one.name: one.value.value for one in found.components}
    assert value["accuracy_improvement"] == pytest.approx(4 / 6 - 2 / 6)  # right: models 4, rules 2 (0.05 and 0.01)
    assert value["false_positive_reduction"] == pytest.approx((3 - 1) * 0.03 * 500)  # mean loss (2 + 4 + 3) / 3 %
    assert value["timing_improvement"] == pytest.approx(0.0)  # as many good ones
    assert value["capital_efficiency"] == pytest.approx((2 / 3 - 2 / 5) * 1_100)  # mean equity of the portfolio
    assert found.benefit_usd.value == 150
    assert found.roi.value == pytest.approx((150 - 60) / 60)


def test_too_few_calls_have_no_interval() -> None:
    """Six candidates of three sessions say nothing for certain, and that is said."""
    found = return_on_ml(CANDIDATES, SIDES, 7)
    assert found.missing.startswith("not enough data yet: 3 of at least 20 sessions with candidates")
    assert all(one.value.low is None for one in found.components)


def test_without_costs_there_is_no_return_and_without_a_position_no_dollars() -> None:
    """Nothing is divided by costs that nobody entered, nothing multiplied by a position that nobody held."""
    found = return_on_ml(CANDIDATES, Sides("hybrid", "rule", [1_000, 1_100], [1_000, 1_000], None, None), 7)
    assert found.roi.value is None
    assert [one.value.value for one in found.components if one.name.endswith("reduction")] == [None]


def test_no_candidates_at_all() -> None:
    """An empty quarter has figures of nothing."""
    nothing = Candidates(SESSION[:0], NET[:0] > 0, NET[:0], {"rule": RULES[:0], "hybrid": RULES[:0]})
    found = return_on_ml(nothing, SIDES, 7)
    assert {one.value.value for one in found.components} <= {None, 0.0}
    assert found.components[0].value.value is None
