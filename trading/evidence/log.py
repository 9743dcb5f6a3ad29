"""What the training table keeps of each pattern: the bar, its context, and its outcome once known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trading.arrays import Floats, Ints
from trading.cycle.stages import Market, Patterns
from trading.evidence.outcomes import own_outcome, shared_outcome
from trading.market.regimes import known_vix
from trading.outcomes.barriers import OutcomeRules

VOLUME_SPIKE_RATIO = 2.0
"""A bar with at least twice its average volume is a spike (a usual reading of "unusual volume")."""

_FROM_INDICATORS = (
    "body_to_range_ratio", "upper_shadow_ratio", "lower_shadow_ratio", "volume_surge", "rsi_14", "bb_position",
    "atr_pct",
)  # fmt: skip


def _flags(values: npt.NDArray[np.float64], holds: npt.NDArray[np.bool_]) -> pa.Array[Any]:
    """True or False where the value is known, null where it is not."""
    return pa.array(holds, mask=~np.isfinite(values))


def _catalyst_feature(patterns: Patterns, name: str, rows: Ints) -> npt.NDArray[np.float64]:
    values = patterns.catalyst.features.get(name)
    return np.full(len(rows), np.nan) if values is None else values[rows]


def pattern_log(market: Market, patterns: Patterns, picked: Ints, rules: OutcomeRules) -> pa.Table:
    """One row per picked detection, with the columns of `pattern_training_data` but for the time stamp.

    Args:
        market: history as known at some session.
        patterns: of that history.
        picked: positions in `patterns.detections`.
        rules: of the outcome.

    Returns:
        A table; unknown = NaN or null. The VIX is that of the day before. A pattern without a direction has no outcome:
        there is no trade to follow. A candlestick has no formation and no prices of its own; those of a chart pattern
        are restated for the splits that the panel is restated for.
    """
    found = patterns.detections
    rows, direction = found.row[picked], found.direction[picked]
    panel, context = market.panel, market.context
    at = context.positions(panel.sessions[rows])
    ratio = market.indicators["volume_surge"][rows]
    catalyst = patterns.catalyst.has_catalyst[rows]
    columns: dict[str, Any] = {
        "symbol": pa.array(panel.row_symbols[rows].tolist(), pa.string()),
        "session": pa.array(panel.sessions[rows], pa.date32()),
        "pattern_type": pa.array(found.names[picked].tolist(), pa.string()),
        "family": pa.array(found.families[picked].tolist(), pa.string()),
        "direction": pa.array(direction.astype(np.int16)),
        **{name: market.indicators[name][rows] for name in _FROM_INDICATORS},
        "market_trend": pa.array(context.trend[at].tolist(), pa.string()),
        "vix_level": known_vix(context.sessions, market.vix)[at],
        "realised_volatility_20": context.realised_volatility_20[at],
        **shared_outcome(market, rows, direction, rules),
        "news_catalyst": _flags(catalyst, catalyst > 0),
        "news_sentiment": _catalyst_feature(patterns, "news_sentiment_score", rows),
        "volume_spike": _flags(ratio, ratio >= VOLUME_SPIKE_RATIO),
        **_formation(market, patterns, picked, rules),
    }
    return pa.table(columns)


def _formation(market: Market, patterns: Patterns, picked: Ints, rules: OutcomeRules) -> dict[str, Any]:
    """The columns that only chart patterns have, null elsewhere."""
    found = patterns.detections
    chart = found.chart[picked]
    at = np.flatnonzero(chart >= 0)
    charts = found.charts.take(chart[at])

    def floats(values: Floats) -> Floats:
        out = np.full(len(picked), np.nan)
        out[at] = values
        return out

    began = np.full(len(picked), np.datetime64("NaT", "D"))
    known = patterns.began
    began[at] = market.panel.sessions[charts.start_row] if known is None else known[chart[at]]
    stop, target = floats(charts.stop_usd), floats(charts.target_usd)
    return {
        "formation_session": pa.array(began, pa.date32()),
        "level_usd": floats(charts.level_usd),
        "entry_usd": floats(charts.entry_usd),
        "stop_usd": stop,
        "target_usd": target,
        **own_outcome(
            market, found.row[picked], found.direction[picked], stop_usd=stop, target_usd=target, rules=rules
        ),
    }


def detections_at(market: Market, patterns: Patterns, session: np.datetime64) -> Ints:
    """Positions of the detections whose bar is of the session."""
    return np.flatnonzero(market.panel.sessions[patterns.detections.row] == session)
