"""What the training table keeps of each pattern: the bar, its context, and its outcome once known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trading.cycle import Market, Patterns
from trading.outcomes import OutcomeRules, Outcomes, label
from trading.own_outcomes import label_own
from trading.panel import Days, Floats, Ints

VOLUME_SPIKE_RATIO = 2.0
"""A bar with at least twice its average volume is a spike (a usual reading of "unusual volume")."""

SPARE_SESSIONS = 3
"""The bar after the horizon may make an outcome known; so many bars are looked at again, for symbols that skip days."""

_FROM_INDICATORS = (
    "body_to_range_ratio", "upper_shadow_ratio", "lower_shadow_ratio", "volume_surge", "rsi_14", "bb_position",
    "atr_pct",
)  # fmt: skip


def _flags(values: npt.NDArray[np.float64], holds: npt.NDArray[np.bool_]) -> pa.Array[Any]:
    """True or False where the value is known, null where it is not."""
    return pa.array(holds, mask=~np.isfinite(values))


def pattern_log(market: Market, patterns: Patterns, picked: Ints, rules: OutcomeRules) -> pa.Table:
    """One row per picked detection, with the columns of `pattern_training_data` but for the time stamp.

    Args:
        market: history as known at some session.
        patterns: of that history.
        picked: positions in `patterns.detections`.
        rules: of the outcome.

    Returns:
        A table; unknown = NaN or null. VIX and news sentiment are null: no source of theirs is connected. A pattern
        without a direction has no outcome: there is no trade to follow. A candlestick has no formation and no prices
        of its own; those of a chart pattern are restated for the splits that the panel is restated for.
    """
    found = patterns.detections
    rows, direction = found.row[picked], found.direction[picked]
    panel, context = market.panel, market.context
    at = context.positions(panel.sessions[rows])
    outcome = _outcome(market, rows, direction, rules)
    ratio = market.indicators["volume_surge"][rows]
    catalyst = patterns.catalyst.has_catalyst[rows]
    known = ~np.isnat(outcome.known_session)
    columns: dict[str, Any] = {
        "symbol": pa.array(panel.row_symbols[rows].tolist(), pa.string()),
        "session": pa.array(panel.sessions[rows], pa.date32()),
        "pattern_type": pa.array(found.names[picked].tolist(), pa.string()),
        "family": pa.array(found.families[picked].tolist(), pa.string()),
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
        "news_sentiment": pa.nulls(len(rows), pa.float64()),
        "volume_spike": _flags(ratio, ratio >= VOLUME_SPIKE_RATIO),
        **_formation(market, patterns, picked, rules),
    }
    return pa.table(columns)


def _outcome(market: Market, rows: Ints, direction: npt.NDArray[np.int8], rules: OutcomeRules) -> Outcomes:
    """The outcome of following each pattern; unknown for those without a direction."""
    directed = direction != 0
    atr = np.where(directed, market.indicators["atr_14"][rows], np.nan)
    return label(market.panel, rows, np.where(directed, direction, 1).astype(np.int8), atr, rules)


def _formation(market: Market, patterns: Patterns, picked: Ints, rules: OutcomeRules) -> dict[str, Any]:
    """The columns that only chart patterns have, null elsewhere."""
    chart = patterns.detections.chart[picked]
    at = np.flatnonzero(chart >= 0)
    charts = patterns.detections.charts.take(chart[at])
    own = label_own(market.panel, charts, rules)
    sessions = market.panel.sessions

    def days(values: Days) -> pa.Array[Any]:
        out = np.full(len(picked), np.datetime64("NaT", "D"))
        out[at] = values
        return pa.array(out, pa.date32())

    def floats(values: Floats) -> Floats:
        out = np.full(len(picked), np.nan)
        out[at] = values
        return out

    kinds = np.full(len(picked), "", dtype="U8")
    kinds[at] = np.where(np.isnat(own.known_session), "", own.exit_kind)
    return {
        "formation_session": days(sessions[charts.start_row]),
        "level_usd": floats(charts.level_usd),
        "entry_usd": floats(charts.entry_usd),
        "stop_usd": floats(charts.stop_usd),
        "target_usd": floats(charts.target_usd),
        "own_exit": pa.array(kinds.tolist(), pa.string(), mask=kinds == ""),
        "own_return": floats(own.net_return),
        "own_known_session": days(own.known_session),
    }


def recent_detections(market: Market, patterns: Patterns, rules: OutcomeRules) -> Ints:
    """Positions of the detections on the last bars of each symbol, whose outcomes may have become known just now.

    Chart patterns are followed for `own_horizon_sessions`, all others for `horizon_sessions`, and some sessions more.
    """
    found = patterns.detections
    ends = market.panel.offsets[1:][market.panel.symbol_index[found.row]]
    reach = rules.horizon_sessions + SPARE_SESSIONS
    chart_reach = max(reach, rules.own_horizon_sessions + SPARE_SESSIONS)
    return np.flatnonzero(ends - found.row <= np.where(found.chart >= 0, chart_reach, reach))
