"""Features of a setup: what the models see of a bar, all of it known at the close of that bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from trading.catalyst_features import CATALYST_FEATURES
from trading.catalysts import Catalyst
from trading.panel import Floats, Ints, Panel
from trading.patterns.candlestick import NAMES, Detections
from trading.regime import MarketContext, relative_strength_20

_INDICATORS = (
    "rsi_14", "bb_position", "macd_hist_pct", "atr_pct", "adx_14", "sma_9_distance", "sma_20_distance",
    "sma_50_distance", "sma_200_distance", "volume_ratio_20", "gap_pct", "return_1", "return_5", "return_20",
    "range_pct", "body_to_range_ratio", "upper_shadow_ratio", "lower_shadow_ratio", "stoch_k", "obv_slope_10",
    "high_20_distance", "position_52w",
)  # fmt: skip
_CONTEXT = ("market_return_1", "market_return_5", "realised_volatility_20", "breadth", "dispersion")
_OTHERS = (
    "market_trend", "relative_strength_20", "has_catalyst", "sessions_since_event", "direction",
    "n_same_direction_patterns", "n_opposite_patterns",
)  # fmt: skip

_CATALYSTS = tuple(CATALYST_FEATURES)

FEATURES: tuple[str, ...] = (*_INDICATORS, *_CONTEXT, *_OTHERS, *_CATALYSTS, *(f"pattern_{name}" for name in NAMES))
"""The columns of `Setups.matrix`, in order.

`market_trend` is +1 bull, 0 sideways, -1 bear. `pattern_…` is +1 or -1 when that pattern stands at the bar, else 0.
Those in `NEUTRAL` and all patterns are as seen from the setup's direction.
"""

NEUTRAL: Mapping[str, float] = MappingProxyType(
    {
        "rsi_14": 50.0, "bb_position": 0.5, "stoch_k": 50.0, "position_52w": 0.5, "breadth": 0.5, "macd_hist_pct": 0.0,
        "sma_9_distance": 0.0, "sma_20_distance": 0.0, "sma_50_distance": 0.0, "sma_200_distance": 0.0, "gap_pct": 0.0,
        "return_1": 0.0, "return_5": 0.0, "return_20": 0.0, "obv_slope_10": 0.0, "relative_strength_20": 0.0,
        "market_return_1": 0.0, "market_return_5": 0.0, "market_trend": 0.0,
        "news_sentiment_score": 0.0, "gap_percentage": 0.0, "catalyst_score": 0.0, "sentiment_velocity": 0.0,
    }
)  # fmt: skip
"""Directional features and the value that favours neither side: a setup holds (value - neutral) x direction.

A falling stock is to a short what a rising one is to a long. Saying so halves what there is to learn and keeps a model
from learning which direction the market happened to go.
"""


@dataclass(frozen=True)
class Setups:
    """Candidate rows for the models, one a (bar, direction).

    Attributes:
        row: row in the panel, shape `(n,)`.
        direction: +1 long, -1 short, int8, shape `(n,)`.
        matrix: float32, shape `(n, len(FEATURES))`; NaN = unknown.
        names: the columns of `matrix`: `FEATURES`.
    """

    row: Ints
    direction: npt.NDArray[np.int8]
    matrix: npt.NDArray[np.float32]
    names: tuple[str, ...] = FEATURES

    def __len__(self) -> int:
        return len(self.row)


def build_setups(
    panel: Panel,
    indicators: Mapping[str, Floats],
    context: MarketContext,
    detections: Detections,
    catalyst: Catalyst,
    *,
    rows: Ints | None = None,
) -> Setups:
    """One setup for each bar and direction in which at least one pattern stands, sorted by row, then direction.

    Args:
        panel: bars.
        indicators: `trading.indicators.compute(panel)`.
        context: `trading.regime.market_context(panel, indicators)`.
        detections: `trading.patterns.candlestick.detect(panel)`.
        catalyst: `trading.known_catalysts.known_catalysts(panel, …)`.
        rows: only these bars; all if None.
    """
    wanted = np.ones(len(panel), dtype=np.bool_)
    if rows is not None:
        wanted[:] = False
        wanted[rows] = True
    found = detections.row * 2 + (detections.direction > 0)
    keys = np.unique(found[wanted[detections.row]])
    direction = np.where(keys % 2 == 1, 1, -1).astype(np.int8)
    return feature_rows(panel, indicators, context, detections, catalyst, rows=keys // 2, direction=direction)


def feature_rows(
    panel: Panel,
    indicators: Mapping[str, Floats],
    context: MarketContext,
    detections: Detections,
    catalyst: Catalyst,
    *,
    rows: Ints,
    direction: npt.NDArray[np.int8],
) -> Setups:
    """The features of any bars, with or without a pattern, in the order given.

    Args:
        panel: bars; the next four as in `build_setups`.
        indicators: of the panel.
        context: of the panel.
        detections: of the panel.
        catalyst: of the panel.
        rows: rows in the panel, shape `(n,)`; a row may stand twice.
        direction: +1 or -1 each, shape `(n,)`.
    """
    matrix = np.zeros((len(rows), len(FEATURES)), dtype=np.float32)
    column = {name: position for position, name in enumerate(FEATURES)}
    for name in _INDICATORS:
        matrix[:, column[name]] = indicators[name][rows]
    at = context.positions(panel.sessions[rows])
    for name in _CONTEXT:
        matrix[:, column[name]] = getattr(context, name)[at]
    same, opposite = _pattern_counts(detections, len(panel), rows, direction)
    others: dict[str, npt.NDArray[Any]] = {
        "market_trend": context.trend_sign[at],
        "relative_strength_20": relative_strength_20(panel, indicators)[rows],
        "has_catalyst": catalyst.has_catalyst[rows],
        "sessions_since_event": catalyst.sessions_since_event[rows],
        "direction": direction,
        "n_same_direction_patterns": same,
        "n_opposite_patterns": opposite,
    }
    for name in _OTHERS:
        matrix[:, column[name]] = others[name]
    for name in _CATALYSTS:
        values = catalyst.features.get(name)
        matrix[:, column[name]] = np.nan if values is None else values[rows]
    _mark_patterns(matrix[:, -len(NAMES) :], detections, rows)
    for name, neutral in NEUTRAL.items():
        matrix[:, column[name]] = (matrix[:, column[name]] - neutral) * direction
    matrix[:, -len(NAMES) :] *= direction[:, None]
    return Setups(np.asarray(rows, dtype=np.int64), np.asarray(direction, dtype=np.int8), matrix)


def _pattern_counts(
    detections: Detections, n_rows: int, rows: Ints, direction: npt.NDArray[np.int8]
) -> tuple[Ints, Ints]:
    """How many patterns stand at each of `rows` in its direction, and against it."""
    up = np.bincount(detections.row[detections.direction > 0], minlength=n_rows)[rows]
    down = np.bincount(detections.row[detections.direction < 0], minlength=n_rows)[rows]
    return np.where(direction > 0, up, down), np.where(direction > 0, down, up)


def _mark_patterns(columns: npt.NDArray[np.float32], detections: Detections, rows: Ints) -> None:
    """Writes the direction of each pattern at `rows` into its column of `columns`, a view of shape `(n, 61)`."""
    first = np.searchsorted(detections.row, rows, side="left")
    counts = np.searchsorted(detections.row, rows, side="right") - first
    setup = np.repeat(np.arange(len(rows)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    found = np.repeat(first, counts) + within
    columns[setup, detections.pattern[found]] = detections.direction[found]
