"""Features of a setup: what the models see of a bar, all of it known at the close of that bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from trading.arrays import Floats, Ints
from trading.bars.panel import Panel
from trading.catalysts.earnings import Catalyst
from trading.catalysts.features import CATALYST_FEATURES
from trading.market.context import MarketContext, relative_strength_20
from trading.market.regimes import Regimes
from trading.patterns.recognised import NAMES, Detections

_INDICATORS = (
    "rsi_14", "bb_position", "macd_hist_pct", "atr_pct", "adx_14", "sma_9_distance", "sma_20_distance",
    "sma_50_distance", "sma_200_distance", "volume_ratio_20", "gap_pct", "return_1", "return_5", "return_20",
    "range_pct", "body_to_range_ratio", "upper_shadow_ratio", "lower_shadow_ratio", "stoch_k", "obv_slope_10",
    "high_20_distance", "position_52w",
)  # fmt: skip
_CONTEXT = ("market_return_1", "market_return_5", "realised_volatility_20", "breadth", "dispersion")
_REGIME = ("market_volatility", "market_driver", "sector_strength_20", "strength_in_sector_20")
_OTHERS = (
    "market_trend", *_REGIME, "relative_strength_20", "has_catalyst", "sessions_since_event", "direction",
    "n_same_direction_patterns", "n_opposite_patterns",
)  # fmt: skip

_CATALYSTS = tuple(CATALYST_FEATURES)

FEATURES: tuple[str, ...] = (*_INDICATORS, *_CONTEXT, *_OTHERS, *_CATALYSTS, *(f"pattern_{name}" for name in NAMES))
"""The columns of `Setups.matrix`, in order.

`market_trend` is +1 bull, 0 sideways, -1 bear; `market_volatility` 1 high, 0 low; `market_driver` 1 catalysts,
0 technical. `sector_strength_20` is the 20-session return of the symbol's sector less the market's,
`strength_in_sector_20` the symbol's less its sector's. `pattern_…` is +1 when that pattern stands at the bar in the
setup's direction, -1 when it stands against it, else 0; a pattern without a direction is +1 whatever the setup's. Those
in `NEUTRAL` are as seen from the setup's direction.
"""

NEUTRAL: Mapping[str, float] = MappingProxyType(
    {
        "rsi_14": 50.0, "bb_position": 0.5, "stoch_k": 50.0, "position_52w": 0.5, "breadth": 0.5, "macd_hist_pct": 0.0,
        "sma_9_distance": 0.0, "sma_20_distance": 0.0, "sma_50_distance": 0.0, "sma_200_distance": 0.0, "gap_pct": 0.0,
        "return_1": 0.0, "return_5": 0.0, "return_20": 0.0, "obv_slope_10": 0.0, "relative_strength_20": 0.0,
        "market_return_1": 0.0, "market_return_5": 0.0, "market_trend": 0.0,
        "sector_strength_20": 0.0, "strength_in_sector_20": 0.0,
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

    def take(self, rows: Ints) -> Setups:
        """Some of them, in the order given."""
        return Setups(self.row[rows], self.direction[rows], self.matrix[rows])


def build_setups(
    panel: Panel,
    indicators: Mapping[str, Floats],
    context: MarketContext,
    detections: Detections,
    catalyst: Catalyst,
    *,
    rows: Ints | None = None,
    regime: Regimes | None = None,
) -> Setups:
    """One setup for each bar and direction in which at least one pattern stands, sorted by row, then direction.

    A pattern without a direction makes none.

    Args:
        panel: bars.
        indicators: `trading.indicators.daily.compute(panel)`.
        context: `trading.market.context.market_context(panel, indicators)`.
        detections: `trading.patterns.recognised.recognise_all(panel, indicators["atr_14"])`.
        catalyst: `trading.catalysts.known.known_catalysts(panel, …)`.
        rows: only these bars; all if None.
        regime: of each session of the panel; without it the features of `_REGIME` are unknown.
    """
    at, direction = setup_rows(panel, detections, rows)
    return feature_rows(panel, indicators, context, detections, catalyst, rows=at, direction=direction, regime=regime)


def setup_rows(panel: Panel, detections: Detections, rows: Ints | None = None) -> tuple[Ints, npt.NDArray[np.int8]]:
    """Row and direction of each setup of `build_setups`, without its features."""
    wanted = np.ones(len(panel), dtype=np.bool_)
    if rows is not None:
        wanted[:] = False
        wanted[rows] = True
    found = detections.row * 2 + (detections.direction > 0)
    keys = np.unique(found[wanted[detections.row] & (detections.direction != 0)])
    return keys // 2, np.where(keys % 2 == 1, 1, -1).astype(np.int8)


def feature_rows(
    panel: Panel,
    indicators: Mapping[str, Floats],
    context: MarketContext,
    detections: Detections,
    catalyst: Catalyst,
    *,
    rows: Ints,
    direction: npt.NDArray[np.int8],
    regime: Regimes | None = None,
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
        regime: as in `build_setups`.
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
        **_regime_columns(panel, indicators, context, rows, regime),
        "relative_strength_20": relative_strength_20(panel, indicators, rows),
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
    first = column[f"pattern_{NAMES[0]}"]
    _mark_patterns(matrix[:, first : first + len(NAMES)], detections, rows, direction)
    for name, neutral in NEUTRAL.items():
        matrix[:, column[name]] = (matrix[:, column[name]] - neutral) * direction
    return Setups(np.asarray(rows, dtype=np.int64), np.asarray(direction, dtype=np.int8), matrix)


def _regime_columns(
    panel: Panel, indicators: Mapping[str, Floats], context: MarketContext, rows: Ints, regime: Regimes | None
) -> dict[str, Floats]:
    """The columns of `_REGIME` at `rows`."""
    if regime is None:
        return {name: np.full(len(rows), np.nan) for name in _REGIME}
    at = context.positions(panel.sessions[rows])
    strength, of_sector = regime.sectors.of_rows(panel, context, rows)
    columns = (regime.volatility_sign[at], regime.driver_sign[at], strength, indicators["return_20"][rows] - of_sector)
    return dict(zip(_REGIME, columns, strict=True))


def _pattern_counts(
    detections: Detections, n_rows: int, rows: Ints, direction: npt.NDArray[np.int8]
) -> tuple[Ints, Ints]:
    """How many patterns stand at each of `rows` in its direction, and against it."""
    up = np.bincount(detections.row[detections.direction > 0], minlength=n_rows)[rows]
    down = np.bincount(detections.row[detections.direction < 0], minlength=n_rows)[rows]
    return np.where(direction > 0, up, down), np.where(direction > 0, down, up)


def _mark_patterns(
    columns: npt.NDArray[np.float32], detections: Detections, rows: Ints, direction: npt.NDArray[np.int8]
) -> None:
    """Writes each pattern at `rows`, as its setup sees it, into its column of `columns`, shape `(n, n_patterns)`.

    A chart pattern that triggers both ways at one bar says nothing: it is 0 there.
    """
    first = np.searchsorted(detections.row, rows, side="left")
    counts = np.searchsorted(detections.row, rows, side="right") - first
    setup = np.repeat(np.arange(len(rows)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    found = np.repeat(first, counts) + within
    way = detections.direction[found]
    seen = np.where(way == 0, 1, way * direction[setup])
    columns[setup, detections.pattern[found]] = np.where(_both_ways(detections)[found], 0, seen)


def _both_ways(detections: Detections) -> npt.NDArray[np.bool_]:
    """Detections whose pattern stands at the same bar in the other direction too; the two are neighbours."""
    row, pattern = detections.row, detections.pattern
    twin = (row[1:] == row[:-1]) & (pattern[1:] == pattern[:-1])
    edge = np.zeros(min(len(row), 1), dtype=np.bool_)
    out: npt.NDArray[np.bool_] = np.concatenate([edge, twin]) | np.concatenate([twin, edge])
    return out
