"""Chart patterns of the whole US market."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.integration.shared_data import whole_market
from trading.bars.history import as_of
from trading.bars.panel import Panel
from trading.indicators.swings import average_true_range
from trading.patterns.chart.registry import NAMES, detect

COLUMNS = ("pattern", "direction", "level_usd", "entry_usd", "stop_usd", "target_usd")


@cache
def _market() -> Panel:
    return whole_market()


@cache
def _found() -> Any:
    return detect(_market(), average_true_range(_market()))


def test_every_pattern_occurs_and_none_is_everywhere() -> None:
    """On 2.3 million bars each pattern is found fifty times or more, and on fewer than one bar in a hundred."""
    counts = np.bincount(_found().pattern, minlength=len(NAMES))
    assert counts.min() >= 50, dict(zip(NAMES, counts.tolist(), strict=True))
    assert counts.max() < 0.01 * len(_market())


def test_entry_lies_between_stop_and_target_on_glitches_too() -> None:
    """Penny stocks and misprints included: stop, entry and target are in order, and no target is at or below zero."""
    found, panel = _found(), _market()
    way = found.direction
    assert (way * (found.entry_usd - found.stop_usd) > 0).all()
    known = np.isfinite(found.target_usd)
    assert (way * (found.target_usd - found.entry_usd) > 0)[known].all()
    assert (found.target_usd[known] > 0).all()
    assert (way[~known] < 0).all()
    np.testing.assert_array_equal(found.entry_usd, panel.close[found.row])
    np.testing.assert_array_equal(panel.symbol_index[found.start_row], panel.symbol_index[found.row])


@pytest.mark.parametrize("session", ["2015-08-24", "2016-02-11", "2016-06-24"])
def test_no_detection_of_a_wild_session_needs_a_later_bar(session: str) -> None:
    """What was found by the crash of August 2015, the low of February 2016 and the Brexit vote stays as it was."""
    panel, day = _market(), np.datetime64(session)
    part = as_of(panel, [], [], day)
    rows = np.flatnonzero(panel.sessions <= day)
    before, whole = detect(part, average_true_range(part)), _found()
    known = np.flatnonzero(panel.sessions[whole.row] <= day)
    np.testing.assert_array_equal(rows[before.row], whole.row[known])
    np.testing.assert_array_equal(rows[before.start_row], whole.start_row[known])
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(before, name), getattr(whole, name)[known], err_msg=name)
    assert len(known) > 1000
