"""The scanner during real sessions: premarket and open, against arithmetic by pandas, and a split."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from tests.integration.shared_data import real_minutes, shared_frame
from trading.bars.intraday import IntradayPanel
from trading.bars.session_hours import SessionHours
from trading.gates import Split
from trading.scanner.intraday import IntradayScan, scan_intraday
from trading.scanner.rules import large_cap

cached = cache(real_minutes)
LOOSE = replace(large_cap(), min_move=1e-9, min_relative_volume=1e-9, min_dollar_volume_usd=0.0)
OPEN, PREMARKET = np.datetime64("2013-10-11T14:00:00"), np.datetime64("2013-10-11T13:00:00")
"""10:00 and 09:00 in New York, in summer time."""


def _scan(panel: IntradayPanel, hours: SessionHours, at: np.datetime64, jumps: tuple[Split, ...] = ()) -> IntradayScan:
    return scan_intraday(panel, hours, at=at, rules=LOOSE, jumps=jumps, usual_sessions=3)


def _by_pandas(symbol: str, first: str, last: str, days: list[str]) -> tuple[float, float, float]:
    """Change since the close before, gap, and volume against the mean of the three days before, to that wall clock."""
    frame = shared_frame("us_1min_trades_premarket")
    bars = frame[frame["symbol"] == symbol].set_index("ts_et").sort_index()
    so_far = {day: bars.loc[f"{day} {first}" : f"{day} {last}"] for day in days}
    before = bars.loc[f"{days[-2]} 09:30" : f"{days[-2]} 15:59", "close"].iloc[-1]
    today = so_far[days[-1]]
    usual = float(np.mean([so_far[day]["volume"].sum() for day in days[-4:-1]]))
    return today["close"].iloc[-1] / before - 1, today["open"].iloc[0] / before - 1, today["volume"].sum() / usual


@pytest.mark.parametrize("symbol", ["AIG", "BAC", "IBM", "SPY"])
def test_half_an_hour_after_the_open_it_is_what_pandas_finds(symbol: str) -> None:
    """Change, gap and relative volume at 10:00 on 11 October 2013, from the scores' parts."""
    panel, hours, _ = cached("us_1min_trades_premarket")
    found = {one.symbol: one for one in _scan(panel, hours, OPEN).in_play}
    days = ["2013-10-08", "2013-10-09", "2013-10-10", "2013-10-11"]
    change, gap, ratio = _by_pandas(symbol, "09:30", "09:59", days)
    move, volume = (found[symbol].parts[name] / (1 - found[symbol].parts[name]) for name in ("move", "volume"))
    np.testing.assert_allclose(move * 1e-9, max(abs(change), abs(gap)), rtol=1e-5)
    np.testing.assert_allclose(volume * 1e-9, ratio, rtol=1e-5)


def test_before_the_open_only_names_that_trade_then_are_scanned() -> None:
    """At 09:00 SPY is the one in play; a name without a trade in the last quarter of an hour is stale."""
    panel, hours, _ = cached("us_1min_trades_premarket")
    found = _scan(panel, hours, PREMARKET)
    frame = shared_frame("us_1min_trades_premarket")
    late = frame[
        (frame["ts_et"] >= pd.Timestamp("2013-10-11 08:44")) & (frame["ts_et"] < pd.Timestamp("2013-10-11 09:00"))
    ]
    assert found.mode == "premarket"
    assert "SPY" in {one.symbol for one in found.in_play}
    assert {one.symbol for one in found.in_play} <= set(late["symbol"])


@pytest.mark.parametrize("at", [OPEN, PREMARKET])
def test_later_minutes_change_nothing(at: np.datetime64) -> None:
    """The answer on the minutes up to the instant is the same, but for the rows, which are those of the panel given."""
    panel, hours, _ = cached("us_1min_trades_premarket")
    whole, part = _scan(panel, hours, at), _scan(panel.known_at(at), hours, at)
    assert part.excluded == whole.excluded
    assert [replace(one, row=0) for one in part.in_play] == [replace(one, row=0) for one in whole.in_play]
    assert whole.in_play


def test_a_known_split_is_no_crash() -> None:
    """Apple's 7-for-1 split of 9 June 2014: as printed it seems to fall by 86 %; once it is known the name is out."""
    panel, hours, _ = cached("us_1min_trades_premarket")
    at, split = np.datetime64("2014-06-09T14:00:00"), Split("AAPL", pd.Timestamp("2014-06-09").date(), 7, 1)
    scan = {rules: scan_intraday(panel, hours, at=at, rules=LOOSE, jumps=jumps, usual_sessions=2)
            for rules, jumps in (("blind", ()), ("told", (split,)))}  # fmt: skip
    fallen = [one.reason for one in scan["blind"].in_play if one.symbol == "AAPL"]
    assert len(fallen) == 1
    assert "down 8" in fallen[0]
    assert "AAPL" not in {one.symbol for one in scan["told"].in_play}
    assert scan["told"].excluded["just after a split or break"] == 1
