"""What daily indicators are made of: values of one symbol's bars by themselves, as TA-Lib has them.

Source: TA-Lib 0.6 (https://ta-lib.org/functions/).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from trading.arrays import Floats
from trading.bars.panel import Panel

YEAR_BARS = 252
"""Bars of a year on the New York exchanges, 52 weeks."""


@cache
def _ta() -> Any:
    """TA-Lib, loaded when a value is first asked for: it brings pandas, which the names of indicators don't need."""
    import talib  # noqa: PLC0415

    return talib


class SymbolBars(NamedTuple):
    """Columns of one symbol's bars, oldest first."""

    high: Floats
    low: Floats
    close: Floats
    volume: Floats


def _rsi(bars: SymbolBars) -> Floats:
    """TA-Lib answers 0 (deeply oversold) for a price that has never moved, where the index is 0/0: unknown here."""
    rsi: Floats = _ta().RSI(bars.close, timeperiod=14)
    rsi[~np.logical_or.accumulate(bars.close != bars.close[0])] = np.nan
    return rsi


def _balance(bars: SymbolBars) -> tuple[Floats, Floats]:
    balance = _ta().OBV(bars.close, bars.volume)
    return balance, _ta().LINEARREG_SLOPE(balance, timeperiod=10)


def _high_of_the_year(bars: SymbolBars) -> Floats:
    """The first year has no full window yet: it looks at all the bars there are."""
    rest = _ta().MAX(bars.high, timeperiod=YEAR_BARS)[YEAR_BARS:]
    return np.concatenate([np.maximum.accumulate(bars.high[:YEAR_BARS]), rest])


def _low_of_the_year(bars: SymbolBars) -> Floats:
    rest = _ta().MIN(bars.low, timeperiod=YEAR_BARS)[YEAR_BARS:]
    return np.concatenate([np.minimum.accumulate(bars.low[:YEAR_BARS]), rest])


RAW: Mapping[str, Callable[[SymbolBars], Floats]] = MappingProxyType(
    {
        "rsi": _rsi,
        "atr": lambda bars: _ta().ATR(bars.high, bars.low, bars.close, timeperiod=14),
        "adx": lambda bars: _ta().ADX(bars.high, bars.low, bars.close, timeperiod=14),
        "sma_9": lambda bars: _ta().SMA(bars.close, timeperiod=9),
        "sma_20": lambda bars: _ta().SMA(bars.close, timeperiod=20),
        "sma_50": lambda bars: _ta().SMA(bars.close, timeperiod=50),
        "sma_200": lambda bars: _ta().SMA(bars.close, timeperiod=200),
        "volume_20": lambda bars: _ta().SMA(bars.volume, timeperiod=20),
        "volume_10": lambda bars: _ta().SMA(bars.volume, timeperiod=10),
        "high_20": lambda bars: _ta().MAX(bars.high, timeperiod=20),
        "high_14": lambda bars: _ta().MAX(bars.high, timeperiod=14),
        "low_14": lambda bars: _ta().MIN(bars.low, timeperiod=14),
        "high_52w": _high_of_the_year,
        "low_52w": _low_of_the_year,
    }
)
"""Values of one symbol's bars that indicators are made of, one function each."""
RAW_TOGETHER: Mapping[tuple[str, ...], Callable[[SymbolBars], tuple[Floats, ...]]] = MappingProxyType(
    {
        ("bb_upper", "bb_middle", "bb_lower"): lambda bars: _ta().BBANDS(
            bars.close, timeperiod=20, nbdevup=2, nbdevdn=2
        ),
        ("macd", "macd_signal", "macd_hist"): lambda bars: _ta().MACD(
            bars.close, fastperiod=12, slowperiod=26, signalperiod=9
        ),
        ("obv", "obv_slope"): _balance,
    }
)
"""Likewise, where one call gives several of them."""


def raw_values(panel: Panel) -> dict[str, Floats]:
    """Every value of `RAW` and `RAW_TOGETHER`, symbol by symbol."""
    names = [*RAW, *(name for together in RAW_TOGETHER for name in together)]
    values = {name: np.full(len(panel), np.nan) for name in names}
    for start, end in zip(panel.offsets[:-1].tolist(), panel.offsets[1:].tolist(), strict=True):
        if end == start:
            continue
        rows = slice(start, end)
        bars = SymbolBars(panel.high[rows], panel.low[rows], panel.close[rows], panel.volume[rows])
        for name, value_of in RAW.items():
            values[name][rows] = value_of(bars)
        for together, values_of in RAW_TOGETHER.items():
            for name, value in zip(together, values_of(bars), strict=True):
                values[name][rows] = value
    return values
