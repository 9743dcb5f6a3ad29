"""Every daily pattern of a panel, candlesticks and chart patterns alike, under one vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from trading.arrays import Floats, Ints
from trading.bars.panel import Panel
from trading.patterns import candlestick
from trading.patterns.chart import registry
from trading.patterns.chart.detections import ChartDetections

FamilyName = Literal["candlestick", "chart"]

NAMES: tuple[str, ...] = (*candlestick.NAMES, *registry.NAMES)
"""Every daily pattern: the candlesticks, ascending, then the chart patterns, ascending."""

FAMILY_OF: Mapping[str, FamilyName] = MappingProxyType(
    {**dict.fromkeys(candlestick.NAMES, "candlestick"), **dict.fromkeys(registry.NAMES, "chart")}
)
"""The family of each pattern."""


@dataclass(frozen=True)
class Detections:
    """Patterns that were found, sorted by row, then by pattern, then by direction; each array of shape `(n,)`.

    Attributes:
        row: row in the panel at whose close the pattern is known, int64.
        pattern: index into `NAMES`, int16.
        direction: +1 bullish, -1 bearish, 0 without a direction, int8.
        chart: position in `charts` of a chart pattern, -1 for a candlestick, int64.
        charts: the chart patterns with their formation and prices.
    """

    row: Ints
    pattern: npt.NDArray[np.int16]
    direction: npt.NDArray[np.int8]
    chart: Ints
    charts: ChartDetections

    def __len__(self) -> int:
        return len(self.row)

    @property
    def names(self) -> npt.NDArray[np.str_]:
        """The pattern's name of each detection."""
        return np.array(NAMES)[self.pattern]

    @property
    def families(self) -> npt.NDArray[np.str_]:
        """The pattern's family of each detection."""
        return np.where(self.chart < 0, "candlestick", "chart")

    def at(self, row: int) -> slice:
        """Where the detections of one row stand."""
        first, last = np.searchsorted(self.row, [row, row + 1])
        return slice(int(first), int(last))


def recognise_all(panel: Panel, atr: Floats) -> Detections:
    """Every candlestick and every daily chart pattern of every symbol.

    Args:
        panel: daily bars, restated for splits known by then (`trading.bars.history.as_of`).
        atr: average true range of each bar in USD: `trading.indicators.daily.compute(panel)["atr_14"]`.
    """
    candles, charts = candlestick.detect(panel), registry.detect(panel, atr)
    row = np.concatenate([candles.row, charts.row])
    pattern = np.concatenate([candles.pattern, charts.pattern + np.int16(len(candlestick.NAMES))])
    direction = np.concatenate([candles.direction, charts.direction])
    chart = np.concatenate([np.full(len(candles), -1, dtype=np.int64), np.arange(len(charts), dtype=np.int64)])
    order = np.argsort(row, kind="stable")  # both are sorted, and a chart pattern's index is above any candlestick's
    return Detections(row[order], pattern[order], direction[order], chart[order], charts)


def direction_word(direction: int) -> Literal["long", "short", "none"]:
    """The direction as people and programs are told it."""
    if direction == 0:
        return "none"
    return "long" if direction > 0 else "short"


def signed_name(name: str, direction: int) -> str:
    """The name with + or - for its direction, bare without one."""
    return {1: "+", -1: "-", 0: ""}[direction] + name
