"""Indicators against published numbers, plain arithmetic and TA-Lib on one symbol alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import talib

from tests.unit.trading.made_bars import closes, random_bars, random_panel, same, table, weekdays
from trading.bars.panel import BARS_SCHEMA, Panel
from trading.indicators.daily import INDICATORS, compute


def test_rsi_equals_the_published_example() -> None:
    """RSI 14 of the price list in StockCharts' ChartSchool article on the relative strength index."""
    prices = [44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931,
              46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439]  # fmt: skip
    rsi = compute(Panel.from_arrow(closes("QQQQ", prices)))["rsi_14"]
    np.testing.assert_allclose(rsi[14:], [70.53, 66.32, 66.55, 69.41, 66.36, 57.97], atol=0.01)


def test_each_indicator_is_known_from_its_declared_bar_on() -> None:
    """The first finite value of a long symbol stands at `warm_up_bars`, and no value after it is missing."""
    values = compute(random_panel(5, (300,)))
    for name, indicator in INDICATORS.items():
        known = np.isfinite(values[name])
        assert known.argmax() + 1 == indicator.warm_up_bars, name
        assert known[indicator.warm_up_bars - 1 :].all(), name


def test_every_symbol_is_computed_as_if_it_were_alone() -> None:
    """A panel of many symbols gives each the values of a panel of that symbol."""
    panel = random_panel(6)
    together = compute(panel)
    for number in range(len(panel.symbols)):
        rows = np.arange(panel.offsets[number], panel.offsets[number + 1])
        alone = compute(panel.take(rows))
        for name, values in alone.items():
            same(together[name][rows], values, f"{panel.symbols[number]} {name}")


def test_values_equal_plain_arithmetic() -> None:
    """Averages, bands, ratios and ranges equal pandas' rolling windows; slopes equal a least-squares line."""
    bars = random_bars(7, (150,)).to_pandas()
    close, high, low, open_ = bars["close"], bars["high"], bars["low"], bars["open"]
    volume = bars["volume"].astype(float)
    mean, sigma = close.rolling(20).mean(), close.rolling(20).std(ddof=0)
    lowest, highest = low.rolling(14).min(), high.rolling(14).max()
    obv = (np.sign(close.diff()).fillna(0) * volume).cumsum()
    slope = obv.rolling(10).apply(lambda window: np.polyfit(np.arange(10), window, 1)[0])
    expected = {
        "bb_position": (close - (mean - 2 * sigma)) / (4 * sigma),
        **{f"sma_{n}_distance": close / close.rolling(n).mean() - 1 for n in (9, 20, 50)},
        "volume_ratio_20": volume / volume.rolling(20).mean().shift(),
        "gap_pct": open_ / close.shift() - 1,
        **{f"return_{n}": close / close.shift(n) - 1 for n in (1, 5, 20)},
        "range_pct": (high - low) / close,
        "body_to_range_ratio": (close - open_).abs() / (high - low),
        "upper_shadow_ratio": (high - pd.concat([open_, close], axis=1).max(axis=1)) / (high - low),
        "lower_shadow_ratio": (pd.concat([open_, close], axis=1).min(axis=1) - low) / (high - low),
        "stoch_k": (100 * (close - lowest) / (highest - lowest)).rolling(3).mean(),
        "stoch_d": (100 * (close - lowest) / (highest - lowest)).rolling(3).mean().rolling(3).mean(),
        "obv": volume[0] + (np.sign(close.diff()).fillna(0) * volume).cumsum(),  # TA-Lib starts with the first volume
        "obv_slope_10": slope / volume.rolling(10).mean(),
        "high_20_distance": close / high.rolling(20).max().shift() - 1,
        "position_52w": (close - low.expanding(100).min()) / (high.expanding(100).max() - low.expanding(100).min()),
    }
    got = compute(Panel.from_arrow(random_bars(7, (150,))))
    for name, values in expected.items():
        np.testing.assert_allclose(got[name], values, rtol=1e-8, atol=1e-9, err_msg=name)
    same(got["volume_surge"], got["volume_ratio_20"], "volume_surge")


def test_recursive_values_equal_ta_lib_itself() -> None:
    """MACD, ATR, ADX and the stochastic are TA-Lib's, divided by the close where the name says so."""
    panel = random_panel(8, (200,))
    got = compute(panel)
    high, low, close = panel.high, panel.low, panel.close
    for name, values in zip(
        ("macd_pct", "macd_signal_pct", "macd_hist_pct"), talib.MACD(close, 12, 26, 9), strict=True
    ):
        same(got[name], values / close, name)
    same(got["atr_14"], talib.ATR(high, low, close, 14), "atr")
    same(got["atr_pct"], talib.ATR(high, low, close, 14) / close, "atr_pct")
    same(got["adx_14"], talib.ADX(high, low, close, 14), "adx")
    slow_k = talib.STOCH(high, low, close, fastk_period=14, slowk_period=3, slowd_period=3)[0]
    np.testing.assert_allclose(got["stoch_k"][17:], slow_k[17:], rtol=1e-9)


def test_position_in_the_year_forgets_bars_older_than_252() -> None:
    """After 252 bars the window rolls."""
    bars = random_bars(9, (300,), holes=0).to_pandas()
    low, high = bars["low"].rolling(252).min(), bars["high"].rolling(252).max()
    got = compute(Panel.from_arrow(random_bars(9, (300,), holes=0)))["position_52w"]
    np.testing.assert_allclose(got[252:], ((bars["close"] - low) / (high - low))[252:])


@pytest.mark.parametrize("factor", [0.1, 0.5, 2.0, 3.0])
def test_scale_free_indicators_ignore_the_unit_of_price_and_volume(factor: float) -> None:
    """Restating a symbol in other shares changes only what is declared as not scale-free."""
    panel = random_panel(10, (250,))
    prices = {name: getattr(panel, name) / factor for name in ("open", "high", "low", "close")}
    restated = Panel(panel.symbols, panel.offsets, panel.sessions, **prices, volume=panel.volume * factor)
    before, after = compute(panel), compute(restated)
    for name, indicator in INDICATORS.items():
        if name == "adx_14" and factor not in {0.5, 2.0}:  # ties: see Indicator.scale_free
            continue
        equal = np.allclose(before[name], after[name], rtol=1e-9, atol=1e-9, equal_nan=True)
        assert equal is indicator.scale_free, name


def test_a_price_that_never_moves_has_no_oscillator() -> None:
    """0/0 is unknown, not 0: RSI, Bollinger position, stochastic and the ratios of the range are NaN."""
    flat = table([("A", day, 30.1, 30.1, 30.1, 30.1, 0) for day in weekdays(60)])
    values = compute(Panel.from_arrow(flat))
    for name in ("rsi_14", "bb_position", "stoch_k", "body_to_range_ratio", "upper_shadow_ratio", "volume_ratio_20"):
        assert np.isnan(values[name]).all(), name


def test_a_price_that_stops_moving_has_no_bollinger_position() -> None:
    """Rounding noise of a running sum is not a band."""
    prices = [37.13, 41.77, 39.41] * 10 + [40.03] * 40
    values = compute(Panel.from_arrow(closes("A", prices)))
    assert np.isnan(values["bb_position"][-15:]).all()


@pytest.mark.filterwarnings("error")
def test_bad_bars_give_nan_and_no_crash() -> None:
    """NaN, zero and infinite prices, a 3-bar symbol and an empty panel are survived without a warning."""
    days = weekdays(40)
    bad = [("B", day, np.nan, np.nan, np.nan, np.nan, None) for day in days]
    zero = [("Z", day, 0.0, 0.0, 0.0, 0.0, 0) for day in days]
    infinite = [("I", day, np.inf, np.inf, np.inf, np.inf, 1) for day in days]
    short = [("T", day, 5.0, 6.0, 4.0, 5.5, 10) for day in days[:3]]
    panel = Panel.from_arrow(table(bad + zero + infinite + short))
    values = compute(panel)
    assert {len(column) for column in values.values()} == {len(panel)}
    assert not any(np.isinf(column).any() for column in values.values())
    assert all(len(column) == 0 for column in compute(Panel.from_arrow(BARS_SCHEMA.empty_table())).values())
