"""Technical indicators of a whole panel, one value a bar, each known at the close of its bar.

Recursive ones (RSI, ATR, ADX, MACD) start at the symbol's first bar, so more history never changes a value that was
already known. A value is NaN before its warm-up and wherever its denominator is zero.

Source: TA-Lib 0.6 (https://ta-lib.org/functions/) for everything it has; the rest is arithmetic given in `INDICATORS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import talib

from trading.bars.panel import Floats, Panel

YEAR_BARS = 252
"""Bars of a year on the New York exchanges, 52 weeks."""


@dataclass(frozen=True)
class Indicator:
    """What an indicator is and from which bar on it is known.

    Attributes:
        warm_up_bars: the value of the n-th bar of a symbol is known from n = `warm_up_bars` on.
        meaning: the definition in words.
        scale_free: unchanged, to 1e-9, when all prices and volumes of the symbol are restated in other shares. One
            exception: where a bar's rise and fall are equal to the cent, ADX counts neither, and rounding in a
            restatement by anything but a power of two may undo the tie and move it by a few points.
    """

    warm_up_bars: int
    meaning: str
    scale_free: bool = True


INDICATORS: Mapping[str, Indicator] = MappingProxyType(
    {
        "rsi_14": Indicator(15, "Wilder's relative strength index, 0 to 100"),
        "bb_position": Indicator(20, "(close - lower) / (upper - lower) of the Bollinger bands 20, 2 sigma"),
        "macd_pct": Indicator(34, "line of MACD 12/26/9, divided by the close"),
        "macd_signal_pct": Indicator(34, "signal line of MACD 12/26/9, divided by the close"),
        "macd_hist_pct": Indicator(34, "histogram of MACD 12/26/9, divided by the close"),
        "atr_14": Indicator(15, "Wilder's average true range in USD", scale_free=False),
        "atr_pct": Indicator(15, "average true range divided by the close"),
        "adx_14": Indicator(28, "Wilder's average directional index, 0 to 100; see `scale_free`"),
        "sma_9_distance": Indicator(9, "close / mean of the last 9 closes - 1"),
        "sma_20_distance": Indicator(20, "close / mean of the last 20 closes - 1"),
        "sma_50_distance": Indicator(50, "close / mean of the last 50 closes - 1"),
        "sma_200_distance": Indicator(200, "close / mean of the last 200 closes - 1"),
        "volume_ratio_20": Indicator(21, "volume / mean volume of the 20 bars before this one"),
        "volume_surge": Indicator(21, "the strategy's name for volume_ratio_20"),
        "gap_pct": Indicator(2, "open / previous close - 1"),
        "return_1": Indicator(2, "close / close one bar ago - 1"),
        "return_5": Indicator(6, "close / close five bars ago - 1"),
        "return_20": Indicator(21, "close / close twenty bars ago - 1"),
        "range_pct": Indicator(1, "(high - low) / close"),
        "body_to_range_ratio": Indicator(1, "|close - open| / (high - low)"),
        "upper_shadow_ratio": Indicator(1, "(high - max(open, close)) / (high - low)"),
        "lower_shadow_ratio": Indicator(1, "(min(open, close) - low) / (high - low)"),
        "stoch_k": Indicator(16, "slow stochastic %K 14, 3, 0 to 100"),
        "stoch_d": Indicator(18, "slow stochastic %D: mean of the last 3 values of stoch_k"),
        "obv": Indicator(1, "on-balance volume in shares since the symbol's first bar", scale_free=False),
        "obv_slope_10": Indicator(10, "slope of on-balance volume over 10 bars / mean volume of those bars"),
        "high_20_distance": Indicator(21, "close / highest high of the 20 bars before this one - 1"),
        "position_52w": Indicator(
            100, "(close - low) / (high - low) of the last 252 bars, or of the 100 to 251 there are"
        ),
    }
)
"""Every indicator that `compute` returns."""

_RAW = (
    "rsi", "bb_upper", "bb_lower", "macd", "macd_signal", "macd_hist", "atr", "adx", "sma_9", "sma_20", "sma_50",
    "sma_200", "volume_20", "volume_10", "obv", "obv_slope", "high_20", "high_14", "low_14", "high_52w", "low_52w",
)  # fmt: skip


def compute(panel: Panel) -> dict[str, Floats]:
    """Every indicator of `INDICATORS` for every bar.

    Returns:
        Arrays of shape `(n_rows,)`; NaN where the value isn't known. Symbols shorter than a warm-up are all NaN there.
    """
    raw = _talib_values(panel)
    with np.errstate(invalid="ignore"):  # a price that isn't finite gives NaN; the data gates are who says so
        values = _of_closes(panel, raw) | _of_the_bar(panel) | _of_volume(panel, raw) | _of_ranges(panel, raw)
    return {name: values[name] for name in INDICATORS}


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """The quotient; NaN where the denominator is zero or not finite."""
    usable = np.isfinite(denominator) & (denominator != 0)
    quotient: Floats = np.divide(numerator, denominator, out=np.full(len(numerator), np.nan), where=usable)
    return quotient


def _width(width: Floats, close: Floats) -> Floats:
    """The width of the bands; zero where it is the rounding noise of running sums over prices that don't move.

    One tick (0.01 USD) in twenty bars of a 600 USD stock makes a width of 1.5e-5 of the price; the noise stays below
    2e-7.
    """
    return np.where(width > 1e-6 * close, width, 0.0)


def _talib_values(panel: Panel) -> dict[str, Floats]:
    values = np.full((len(_RAW), len(panel)), np.nan)
    for start, end in zip(panel.offsets[:-1].tolist(), panel.offsets[1:].tolist(), strict=True):
        if end > start:
            rows = slice(start, end)
            values[:, rows] = _talib_of_symbol(panel.high[rows], panel.low[rows], panel.close[rows], panel.volume[rows])
    return dict(zip(_RAW, values, strict=True))


def _talib_of_symbol(high: Floats, low: Floats, close: Floats, volume: Floats) -> tuple[Floats, ...]:
    """The values of one symbol in the order of `_RAW`."""
    upper, _, lower = talib.BBANDS(close, timeperiod=20, nbdevup=2, nbdevdn=2)
    rsi = talib.RSI(close, timeperiod=14)
    # TA-Lib answers 0 (deeply oversold) for a price that has never moved, where the index is 0/0.
    rsi[~np.logical_or.accumulate(close != close[0])] = np.nan
    return (
        rsi,
        upper,
        lower,
        *talib.MACD(close, fastperiod=12, slowperiod=26, signalperiod=9),
        talib.ATR(high, low, close, timeperiod=14),
        talib.ADX(high, low, close, timeperiod=14),
        *(talib.SMA(close, timeperiod=bars) for bars in (9, 20, 50, 200)),
        talib.SMA(volume, timeperiod=20),
        talib.SMA(volume, timeperiod=10),
        (balance := talib.OBV(close, volume)),
        talib.LINEARREG_SLOPE(balance, timeperiod=10),
        talib.MAX(high, timeperiod=20),
        talib.MAX(high, timeperiod=14),
        talib.MIN(low, timeperiod=14),
        # The first year has no full window yet: it looks at all the bars there are.
        np.concatenate([np.maximum.accumulate(high[:YEAR_BARS]), talib.MAX(high, timeperiod=YEAR_BARS)[YEAR_BARS:]]),
        np.concatenate([np.minimum.accumulate(low[:YEAR_BARS]), talib.MIN(low, timeperiod=YEAR_BARS)[YEAR_BARS:]]),
    )


def _of_closes(panel: Panel, raw: dict[str, Floats]) -> dict[str, Floats]:
    close = panel.close
    values = {
        "rsi_14": raw["rsi"],
        "bb_position": _ratio(close - raw["bb_lower"], _width(raw["bb_upper"] - raw["bb_lower"], close)),
        **{f"{name}_pct": _ratio(raw[name], close) for name in ("macd", "macd_signal", "macd_hist")},
        "gap_pct": _ratio(panel.open, panel.shifted(close)) - 1,
    }
    values |= {f"return_{bars}": _ratio(close, panel.shifted(close, bars)) - 1 for bars in (1, 5, 20)}
    return values | {f"sma_{bars}_distance": _ratio(close, raw[f"sma_{bars}"]) - 1 for bars in (9, 20, 50, 200)}


def _of_the_bar(panel: Panel) -> dict[str, Floats]:
    spread = panel.high - panel.low
    return {
        "range_pct": _ratio(spread, panel.close),
        "body_to_range_ratio": _ratio(np.abs(panel.close - panel.open), spread),
        "upper_shadow_ratio": _ratio(panel.high - np.maximum(panel.open, panel.close), spread),
        "lower_shadow_ratio": _ratio(np.minimum(panel.open, panel.close) - panel.low, spread),
    }


def _of_volume(panel: Panel, raw: dict[str, Floats]) -> dict[str, Floats]:
    volume_ratio = _ratio(panel.volume, panel.shifted(raw["volume_20"]))
    return {
        "volume_ratio_20": volume_ratio,
        "volume_surge": volume_ratio,
        "obv": raw["obv"],
        "obv_slope_10": _ratio(raw["obv_slope"], raw["volume_10"]),
    }


def _of_ranges(panel: Panel, raw: dict[str, Floats]) -> dict[str, Floats]:
    close = panel.close
    fast_k = 100 * _ratio(close - raw["low_14"], raw["high_14"] - raw["low_14"])
    stoch_k = (fast_k + panel.shifted(fast_k) + panel.shifted(fast_k, 2)) / 3
    position = _ratio(close - raw["low_52w"], raw["high_52w"] - raw["low_52w"])
    position[panel.bar_numbers < INDICATORS["position_52w"].warm_up_bars] = np.nan
    return {
        "atr_14": raw["atr"],
        "atr_pct": _ratio(raw["atr"], close),
        "adx_14": raw["adx"],
        # TA-Lib's STOCH would answer 0 for a price that hasn't moved in 14 bars; this leaves it unknown.
        "stoch_k": stoch_k,
        "stoch_d": (stoch_k + panel.shifted(stoch_k) + panel.shifted(stoch_k, 2)) / 3,
        "high_20_distance": _ratio(close, panel.shifted(raw["high_20"])) - 1,
        "position_52w": position,
    }
