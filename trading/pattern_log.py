"""What the training table keeps of each pattern: the bar, its context, and its outcome once known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trading.cycle import Market, Patterns
from trading.outcomes import OutcomeRules, label
from trading.panel import Ints

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
        A table; unknown = NaN or null. VIX is null: no source of it is connected.
    """
    found = patterns.detections
    rows, direction = found.row[picked], found.direction[picked]
    panel, context = market.panel, market.context
    at = context.positions(panel.sessions[rows])
    outcome = label(panel, rows, direction, market.indicators["atr_14"][rows], rules)
    ratio = market.indicators["volume_surge"][rows]
    catalyst = patterns.catalyst.has_catalyst[rows]
    known = ~np.isnat(outcome.known_session)
    columns: dict[str, Any] = {
        "symbol": pa.array(panel.row_symbols[rows].tolist(), pa.string()),
        "session": pa.array(panel.sessions[rows], pa.date32()),
        "pattern_type": pa.array(found.names[picked].tolist(), pa.string()),
        "direction": pa.array(direction.astype(np.int16)),
        **{name: market.indicators[name][rows] for name in _FROM_INDICATORS},
        "market_trend": pa.array(context.trend[at].tolist(), pa.string()),
        "vix_level": pa.nulls(len(rows), pa.float64()),
        "realised_volatility_20": context.realised_volatility_20[at],
        "pattern_success": _flags(outcome.success, outcome.success > 0),
        "max_gain": outcome.max_gain,
        "max_loss": outcome.max_loss,
        "optimal_hold_time": pa.array(
            np.nan_to_num(outcome.optimal_hold_sessions).astype(np.int32),
            mask=~(np.isfinite(outcome.optimal_hold_sessions) & known),
        ),
        "outcome_return": outcome.net_return,
        "outcome_exit": pa.array(outcome.exit_kind.tolist(), pa.string(), mask=~known),
        "outcome_known_session": pa.array(outcome.known_session, pa.date32()),
        "news_catalyst": _flags(catalyst, catalyst > 0),
        "news_sentiment": _catalyst_feature(patterns, "news_sentiment_score", rows),
        "volume_spike": _flags(ratio, ratio >= VOLUME_SPIKE_RATIO),
    }
    return pa.table(columns)


def recent_detections(market: Market, patterns: Patterns, bars: int) -> Ints:
    """Positions of the detections on the last `bars` bars of each symbol, whose outcomes may have become known."""
    ends = market.panel.offsets[1:][market.panel.symbol_index[patterns.detections.row]]
    return np.flatnonzero(ends - patterns.detections.row <= bars)
