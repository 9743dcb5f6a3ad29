"""Technical indicators of a whole panel, one value a bar, each known at the close of its bar.

Recursive ones (RSI, ATR, ADX, MACD) start at the symbol's first bar, so more history never changes a value that was
already known. A value is NaN before its warm-up and wherever its denominator is zero.

To add one: an entry of `INDICATORS`; of `trading.indicators.raw.RAW` too, where TA-Lib is asked for something new.

Source: TA-Lib 0.6 (https://ta-lib.org/functions/) for everything it has; the rest is arithmetic given in `INDICATORS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from trading.arrays import Floats
from trading.bars.panel import Panel
from trading.indicators.raw import raw_values


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


class Known:
    """Everything that indicators of a panel are made of, and the indicators themselves; each is made once.

    Attributes:
        raw: by the names of `RAW` and `RAW_TOGETHER`, shape `(n_rows,)` each.
    """

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.raw = raw_values(panel)
        self._made: dict[str, Floats] = {}

    def __getitem__(self, name: str) -> Floats:
        if name not in self._made:
            self._made[name] = INDICATORS[name].value(self)
        return self._made[name]


@dataclass(frozen=True)
class DailyIndicator(Indicator):
    """An indicator of `compute`.

    Attributes:
        value: makes it, shape `(n_rows,)`.
    """

    value: Callable[[Known], Floats] = field(kw_only=True)


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


def _bb_position(known: Known) -> Floats:
    close, lower = known.panel.close, known.raw["bb_lower"]
    return _ratio(close - lower, _width(known.raw["bb_upper"] - lower, close))


def _return(panel: Panel, bars: int) -> Floats:
    return _ratio(panel.close, panel.shifted(panel.close, bars)) - 1


def _spread(panel: Panel) -> Floats:
    return panel.high - panel.low


def _upper_shadow(known: Known) -> Floats:
    panel = known.panel
    return _ratio(panel.high - np.maximum(panel.open, panel.close), _spread(panel))


def _lower_shadow(known: Known) -> Floats:
    panel = known.panel
    return _ratio(np.minimum(panel.open, panel.close) - panel.low, _spread(panel))


def _stoch_k(known: Known) -> Floats:
    """TA-Lib's STOCH would answer 0 for a price that hasn't moved in 14 bars; this leaves it unknown."""
    lowest = known.raw["low_14"]
    fast = 100 * _ratio(known.panel.close - lowest, known.raw["high_14"] - lowest)
    return _mean_of_3(known.panel, fast)


def _mean_of_3(panel: Panel, values: Floats) -> Floats:
    return (values + panel.shifted(values) + panel.shifted(values, 2)) / 3


def _position_52w(known: Known) -> Floats:
    panel, lowest = known.panel, known.raw["low_52w"]
    position = _ratio(panel.close - lowest, known.raw["high_52w"] - lowest)
    position[panel.bar_numbers < INDICATORS["position_52w"].warm_up_bars] = np.nan
    return position


INDICATORS: Mapping[str, DailyIndicator] = MappingProxyType(
    {
        "rsi_14": DailyIndicator(
            15, "Wilder's relative strength index, 0 to 100", value=lambda known: known.raw["rsi"]
        ),
        "bb_position": DailyIndicator(
            20, "(close - lower) / (upper - lower) of the Bollinger bands 20, 2 sigma", value=_bb_position
        ),
        "macd_pct": DailyIndicator(
            34,
            "line of MACD 12/26/9, divided by the close",
            value=lambda known: _ratio(known.raw["macd"], known.panel.close),
        ),
        "macd_signal_pct": DailyIndicator(
            34,
            "signal line of MACD 12/26/9, divided by the close",
            value=lambda known: _ratio(known.raw["macd_signal"], known.panel.close),
        ),
        "macd_hist_pct": DailyIndicator(
            34,
            "histogram of MACD 12/26/9, divided by the close",
            value=lambda known: _ratio(known.raw["macd_hist"], known.panel.close),
        ),
        "atr_14": DailyIndicator(
            15, "Wilder's average true range in USD", scale_free=False, value=lambda known: known.raw["atr"]
        ),
        "atr_pct": DailyIndicator(
            15,
            "average true range divided by the close",
            value=lambda known: _ratio(known.raw["atr"], known.panel.close),
        ),
        "adx_14": DailyIndicator(
            28, "Wilder's average directional index, 0 to 100; see `scale_free`", value=lambda known: known.raw["adx"]
        ),
        "sma_9_distance": DailyIndicator(
            9,
            "close / mean of the last 9 closes - 1",
            value=lambda known: _ratio(known.panel.close, known.raw["sma_9"]) - 1,
        ),
        "sma_20_distance": DailyIndicator(
            20,
            "close / mean of the last 20 closes - 1",
            value=lambda known: _ratio(known.panel.close, known.raw["sma_20"]) - 1,
        ),
        "sma_50_distance": DailyIndicator(
            50,
            "close / mean of the last 50 closes - 1",
            value=lambda known: _ratio(known.panel.close, known.raw["sma_50"]) - 1,
        ),
        "sma_200_distance": DailyIndicator(
            200,
            "close / mean of the last 200 closes - 1",
            value=lambda known: _ratio(known.panel.close, known.raw["sma_200"]) - 1,
        ),
        "volume_ratio_20": DailyIndicator(
            21,
            "volume / mean volume of the 20 bars before this one",
            value=lambda known: _ratio(known.panel.volume, known.panel.shifted(known.raw["volume_20"])),
        ),
        "volume_surge": DailyIndicator(
            21, "the strategy's name for volume_ratio_20", value=lambda known: known["volume_ratio_20"]
        ),
        "gap_pct": DailyIndicator(
            2,
            "open / previous close - 1",
            value=lambda known: _ratio(known.panel.open, known.panel.shifted(known.panel.close)) - 1,
        ),
        "return_1": DailyIndicator(2, "close / close one bar ago - 1", value=lambda known: _return(known.panel, 1)),
        "return_5": DailyIndicator(6, "close / close five bars ago - 1", value=lambda known: _return(known.panel, 5)),
        "return_20": DailyIndicator(
            21, "close / close twenty bars ago - 1", value=lambda known: _return(known.panel, 20)
        ),
        "range_pct": DailyIndicator(
            1, "(high - low) / close", value=lambda known: _ratio(_spread(known.panel), known.panel.close)
        ),
        "body_to_range_ratio": DailyIndicator(
            1,
            "|close - open| / (high - low)",
            value=lambda known: _ratio(np.abs(known.panel.close - known.panel.open), _spread(known.panel)),
        ),
        "upper_shadow_ratio": DailyIndicator(1, "(high - max(open, close)) / (high - low)", value=_upper_shadow),
        "lower_shadow_ratio": DailyIndicator(1, "(min(open, close) - low) / (high - low)", value=_lower_shadow),
        "stoch_k": DailyIndicator(16, "slow stochastic %K 14, 3, 0 to 100", value=_stoch_k),
        "stoch_d": DailyIndicator(
            18,
            "slow stochastic %D: mean of the last 3 values of stoch_k",
            value=lambda known: _mean_of_3(known.panel, known["stoch_k"]),
        ),
        "obv": DailyIndicator(
            1,
            "on-balance volume in shares since the symbol's first bar",
            scale_free=False,
            value=lambda known: known.raw["obv"],
        ),
        "obv_slope_10": DailyIndicator(
            10,
            "slope of on-balance volume over 10 bars / mean volume of those bars",
            value=lambda known: _ratio(known.raw["obv_slope"], known.raw["volume_10"]),
        ),
        "high_20_distance": DailyIndicator(
            21,
            "close / highest high of the 20 bars before this one - 1",
            value=lambda known: _ratio(known.panel.close, known.panel.shifted(known.raw["high_20"])) - 1,
        ),
        "position_52w": DailyIndicator(
            100,
            "(close - low) / (high - low) of the last 252 bars, or of the 100 to 251 there are",
            value=_position_52w,
        ),
    }
)
"""Every indicator that `compute` returns."""


def compute(panel: Panel) -> dict[str, Floats]:
    """Every indicator of `INDICATORS` for every bar.

    Returns:
        Arrays of shape `(n_rows,)`; NaN where the value isn't known. Symbols shorter than a warm-up are all NaN there.
    """
    known = Known(panel)
    with np.errstate(invalid="ignore"):  # a price that isn't finite gives NaN; the data gates are who says so
        return {name: known[name] for name in INDICATORS}
