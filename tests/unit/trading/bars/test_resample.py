"""Intraday panels and longer bars made of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.made_minutes import HALF_DAY, hours, minutes, random_minutes
from trading.bars.intraday import IntradayPanel
from trading.bars.resample import resample, to_daily
from trading.bars.session_hours import AFTER_HOURS, PREMARKET, SessionHours
from trading.errors import BadDataError, ConfigurationError

END = np.datetime64("2030-01-01T00:00:00", "s")
COLUMNS = ("starts_at", "closes_at", "sessions", "phase", "open", "high", "low", "close", "volume")


def _frame(panel: IntradayPanel) -> pd.DataFrame:
    columns = {name: getattr(panel, name) for name in COLUMNS}
    return pd.DataFrame({"symbol": panel.symbols[panel.symbol_index], **columns})


def test_five_minutes_are_five_minutes_by_hand() -> None:
    """First open, highest high, lowest low, last close, summed volume; the stamp is when the bar is over."""
    panel = minutes(
        [
            ("A", 0, 0, 10.0, 11.0, 9.5, 10.5, 100),
            ("A", 0, 3, 10.5, 12.0, 10.0, 11.5, 200),
            ("A", 0, 4, 11.5, 11.5, 8.0, 9.0, 300),
            ("A", 0, 5, 9.0, 9.5, 8.5, 9.25, 50),
        ]
    )
    five = resample(panel, 300, hours(), known_at=END)
    assert [five.open.tolist(), five.high.tolist(), five.low.tolist(), five.close.tolist()] == [
        [10.0, 9.0], [12.0, 9.5], [8.0, 8.5], [9.0, 9.25],
    ]  # fmt: skip
    assert five.volume.tolist() == [600.0, 50.0]
    open_at = hours().open_at[0]
    assert (five.closes_at - open_at).astype(np.int64).tolist() == [300, 600]


def test_a_bar_that_is_not_over_does_not_exist() -> None:
    """At 09:33 there is no five-minute bar yet, at 09:35 there is, though the last minutes had no trade."""
    panel = minutes([("A", 0, 0, 10.0, 11.0, 9.5, 10.5, 100), ("A", 0, 2, 10.5, 12.0, 10.0, 11.5, 200)])
    open_at = hours().open_at[0]
    early, due = open_at + np.timedelta64(299, "s"), open_at + np.timedelta64(300, "s")
    assert len(resample(panel, 300, hours(), known_at=early)) == 0
    assert resample(panel, 300, hours(), known_at=due).volume.tolist() == [300.0]


def test_phases_are_kept_apart_and_half_days_end_early() -> None:
    """A half-hour holds one phase only; on a half-day the last regular one ends at the early close."""
    rows = [("A", HALF_DAY, minute, 10.0, 10.0, 10.0, 10.0, 1) for minute in range(-10, 220)]
    half_hours = resample(minutes(rows), 1800, hours(), known_at=END)
    assert np.bincount(half_hours.phase + 1).tolist() == [1, 7, 1]
    assert half_hours.volume.tolist() == [10.0, *[30.0] * 7, 10.0]
    day = to_daily(minutes(rows), hours(), known_at=END)
    assert day.volume.tolist() == [210.0]
    assert to_daily(minutes(rows), hours(), known_at=END, phase=PREMARKET).volume.tolist() == [10.0]
    assert to_daily(minutes(rows), hours(), known_at=END, phase=AFTER_HOURS).volume.tolist() == [10.0]


def test_an_hour_that_does_not_fit_ends_with_the_phase() -> None:
    """The regular session has six hours and a half: the seventh hourly bar is stamped at the close."""
    rows = [("A", 0, minute, 10.0, 10.0, 10.0, 10.0, 1) for minute in range(390)]
    hourly = resample(minutes(rows), 3600, hours(), known_at=END)
    assert hourly.volume.tolist() == [60.0] * 6 + [30.0]
    assert hourly.closes_at[-1] == hours().close_at[0]
    assert len(resample(minutes(rows), 3600, hours(), known_at=hours().close_at[0])) == 7


@pytest.mark.parametrize("bar_s", [120, 300, 1800])
def test_bars_equal_a_pandas_group_by(bar_s: int) -> None:
    """The same bars as pandas makes by grouping on symbol, session, phase and the time since the phase began."""
    panel = random_minutes(3)
    calendar = hours()
    frame = _frame(panel)
    begins, _ = calendar.bounds(calendar.positions(panel.sessions), panel.phase)
    frame["bin"] = (frame["starts_at"] - begins) // pd.Timedelta(seconds=bar_s)
    groups = frame.groupby(["symbol", "sessions", "phase", "bin"])
    expected = groups.agg(
        open=("open", "first"),
        high=("high", "max"),
        low=("low", "min"),
        close=("close", "last"),
        volume=("volume", "sum"),
    ).reset_index()
    got = _frame(resample(panel, bar_s, calendar, known_at=END))
    for name in ("symbol", "sessions", "phase", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(got[name], expected[name], err_msg=name)


def test_by_way_of_five_minutes_is_the_same_as_directly() -> None:
    """1 to 5 to 30 minutes equals 1 to 30, and a day of half-hours equals a day of minutes."""
    panel, calendar = random_minutes(4), hours()
    five = resample(panel, 300, calendar, known_at=END)
    direct, stepped = (resample(bars, 1800, calendar, known_at=END) for bars in (panel, five))
    pd.testing.assert_frame_equal(_frame(direct), _frame(stepped))
    one, other = (to_daily(bars, calendar, known_at=END) for bars in (panel, direct))
    for name in ("symbols", "offsets", "sessions", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 1000), after_s=st.integers(-3600, 4 * 86_400))
def test_no_bar_looks_ahead(seed: int, after_s: int) -> None:
    """Resampling what was known at a time equals what was over by then of the resampled whole."""
    panel, calendar = random_minutes(seed, symbols=2), hours()
    at = calendar.open_at[0] + np.timedelta64(after_s, "s")
    whole = resample(panel, 300, calendar, known_at=END).known_at(at)
    part = resample(panel.known_at(at), 300, calendar, known_at=at)
    pd.testing.assert_frame_equal(_frame(whole), _frame(part))


def test_what_cannot_be_is_refused() -> None:
    """Bars outside all hours, twice the same minute, lengths that don't divide, sessions without hours, bad hours."""
    bar = ("A", 0, 0, 10.0, 10.0, 10.0, 10.0, 1)
    with pytest.raises(BadDataError, match="1 bars are outside the hours of every session, the first of A"):
        minutes([bar, ("A", 0, 700, 10.0, 10.0, 10.0, 10.0, 1)])
    with pytest.raises(BadDataError, match="more than one bar"):
        minutes([bar, bar])
    with pytest.raises(ConfigurationError, match="ask for a multiple"):
        resample(minutes([bar]), 90, hours(), known_at=END)
    later = SessionHours(
        *(getattr(hours(), name)[1:] for name in ("sessions", "premarket_at", "open_at", "close_at", "end_at"))
    )
    with pytest.raises(BadDataError, match="not known; pass a longer calendar"):
        resample(minutes([bar]), 300, later, known_at=END)
    with pytest.raises(BadDataError, match="not in order"):
        SessionHours(later.sessions, later.open_at, later.premarket_at, later.close_at, later.end_at)


def test_no_minutes_make_no_bars() -> None:
    """An empty panel stays empty."""
    assert len(resample(minutes([]), 300, hours(), known_at=END)) == 0
    assert len(to_daily(minutes([]), hours(), known_at=END)) == 0
