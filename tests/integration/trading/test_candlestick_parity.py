"""Candlesticks of the whole US market against TA-Lib itself and against a second, independent implementation."""

from __future__ import annotations

import importlib
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import talib

from tests.integration.shared_data import shared_frame, whole_market
from trading.bars.panel import Panel
from trading.patterns.candlestick import NAMES, detect

EVERY = 20
"""The second opinion is asked on each twentieth symbol: it takes a second for fifty."""


@cache
def _as_printed() -> Panel:
    """Raw prices, as the exchange printed them: adjusted ones would move ties."""
    panel = whole_market()
    frame = shared_frame("us_all_daily_2015_2016").sort_values(["symbol", "date"])
    prices = {name: frame[name].to_numpy(np.float64) for name in ("open", "high", "low", "close")}
    return replace(panel, **prices)


def _strengths(panel: Panel, pattern: int) -> npt.NDArray[np.int64]:
    """Our strength of one pattern at every bar, 0 where there is none."""
    found = detect_once()
    values = np.zeros(len(panel), dtype=np.int64)
    which = found.pattern == pattern
    values[found.row[which]] = found.strength[which]
    return values


@cache
def detect_once() -> Any:
    """The detections of the whole market."""
    return detect(_as_printed())


def test_every_bar_of_the_market_is_what_ta_lib_says() -> None:
    """All 61 patterns on all 2.3 million bars equal TA-Lib called by itself on each symbol."""
    panel = _as_printed()
    bounds = list(zip(panel.offsets[:-1].tolist(), panel.offsets[1:].tolist(), strict=True))
    assert (len(panel), len(bounds)) == (2_349_527, 6_820)
    compared = 0
    for pattern, name in enumerate(NAMES):
        function = getattr(talib, f"CDL{name.upper()}")
        alone = [
            function(panel.open[start:end], panel.high[start:end], panel.low[start:end], panel.close[start:end])
            for start, end in bounds
        ]
        expected = np.concatenate(alone)
        np.testing.assert_array_equal(_strengths(panel, pattern), expected, err_msg=name)
        compared += int(np.count_nonzero(expected))
    assert compared == len(detect_once()) > 1_000_000


def test_a_second_implementation_finds_the_same() -> None:
    """pandas-ta-classic's own code finds the same 61 patterns with the same strengths, but for one kind of doji.

    Where a price did not move at all in ten bars, their mean range is zero. TA-Lib calls a bar without a body then a
    doji (0 <= 0.1 x 0). pandas-ta-classic replaces every zero by the smallest float there is before it compares, finds
    a body larger than a tenth of the range, and calls it none. Nothing was traded at another price on such bars, so
    neither answer says anything; ours is TA-Lib's. No other bar differs.
    """
    module = "pandas_ta_classic.candles"
    pytest.importorskip(module, reason="pandas-ta-classic (extra `dev`) is not installed")
    panel = _as_printed()
    native = {name: getattr(importlib.import_module(f"{module}.cdl_{name}"), f"cdl_{name}") for name in NAMES}
    ours = {name: _strengths(panel, pattern) for pattern, name in enumerate(NAMES)}
    agreed, without_range = 0, 0
    for number in range(0, len(panel.symbols), EVERY):
        start, end = panel.offsets[number : number + 2]
        bars = [pd.Series(values[start:end]) for values in (panel.open, panel.high, panel.low, panel.close)]
        for name, function in native.items():
            answer = function(*bars)
            theirs = np.zeros(end - start) if answer is None else np.nan_to_num(answer.to_numpy(np.float64))
            differs = np.flatnonzero(theirs != ours[name][start:end])
            assert name == "doji" or len(differs) == 0, f"{panel.symbols[number]} {name} at {differs}"
            for at in (start + differs).tolist():
                assert panel.open[at] == panel.close[at], panel.symbols[number]
                assert (panel.high[at - 10 : at] == panel.low[at - 10 : at]).all(), panel.symbols[number]
            without_range += len(differs)
            agreed += int(np.count_nonzero(ours[name][start:end])) - len(differs)
    assert agreed > 50_000
    assert without_range < 0.01 * agreed
