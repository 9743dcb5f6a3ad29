"""Support and resistance."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.drawn import PRELUDE, draw, scaled, wandering
from trading.arrays import Floats
from trading.bars.history import as_of
from trading.bars.panel import Panel
from trading.indicators.levels import LEVELS, RECENT_TURNS, compute_levels
from trading.indicators.swings import average_true_range, swings


def _levels(panel: Panel) -> dict[str, Floats]:
    return compute_levels(panel, swings(panel, average_true_range(panel), 1.5))


def test_a_known_top_is_resistance_until_price_is_above_it() -> None:
    """A high of 110.5 stands above a close of 104: 110.5 / 104 - 1; above it, it is support: 112 / 110.5 - 1."""
    panel = draw((5, 110.0), (6, 104.0), (8, 112.0))
    values = _levels(panel)
    low, last = PRELUDE + 10, PRELUDE + 18
    assert values["resistance_distance"][low] == 110.5 / 104 - 1
    assert np.isnan(values["support_distance"][low])
    assert values["support_distance"][last] == 112 / 110.5 - 1
    assert np.isnan(values["resistance_distance"][last])


def test_levels_equal_a_search_bar_by_bar() -> None:
    """Of the last eight turns known at a bar, the nearest on each side of its close."""
    panel = wandering(2)
    turns, values = swings(panel, average_true_range(panel), 1.5), _levels(panel)
    symbol = panel.symbol_index
    for row in range(0, len(panel), 7):
        known = (turns.known_row <= row) & (symbol[turns.row] == symbol[row])
        prices, close = turns.price[known][-RECENT_TURNS:], panel.close[row]
        below, above = prices[prices <= close], prices[prices > close]
        np.testing.assert_equal(values["support_distance"][row], close / below.max() - 1 if len(below) else np.nan)
        np.testing.assert_equal(values["resistance_distance"][row], above.min() / close - 1 if len(above) else np.nan)
    assert np.isfinite(values["support_distance"]).sum() > 200, "the walk must have levels, or this proves nothing"


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(30, 340))
def test_levels_look_neither_ahead_nor_at_the_unit(seed: int, cut: int) -> None:
    """Values known at a session stay as they were, are NaN in the warm-up, and the same in other shares."""
    panel = wandering(seed)
    day = np.unique(panel.sessions)[cut]
    whole, part, other = _levels(panel), _levels(as_of(panel, [], [], day)), _levels(scaled(panel, 4.0))
    for name, values in whole.items():
        np.testing.assert_array_equal(part[name], values[panel.sessions <= day], err_msg=f"{name} {seed}")
        np.testing.assert_array_equal(other[name], values, err_msg=f"{name} {seed}")
        assert np.isnan(values[panel.bar_numbers < LEVELS[name].warm_up_bars]).all(), seed
