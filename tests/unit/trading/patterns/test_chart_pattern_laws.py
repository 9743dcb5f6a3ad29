"""What holds for every chart pattern on any chart: mirror image, scale, and no look-ahead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.drawn import found_in, mirrored, scaled, wandering
from trading.bars.history import as_of
from trading.bars.panel import Panel
from trading.indicators.swings import average_true_range
from trading.patterns.chart.detections import ChartDetections
from trading.patterns.chart.registry import FAMILIES, detect

SEEDS = st.integers(0, 10_000)
OTHER_SIDE = {family.long: family.short for family in FAMILIES} | {family.short: family.long for family in FAMILIES}
Row = tuple[int, str, int, int, float, float, float, float]


def _listed(found: ChartDetections) -> list[Row]:
    columns = (
        found.row, found.names, found.direction, found.start_row, found.level_usd, found.entry_usd,
        found.stop_usd, found.target_usd,
    )  # fmt: skip
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def _assert_same(got: list[Row], expected: list[Row], seed: int) -> None:
    assert [row[:4] for row in got] == [row[:4] for row in expected], seed
    np.testing.assert_allclose([row[4:] for row in got], [row[4:] for row in expected], rtol=1e-9, err_msg=str(seed))


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS)
def test_upside_down_every_pattern_is_its_mirror_image(seed: int) -> None:
    """Reflecting all prices turns each detection into the other direction's, prices reflected, and adds none."""
    panel = wandering(seed)
    high = 2048.0  # so far up that no target falls below zero, on either side
    lifted = mirrored(mirrored(panel, 0.0), high / 2)  # each price plus `high`
    up, down = _listed(found_in(lifted)), _listed(found_in(mirrored(lifted, high)))
    expected = [
        (row, OTHER_SIDE[name], -way, start, *(2 * high - price for price in prices))
        for row, name, way, start, *prices in up
    ]
    _assert_same(down, sorted(expected), seed)


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, factor=st.sampled_from([2.0**-7, 0.5, 8.0, 0.1, 3.0]))
def test_patterns_do_not_depend_on_the_unit_of_price(seed: int, factor: float) -> None:
    """Restating every price in another unit changes no detection, and its prices by that unit."""
    panel = wandering(seed)
    expected = [(*row[:4], *(price * factor for price in row[4:])) for row in _listed(found_in(panel))]
    _assert_same(_listed(found_in(scaled(panel, factor))), expected, seed)


def _assert_causal(detector: Callable[[Panel], ChartDetections], panel: Panel, day: np.datetime64, seed: int) -> None:
    rows = np.flatnonzero(panel.sessions <= day)
    part = [
        (int(rows[row]), name, way, int(rows[start]), *prices)
        for row, name, way, start, *prices in _listed(detector(as_of(panel, [], [], day)))
    ]
    known = [row for row in _listed(detector(panel)) if panel.sessions[row[0]] <= day]
    assert str(part) == str(known), f"seed {seed} looks beyond {day}"  # str, so that NaN equals NaN


@settings(max_examples=12, deadline=None)
@given(seed=SEEDS, cut=st.integers(30, 340))
def test_no_chart_pattern_looks_ahead(seed: int, cut: int) -> None:
    """The detections of a session and of those before it are the same with and without later bars."""
    panel = wandering(seed)
    _assert_causal(found_in, panel, np.unique(panel.sessions)[cut], seed)


def _with_the_mean_range(panel: Panel) -> ChartDetections:
    """A planted look-ahead: ranges of the whole history."""
    atr = average_true_range(panel)
    return detect(panel, np.where(np.isnan(atr), np.nan, np.nanmean(atr)))


def _known_too_early(panel: Panel) -> ChartDetections:
    """A planted look-ahead: a trigger reported three bars before it happened."""
    found = found_in(panel)
    return ChartDetections(
        np.maximum(found.row - 3, 0), found.pattern, found.direction, found.start_row, found.level_usd,
        found.entry_usd, found.stop_usd, found.target_usd, found.vocabulary,
    )  # fmt: skip


@pytest.mark.parametrize("leak", [_with_the_mean_range, _known_too_early])
def test_a_planted_look_ahead_is_caught(leak: Callable[[Panel], ChartDetections]) -> None:
    """The comparison above fails on detections that do look ahead; otherwise it would prove nothing."""
    panel = wandering(60)
    days = np.unique(panel.sessions)

    def compare_every_tenth_day() -> None:
        for day in days[40::10]:
            _assert_causal(leak, panel, day, 60)

    with pytest.raises(AssertionError, match="looks beyond"):
        compare_every_tenth_day()


def test_random_walks_hold_patterns() -> None:
    """The walks of these tests hold detections of most patterns, or the tests above would compare nothing."""
    names = {name for seed in range(12) for name in found_in(wandering(seed)).names.tolist()}
    assert len(names) >= 10


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_entry_lies_between_stop_and_target(seed: int) -> None:
    """Seen from its direction each detection's stop is below its entry, its target above it, its level not above it."""
    found = found_in(wandering(seed))
    way = found.direction
    assert (way * (found.entry_usd - found.stop_usd) > 0).all(), seed
    assert (way * (found.entry_usd - found.level_usd) > 0).all(), seed
    known = np.isfinite(found.target_usd)
    assert (way * (found.target_usd - found.entry_usd) > 0)[known].all(), seed
    assert (found.start_row < found.row).all(), seed
