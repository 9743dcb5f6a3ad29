"""Parts of the setups, and the strategy's targets by their intervals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pytest

from tests.fakes.planted import planted
from tests.fakes.said import said_of
from trading.performance.estimate import Estimate
from trading.views.setups import FEATURES
from tune.judgement.report.slices import Slice, slices
from tune.judgement.report.targets import targets_of, verdict
from tune.sets.training_set import TrainingSet

BASE = planted(31, sessions=60, per_session=20)


def having(**columns: npt.ArrayLike) -> TrainingSet:
    """The setups with some columns set."""
    matrix = BASE.matrix.copy()
    for name, values in columns.items():
        matrix[:, FEATURES.index(name)] = np.asarray(values)
    return replace(BASE, matrix=matrix)


def rows_of(found: list[Slice], by: str, label: str) -> np.ndarray:
    """Of the only part of the name."""
    (one,) = [part for part in found if (part.by, part.label) == (by, label)]
    return one.rows


def test_a_trend_is_the_markets_and_not_the_setups() -> None:
    """A short in a bull market holds -1 in the column, since setups see it from their own side."""
    direction = np.where(np.arange(len(BASE)) % 2, 1, -1).astype(np.int8)
    data = replace(having(market_trend=direction * 1.0), direction=direction)
    found = slices(data, {}, date(2009, 10, 1))
    assert rows_of(found, "trend", "bull").all()
    assert not [one for one in found if (one.by, one.label) == ("trend", "bear")]


def test_every_setup_is_in_one_part_of_each_kind() -> None:
    """Year, trend, volatility, sector, catalyst and parameters divide; what isn't known is a part of its own."""
    third = np.arange(len(BASE)) % 3
    data = having(has_catalyst=np.array([0.0, 1.0, np.nan])[third], market_volatility=third % 2)
    found = slices(data, {"S001": "Energy"}, date(2009, 10, 1))
    for by in ("year", "trend", "volatility", "sector", "catalyst", "parameters"):
        assert (sum(one.rows.astype(int) for one in found if one.by == by) == 1).all(), by
    assert (rows_of(found, "catalyst", "with") == (third == 1)).all()
    assert (rows_of(found, "catalyst", "unknown") == (third == 2)).all()
    assert (rows_of(found, "sector", "Energy") == (data.symbol == 1)).all()


def test_a_pattern_counts_where_it_stands_in_the_setups_favour() -> None:
    """+1 and not -1."""
    data = having(pattern_doji=np.where(np.arange(len(BASE)) % 4 == 0, 1, -1))
    assert rows_of(slices(data, {}, date(2009, 10, 1)), "pattern", "doji").sum() == len(BASE) / 4


@pytest.mark.parametrize(
    ("estimate", "expected"),
    [
        (Estimate(0.7, 0.66, 0.74), "met"), (Estimate(0.65, 0.65, 0.7), "met"), (Estimate(0.7, 0.6, 0.8), "not shown"),
        (Estimate(0.5, 0.45, 0.55), "not met"), (Estimate(0.9), "not shown"), (Estimate(None), "not shown"),
    ],
)  # fmt: skip
def test_a_target_is_met_or_missed_only_by_a_whole_interval(estimate: Estimate, expected: str) -> None:
    """A lucky figure without an interval, or with one across the target, shows nothing."""
    assert verdict(estimate, 0.65) == expected


def test_the_strategys_six_targets_are_judged() -> None:
    """A flawless ensemble meets accuracy; catalysts that succeed 0.8 against 0.2 are four times as good."""
    catalyst = np.arange(len(BASE)) % 2
    success = (np.random.default_rng(1).uniform(size=len(BASE)) < np.where(catalyst, 0.8, 0.2)).astype(np.float64)
    data = replace(having(has_catalyst=catalyst), success=success)
    found = targets_of(said_of(data, success), seed=1)
    assert [one.at_least for one in found] == [0.55, 0.65, 0.7, 0.75, 2.0, 0.65]
    assert {one.verdict for one in found} == {"met"}
    assert found[4].estimate.value == pytest.approx(success[catalyst == 1].mean() / success[catalyst == 0].mean())


def test_without_catalysts_their_ratio_is_not_shown() -> None:
    """None of the setups knows one."""
    found = targets_of(said_of(having(has_catalyst=np.nan), BASE.success), seed=1)
    assert (found[4].estimate.value, found[4].verdict) == (None, "not shown")
