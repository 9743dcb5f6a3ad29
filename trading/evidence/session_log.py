"""What the record keeps of the patterns within a session: their bars, their plan, their context and their outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trading.arrays import Floats, Ints
from trading.bars.intraday import IntradayPanel
from trading.bars.session_hours import REGULAR, SessionHours
from trading.outcomes.in_session import SessionOutcomes, label_in_session
from trading.patterns.chart.detections import ChartDetections
from trading.patterns.chart.registry import SESSION_NAMES, detect_in_sessions
from trading.patterns.chart.session_view import SessionView

OTHER_ENTRIES = 12
"""Moments of the session before at which the same trade is entered for comparison, at most."""
OTHER_WITHIN_S = 1_800
"""They lie so near the trigger's time of day."""
_SESSION_S = 1 << 20
"""More seconds than a session has."""


@dataclass(frozen=True)
class Comparison:
    """The same trade entered in the session before; one value a detection, shape `(n,)`.

    Attributes:
        entries: how many of the moments led to an entry.
        success: share of these that made money after costs; NaN without one. `net_return`: their mean.
    """

    entries: Ints
    success: Floats
    net_return: Floats


def session_pattern_log(
    bars: IntradayPanel, hours: SessionHours, session: np.datetime64, *, cost_bp_per_side: float
) -> pa.Table:
    """One row per pattern that triggered within a session, with what became of it by that session's close.

    Args:
        bars: of the session, whole, and of the one before it, whose close a gap is measured from; restated for splits.
        hours: of both.
        session: the one to log; it must be over.
        cost_bp_per_side: see `label_in_session`.

    Returns:
        The columns of `session_patterns`; unknown = NaN, NaT or null.
    """
    found = detect_in_sessions(bars, hours)
    found = found.take(np.flatnonzero(bars.sessions[found.row] == session))
    rows = found.row
    outcome = label_in_session(
        bars, rows, found.direction, stop_usd=found.stop_usd, target_usd=found.target_usd,
        cost_bp_per_side=cost_bp_per_side,
    )  # fmt: skip
    view = SessionView.of(bars, hours)
    other = compare_with_session_before(bars, view, found, cost_bp_per_side)
    columns: dict[str, Any] = {
        "symbol": pa.array(bars.symbols[bars.symbol_index[rows]].tolist(), pa.string()),
        "session": pa.array(bars.sessions[rows], pa.date32()),
        "bar_s": pa.array(np.full(len(rows), bars.bar_s), pa.int32()),
        "triggered_at": _stamps(bars.closes_at[rows]),
        "began_at": _stamps(bars.starts_at[found.start_row]),
        "pattern_type": pa.array(np.array(SESSION_NAMES)[found.pattern].tolist(), pa.string()),
        "direction": pa.array(found.direction.astype(np.int16)),
        "level_usd": found.level_usd,
        "entry_usd": found.entry_usd,
        "stop_usd": found.stop_usd,
        "target_usd": found.target_usd,
        **_context(bars, view, rows),
        **_outcome(outcome),
        "other_entries": pa.array(other.entries.astype(np.int16)),
        "other_success": other.success,
        "other_return": other.net_return,
    }
    return pa.table(columns)


def compare_with_session_before(
    bars: IntradayPanel, view: SessionView, found: ChartDetections, cost_bp_per_side: float
) -> Comparison:
    """What the same trade made at moments that no pattern chose.

    Same symbol, direction and time of day, and the same distances of stop and target as fractions of the price, in the
    session before. Moments of the same session won't do: a pattern is found because of what went before it, so those
    before it know of a move to come, and those after it have less time.
    """
    n = len(found.row)
    at, chosen = _moments_before(bars, view, found.row)
    pattern = np.repeat(np.arange(n), OTHER_ENTRIES)[chosen]
    rows = at.ravel()[chosen]
    stop, target = (
        plan[pattern] / found.entry_usd[pattern] * bars.close[rows] for plan in (found.stop_usd, found.target_usd)
    )
    outcome = label_in_session(
        bars, rows, found.direction[pattern], stop_usd=stop, target_usd=target, cost_bp_per_side=cost_bp_per_side
    )
    entered = outcome.exit_kind != "no_entry"
    made = outcome.net_return[entered]
    entries = np.bincount(pattern[entered], minlength=n)
    count = np.where(entries > 0, entries, np.nan)
    won, gained = (np.bincount(pattern[entered], weights=w, minlength=n) for w in ((made > 0).astype(np.float64), made))
    return Comparison(entries, won / count, gained / count)


def _moments_before(bars: IntradayPanel, view: SessionView, rows: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Up to `OTHER_ENTRIES` rows a trigger, evenly spread, shape `(n, OTHER_ENTRIES)`, and which are real, flat."""
    regular = np.flatnonzero(bars.phase == REGULAR)
    stretch = np.searchsorted(view.first, regular, side="right") - 1
    keys = stretch * _SESSION_S + view.since_s[regular]
    place = np.searchsorted(view.first, rows, side="right") - 1
    symbol = bars.symbol_index[view.first]
    before = np.maximum(place - 1, 0)
    known = (place > 0) & (symbol[before] == symbol[place])
    since = view.since_s[rows]
    low = np.searchsorted(keys, before * _SESSION_S + np.maximum(since - OTHER_WITHIN_S, 0))
    high = np.searchsorted(keys, before * _SESSION_S + since + OTHER_WITHIN_S, side="right")
    count = np.where(known, np.minimum(high - low, OTHER_ENTRIES), 0)
    k = np.arange(OTHER_ENTRIES)
    step = np.maximum(high - low - 1, 0)[:, None] * k // np.maximum(count - 1, 1)[:, None]
    chosen = k < count[:, None]
    at = regular[np.where(chosen, low[:, None] + step, 0)]
    return at, chosen.ravel()


def _context(bars: IntradayPanel, view: SessionView, rows: Ints) -> dict[str, Floats | Ints]:
    """What was known of the stock when the pattern triggered."""
    place = np.searchsorted(view.first, rows, side="right") - 1
    first = view.first[place]
    volume = np.concatenate([[0.0], np.cumsum(np.where(bars.phase == REGULAR, bars.volume, 0.0))])
    since_open = volume[rows + 1] - volume[first]
    return {
        "since_open_s": view.since_s[rows].astype(np.int32),
        "gap": bars.open[first] / view.previous_close[place] - 1.0,
        "vwap_distance": bars.close[rows] / view.vwap[rows] - 1.0,
        "volume_since_open": since_open.astype(np.int64),
    }


def _outcome(outcome: SessionOutcomes) -> dict[str, Any]:
    return {
        "exit_kind": pa.array(outcome.exit_kind.tolist(), pa.string()),
        "exit_at": _stamps(outcome.exit_at),
        "net_return": outcome.net_return,
        "max_gain": outcome.max_gain,
        "max_loss": outcome.max_loss,
    }


def _stamps(values: np.ndarray[Any, np.dtype[np.datetime64]]) -> pa.Array[Any]:
    return pa.array(values.astype("datetime64[us]"), pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))
