"""VWAP and volume by time of day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.made_minutes import hours, minutes, random_minutes
from trading.bars.intraday import IntradayPanel
from trading.bars.session_hours import REGULAR
from trading.indicators.intraday import INTRADAY_INDICATORS, compute_intraday, relative_volume, running_sum, vwap


def test_vwap_by_hand() -> None:
    """(12 x 100 + 15 x 300) / 400 = 14.25 at the second minute; premarket has none and the next session starts anew."""
    panel = minutes(
        [
            ("A", 0, -5, 9.0, 9.0, 9.0, 9.0, 1000),
            ("A", 0, 0, 11.0, 13.0, 11.0, 12.0, 100),
            ("A", 0, 1, 14.0, 17.0, 13.0, 15.0, 300),
            ("A", 1, 0, 20.0, 20.0, 20.0, 20.0, 10),
        ]
    )
    np.testing.assert_equal(vwap(panel), [np.nan, 12.0, 14.25, 20.0])
    np.testing.assert_allclose(compute_intraday(panel, hours())["vwap_distance"], [np.nan, 0, 15 / 14.25 - 1, 0])


def test_without_a_trade_there_is_no_vwap() -> None:
    """Minutes of zero volume leave it unknown at first and unchanged later, even with a missing price."""
    nan = float("nan")
    panel = minutes(
        [("A", 0, 0, 5.0, 5.0, 5.0, 5.0, 0), ("A", 0, 1, 6.0, 6.0, 6.0, 6.0, 10), ("A", 0, 2, nan, nan, nan, nan, 0)]
    )
    np.testing.assert_equal(vwap(panel), [np.nan, 6.0, 6.0])


def test_relative_volume_by_hand() -> None:
    """Two sessions had 100 and 300 shares by 09:35; 400 by then today is 2 times usual, and 09:31 is 30 / 100."""
    traded = [(0, 0, 50), (0, 3, 50), (0, 9, 7), (1, -9, 90), (1, 0, 150), (1, 1, 150), (3, 0, 30), (3, 4, 370)]
    panel = minutes([("A", session, minute, 5.0, 5.0, 5.0, 5.0, shares) for session, minute, shares in traded])
    expected = [np.nan] * 6 + [30 / 100, 400 / 200]
    np.testing.assert_equal(relative_volume(panel, hours(), sessions=2), expected)


def test_relative_volume_equals_a_search_bar_by_bar() -> None:
    """At random bars: the symbol's shares of this phase so far, and of the three sessions before by the same time."""
    panel, calendar = random_minutes(5, symbols=2, sessions=6), hours()
    got = relative_volume(panel, calendar, sessions=3)
    begins, _ = calendar.bounds(calendar.positions(panel.sessions), panel.phase)
    since = panel.closes_at - begins
    symbol, days = panel.symbol_index, np.unique(panel.sessions)
    for row in np.random.default_rng(5).integers(0, len(panel), 60).tolist():
        now = int(np.searchsorted(days, panel.sessions[row]))
        alike = (symbol == symbol[row]) & (panel.phase == panel.phase[row]) & (since <= since[row])
        past = [panel.volume[alike & (panel.sessions == day)].sum() for day in days[max(0, now - 3) : now]]
        today = panel.volume[alike & (panel.sessions == days[now])].sum()
        np.testing.assert_allclose(got[row], today / np.mean(past) if now >= 3 else np.nan)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), after_s=st.integers(-3600, 4 * 86_400))
def test_no_value_looks_ahead(seed: int, after_s: int) -> None:
    """What was known at a time is the same with and without later bars, to the last bit."""
    panel, calendar = random_minutes(seed, symbols=2), hours()
    at = calendar.open_at[0] + np.timedelta64(after_s, "s")
    known = panel.closes_at <= at

    def values(bars: IntradayPanel) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
        usual = {"relative_volume_2": relative_volume(bars, calendar, sessions=2)}
        return compute_intraday(bars, calendar) | usual

    whole, part = values(panel), values(panel.known_at(at))
    for name in whole:
        np.testing.assert_array_equal(part[name], whole[name][known], err_msg=f"{name} {seed}")


def test_every_value_is_known_from_its_warm_up_on() -> None:
    """VWAP from the first regular bar with a trade; relative volume from the eleventh session of a symbol."""
    panel = random_minutes(7, symbols=1, sessions=12)
    values = compute_intraday(panel, hours())
    assert set(values) == set(INTRADAY_INDICATORS)
    np.testing.assert_array_equal(np.isfinite(values["vwap"]), panel.phase == REGULAR)
    late = panel.sessions >= np.unique(panel.sessions)[10]
    assert np.isnan(values["relative_volume_tod"][~late]).all()
    assert np.isfinite(values["relative_volume_tod"][late & (panel.phase == REGULAR)]).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_running_sums_equal_a_loop(seed: int) -> None:
    """Each stretch is summed by itself."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=200)
    starts = np.append(0, np.sort(rng.choice(np.arange(1, 200), 30, replace=False)))
    expected = np.concatenate([np.cumsum(part) for part in np.split(values, starts[1:])])
    np.testing.assert_array_equal(running_sum(values, starts), expected)


def test_no_bars_have_no_values() -> None:
    """An empty panel gives empty arrays."""
    assert all(len(values) == 0 for values in compute_intraday(minutes([]), hours()).values())
