"""Charts drawn by hand: straight lines between prices, in numbers that a binary fraction holds exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.unit.trading.made_bars import random_panel, weekdays
from trading.bars.panel import Panel
from trading.indicators.swings import average_true_range
from trading.patterns.chart.detections import ChartDetections
from trading.patterns.chart.registry import detect

PRELUDE = 20
"""Bars at 100 that every drawing begins with: high 100.5, low 99.5, so that the average true range is 1."""

Stroke = tuple[int, float] | tuple[int, float, float]


def draw(*strokes: Stroke) -> Panel:
    """One symbol: the prelude, then each stroke's bars in a straight line of closes to its price.

    A bar opens half-way between the previous close and its own; it reaches 0.5 beyond open and close. A stroke's third
    number is the volume of its bars, otherwise 1,000.
    """
    closes, volumes = [100.0] * PRELUDE, [1000.0] * PRELUDE
    for bars, price, *volume in strokes:
        start = closes[-1]
        closes += [start + (price - start) * (bar + 1) / bars for bar in range(bars)]
        volumes += [volume[0] if volume else 1000.0] * bars
    close = np.array(closes)
    open_ = (np.concatenate([close[:1], close[:-1]]) + close) / 2
    return Panel(
        symbols=np.array(["A"]),
        offsets=np.array([0, len(close)]),
        sessions=weekdays(len(close)),
        open=open_,
        high=np.maximum(open_, close) + 0.5,
        low=np.minimum(open_, close) - 0.5,
        close=close,
        volume=np.array(volumes),
    )


def found_in(panel: Panel) -> ChartDetections:
    """Every chart pattern of the panel."""
    return detect(panel, average_true_range(panel))


def mirrored(panel: Panel, level: float) -> Panel:
    """The panel with each price reflected about `level`: rises are falls of as many dollars."""
    return Panel(
        panel.symbols,
        panel.offsets,
        panel.sessions,
        open=2 * level - panel.open,
        high=2 * level - panel.low,
        low=2 * level - panel.high,
        close=2 * level - panel.close,
        volume=panel.volume,
    )


def scaled(panel: Panel, factor: float) -> Panel:
    """The panel with each price times `factor`."""
    prices = {name: getattr(panel, name) * factor for name in ("open", "high", "low", "close")}
    return Panel(panel.symbols, panel.offsets, panel.sessions, **prices, volume=panel.volume)


def wandering(seed: int, lengths: Sequence[int] = (350, 350, 300, 200, 30, 3)) -> Panel:
    """Random walks whose prices are whole multiples of 2^-20, so that reflecting them loses nothing."""
    panel = random_panel(seed, lengths)
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 2**12, len(panel)) / 2**20  # off the cent: no two lines meet exactly
    prices = {name: np.round(getattr(panel, name) * 2**20) / 2**20 + noise for name in ("open", "high", "low", "close")}
    return Panel(panel.symbols, panel.offsets, panel.sessions, **prices, volume=panel.volume)
