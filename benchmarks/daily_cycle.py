"""One session's work over a whole universe, against the usual loop of pandas and TA-Lib over the symbols."""

from __future__ import annotations

import numpy as np
import pandas as pd
import talib

from benchmarks.markets import Universe, large, sample
from benchmarks.measure import Table, same, timed
from trading.bars.history import as_of
from trading.bars.panel import Panel, as_day
from trading.cycle.stages import Market, Patterns, analyse, recognise, setups_at
from trading.indicators.daily import compute
from trading.indicators.raw import YEAR_BARS
from trading.patterns.candlestick import detect
from trading.scanner.at_close import scan
from trading.scanner.rules import large_cap

PATTERNS = tuple(sorted(talib.get_function_groups()["Pattern Recognition"]))
PRICES = ("open", "high", "low", "close")
CLOSE_ENOUGH = 1e-9


def session_work(universe: Universe) -> tuple[Market, Patterns]:
    """All that a session's cycle computes before the models: history, indicators, patterns, context, setups, scan."""
    history = as_of(universe.bars, universe.splits, universe.breaks, universe.last)
    market = analyse(history, vix=universe.vix, sectors=universe.sectors)
    patterns = recognise(market, universe.events)
    setups_at(market, patterns, as_day(universe.last))
    scan(
        market.panel, market.indicators, market.context, patterns.catalyst,
        session=universe.last, rules=large_cap(), jumps=[*universe.splits, *universe.breaks],
    )  # fmt: skip
    return market, patterns


def frame_of(panel: Panel) -> pd.DataFrame:
    """The panel as the table that a pandas user has."""
    columns = {name: getattr(panel, name) for name in (*PRICES, "volume")}
    return pd.DataFrame({"symbol": panel.row_symbols, "session": panel.sessions, **columns})


def symbol_by_symbol(bars: pd.DataFrame) -> pd.DataFrame:
    """The same indicators and the same 61 patterns, one symbol after the other."""
    return pd.concat([_one_symbol(frame) for _, frame in bars.groupby("symbol", sort=False)])


def _one_symbol(frame: pd.DataFrame) -> pd.DataFrame:
    out = _indicators(frame)
    for name in PATTERNS:
        out[name] = getattr(talib, name)(*(frame[price] for price in PRICES))
    return pd.DataFrame(out)


def _indicators(frame: pd.DataFrame) -> dict[str, pd.Series]:
    open_, high, low, close = (frame[price] for price in PRICES)
    volume = frame["volume"]
    upper, _, lower = talib.BBANDS(close, timeperiod=20, nbdevup=2, nbdevdn=2)
    atr, spread = talib.ATR(high, low, close, timeperiod=14), high - low
    ratio = volume / talib.SMA(volume, timeperiod=20).shift()
    lowest, highest = talib.MIN(low, timeperiod=14), talib.MAX(high, timeperiod=14)
    year_low = low.rolling(YEAR_BARS, min_periods=100).min()
    year_high = high.rolling(YEAR_BARS, min_periods=100).max()
    out = {
        "rsi_14": talib.RSI(close, timeperiod=14),
        "bb_position": (close - lower) / (upper - lower),
        "macd_hist_pct": talib.MACD(close, fastperiod=12, slowperiod=26, signalperiod=9)[2] / close,
        "atr_14": atr,
        "atr_pct": atr / close,
        "adx_14": talib.ADX(high, low, close, timeperiod=14),
        "volume_ratio_20": ratio,
        "volume_surge": ratio,
        "gap_pct": open_ / close.shift() - 1,
        "range_pct": spread / close,
        "body_to_range_ratio": (close - open_).abs() / spread,
        "upper_shadow_ratio": (high - np.maximum(open_, close)) / spread,
        "lower_shadow_ratio": (np.minimum(open_, close) - low) / spread,
        "stoch_k": (100 * (close - lowest) / (highest - lowest)).rolling(3).mean(),
        "obv_slope_10": talib.LINEARREG_SLOPE(talib.OBV(close, volume), timeperiod=10) / talib.SMA(volume, 10),
        "high_20_distance": close / talib.MAX(high, timeperiod=20).shift() - 1,
        "position_52w": (close - year_low) / (year_high - year_low),
    }
    out |= {f"sma_{bars}_distance": close / talib.SMA(close, timeperiod=bars) - 1 for bars in (9, 20, 50, 200)}
    return out | {f"return_{bars}": close / close.shift(bars) - 1 for bars in (1, 5, 20)}


def agreement(market: Market, patterns: Patterns, theirs: pd.DataFrame) -> str:
    """Both found the same; says so in words."""
    found = int((theirs[list(PATTERNS)].to_numpy() != 0).sum())
    candlesticks = int((patterns.detections.chart < 0).sum())
    same(candlesticks, found, "the number of candlestick patterns")
    worst = 0.0
    for name in ("rsi_14", "atr_14", "adx_14", "macd_hist_pct", "sma_50_distance", "volume_ratio_20"):
        ours, others = market.indicators[name], theirs[name].to_numpy()
        known = np.isfinite(ours)
        worst = max(worst, float(np.abs(ours[known] - others[known]).max()))
    same(worst < CLOSE_ENOUGH, True, f"the indicators (by up to {worst:g})")
    return f"both found the same {found:,} candlestick patterns; six indicators compared agree to {worst:.0e}"


def _measured(universe: Universe, table: Table, repeats: int) -> None:
    panel = as_of(universe.bars, universe.splits, universe.breaks, universe.last)
    frame = frame_of(panel)
    market, patterns = session_work(universe)
    table.notes.append(f"{universe.words}: {agreement(market, patterns, symbol_by_symbol(frame))}")
    whole = timed(lambda: session_work(universe), repeats=repeats, warm_up=False)
    part = timed(lambda: (compute(panel), detect(panel)), repeats=repeats, warm_up=False)
    peer = timed(lambda: symbol_by_symbol(frame), repeats=repeats, warm_up=False)
    table.add(f"{universe.name}: a session's whole work", whole, ratio=peer.median_s / whole.median_s)
    table.add(f"{universe.name}: indicators and patterns only", part, ratio=peer.median_s / part.median_s)
    table.add(f"{universe.name}: pandas and TA-Lib by symbol, the latter only", peer, ratio=1.0)


def run() -> Table:
    """The table of this benchmark; `ratio` says how many times as long the loop over the symbols takes."""
    table = Table("daily_cycle", "a session's work before the models, one core")
    _measured(sample(), table, repeats=5)
    universe = large()
    if universe is None:
        table.notes.append("the larger universe was skipped: set INPLAY_SHARED to the folder that holds its data/")
    else:
        _measured(universe, table, repeats=3)
    return table
