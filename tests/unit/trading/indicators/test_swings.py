"""Swing highs and lows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.drawn import PRELUDE, draw, mirrored, wandering
from trading.bars.history import as_of
from trading.bars.panel import Panel
from trading.indicators.daily import compute
from trading.indicators.swings import Swings, average_true_range, swings


def _slowly(panel: Panel, multiple: float) -> list[tuple[int, int, float, int]]:
    """The definition, bar by bar: row, row where it was known, price, side."""
    found: list[tuple[int, int, float, int]] = []
    atr = average_true_range(panel)
    for start, end in zip(panel.offsets[:-1], panel.offsets[1:], strict=True):
        rows = [row for row in range(start, end) if atr[row] > 0]
        trend = 0
        high = low = -1
        for row in rows:
            if trend == 0:
                rose = low >= 0 and panel.high[row] - panel.low[low] >= multiple * atr[low]
                fell = high >= 0 and panel.high[high] - panel.low[row] >= multiple * atr[high]
                if rose != fell:
                    trend, high, low = (1, row, low) if rose else (-1, high, row)
                else:
                    high = row if high < 0 or panel.high[row] > panel.high[high] else high
                    low = row if low < 0 or panel.low[row] < panel.low[low] else low
            elif trend == 1:
                if panel.high[row] > panel.high[high]:
                    high = row
                elif panel.high[high] - panel.low[row] >= multiple * atr[high]:
                    found.append((high, row, panel.high[high], 1))
                    trend, low = -1, row
            elif panel.low[row] < panel.low[low]:
                low = row
            elif panel.high[row] - panel.low[low] >= multiple * atr[low]:
                found.append((low, row, panel.low[low], -1))
                trend, high = 1, row
    return [(int(row), int(known), float(price), side) for row, known, price, side in found]


def _listed(found: Swings) -> list[tuple[int, int, float, int]]:
    columns = (found.row, found.known_row, found.price, found.side)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_a_drawn_turn_is_known_when_price_came_back_far_enough() -> None:
    """Up to 110 and down 1 a bar: the high of 110.5 is known at the first low two ranges under it, and not before."""
    panel = draw((5, 110.0), (20, 90.0))
    atr = average_true_range(panel)
    found = swings(panel, atr, 2.0)
    top = PRELUDE + 4
    assert found.price.tolist() == [110.5]
    assert found.row.tolist() == [top]
    reach = 2.0 * atr[top]
    lows = 110.0 - np.arange(1, 21) - 0.5
    assert found.known_row.tolist() == [top + 1 + int(np.argmax(lows <= 110.5 - reach))]


@pytest.mark.parametrize("multiple", [0.5, 1.0, 2.5])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_turns_equal_the_definition_bar_by_bar(seed: int, multiple: float) -> None:
    """All symbols at once give what each gives alone, read one bar at a time."""
    panel = wandering(seed)
    expected = _slowly(panel, multiple)
    assert _listed(swings(panel, average_true_range(panel), multiple)) == expected
    assert len(expected) > 20, "the walk must turn, or this proves nothing"


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_highs_and_lows_take_turns_and_mirror_each_other(seed: int) -> None:
    """Within a symbol sides alternate and rows ascend; upside down every high is a low."""
    panel = wandering(seed)
    atr = average_true_range(panel)
    found = swings(panel, atr, 1.5)
    same = panel.symbol_index[found.row][1:] == panel.symbol_index[found.row][:-1]
    assert (found.side[1:] != found.side[:-1])[same].all(), seed
    assert (np.diff(found.row) > 0).all(), seed
    assert (found.known_row > found.row).all(), seed
    down = swings(mirrored(panel, 512.0), atr, 1.5)
    assert _listed(down) == [(row, known, 1024 - price, -side) for row, known, price, side in _listed(found)], seed


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(30, 340))
def test_a_turn_that_is_known_stays_as_it_was(seed: int, cut: int) -> None:
    """The turns known by a session are the same with and without later bars."""
    panel = wandering(seed)
    day = np.unique(panel.sessions)[cut]
    part = as_of(panel, [], [], day)
    rows = np.flatnonzero(panel.sessions <= day)
    whole = swings(panel, average_true_range(panel), 1.5)
    known = whole.take(panel.sessions[whole.known_row] <= day)
    cut_off = swings(part, average_true_range(part), 1.5)
    assert [(rows[row], rows[seen], price, side) for row, seen, price, side in _listed(cut_off)] == _listed(known), seed


def test_the_range_is_that_of_the_indicators() -> None:
    """Average true ranges equal the indicator of that name, bit by bit, also for symbols too short to have one."""
    panel = wandering(4)
    np.testing.assert_array_equal(average_true_range(panel), compute(panel)["atr_14"])
