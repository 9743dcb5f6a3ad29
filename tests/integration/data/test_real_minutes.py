"""Real minute bars: premarket, half-days, a change of the clock, and longer bars made of them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from tests.integration.shared_data import real_minutes, shared_frame
from trading.bars.intraday import IntradayPanel
from trading.bars.resample import resample, to_daily
from trading.bars.session_hours import PREMARKET, REGULAR, SessionHours

END = np.datetime64("2100-01-01T00:00:00", "s")
cached = cache(real_minutes)


def _wall_clock(panel: IntradayPanel) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(panel.starts_at).tz_localize("UTC").tz_convert("America/New_York")


def _symbol(panel: IntradayPanel, symbol: str) -> IntradayPanel:
    return panel.take(np.flatnonzero(panel.symbols[panel.symbol_index] == symbol))


def _session(panel: IntradayPanel, session: str) -> IntradayPanel:
    return panel.take(np.flatnonzero(panel.sessions == np.datetime64(session)))


def _counts(panel: IntradayPanel, hours: SessionHours, bar_s: int) -> int:
    regular = resample(panel.regular, bar_s, hours, known_at=END)
    return len(regular)


def test_premarket_is_before_half_past_nine_on_every_clock() -> None:
    """The phase follows New York's wall clock, in summer and winter time alike, and no bar was outside all hours."""
    panel, _, outside = cached("us_1min_trades_premarket")
    assert outside == 0
    wall = _wall_clock(panel)
    minute = wall.hour * 60 + wall.minute
    np.testing.assert_array_equal(panel.phase == PREMARKET, minute < 9 * 60 + 30)
    usual = panel.sessions != np.datetime64("2015-12-24")
    np.testing.assert_array_equal(panel.phase[usual] == REGULAR, ((minute >= 570) & (minute < 960))[usual])


def test_the_clock_change_moves_no_bar() -> None:
    """SHY on the Friday before and the Monday after the change of March 2008: both first half-hours end at 10:00."""
    panel, hours, _ = cached("us_1min_trades_premarket")
    half_hours = resample(_symbol(panel, "SHY").regular, 1800, hours, known_at=END)
    for session, utc in (("2008-03-07", "2008-03-07T15:00:00"), ("2008-03-10", "2008-03-10T14:00:00")):
        assert str(_session(half_hours, session).closes_at[0]) == utc


def test_a_real_half_day_has_seven_half_hours() -> None:
    """GOOG on Christmas Eve 2015 and SPY on that of 2019 close at 13:00; other days have thirteen half-hours."""
    panel, hours, _ = cached("us_1min_trades_premarket")
    goog = _symbol(panel, "GOOG")
    assert _counts(_session(goog, "2015-12-24"), hours, 1800) == 7
    assert _counts(_session(goog, "2015-12-23"), hours, 1800) == 13
    panel, hours, _ = cached("us_etf_1min_2019_12")
    spy = _symbol(panel, "SPY")
    assert _counts(_session(spy, "2019-12-24"), hours, 1800) == 7
    assert _counts(_session(spy, "2019-12-26"), hours, 1800) == 13


def test_nothing_is_lost_between_minutes_and_days() -> None:
    """Every regular share and high of 1,248 symbols is in their 5 minute, 30 minute and daily bars."""
    panel, hours, outside = cached("us_etf_1min_2019_12")
    assert outside == 0
    regular = panel.regular
    five = resample(panel, 300, hours, known_at=END)
    half_hours = resample(five, 1800, hours, known_at=END)
    day = to_daily(half_hours, hours, known_at=END)
    assert five.volume.sum() == half_hours.volume.sum() == panel.volume.sum()
    assert day.volume.sum() == regular.volume.sum()
    frame = pd.DataFrame(
        {"symbol": regular.symbols[regular.symbol_index], "session": regular.sessions, "high": regular.high}
    )
    highest = frame.groupby(["symbol", "session"], sort=True)["high"].max()
    np.testing.assert_array_equal(day.high, highest.to_numpy())


def test_days_made_of_minutes_agree_with_the_daily_file() -> None:
    """SPY and IBM in October 2013: the same opens and closes, and extremes within 0.05 %.

    Five of the 24 extremes differ, by a few cents each.
    """
    panel, hours, _ = cached("us_1min_trades_premarket")
    day = to_daily(panel, hours, known_at=END)
    prices = {name: getattr(day, name) for name in ("open", "high", "low", "close")}
    made = pd.DataFrame({"symbol": day.row_symbols, "session": day.sessions, **prices})
    frame = shared_frame("us_daily_etf_1998_2021")
    frame["session"] = frame["ts_et"].dt.normalize()
    both = made[made["symbol"].isin(["SPY", "IBM"])].merge(frame, on=["symbol", "session"], suffixes=("", "_daily"))
    assert len(both) == 12
    for name, tolerance in (("open", 1e-12), ("close", 1e-12), ("high", 5e-4), ("low", 5e-4)):
        np.testing.assert_allclose(both[name], both[f"{name}_daily"], rtol=tolerance, err_msg=name)
