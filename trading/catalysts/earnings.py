"""Catalysts: events that put a stock in play, each usable only from the session after it was knowable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trading.arrays import Days, Flags, Floats, Ints
from trading.bars.panel import Panel, as_day
from trading.errors import BadDataError


@dataclass(frozen=True)
class Catalyst:
    """What was known of events at the close of each bar, each array of shape `(n_rows,)`.

    Attributes:
        has_catalyst: 1 with an event in the look-back, 0 without, NaN where nobody knows (a symbol that no source
            covers, or the first sessions of the panel, before which there may have been an event).
        sessions_since_event: 1 for the first session at whose close the latest event was known; NaN without one.
        features: of `trading.catalysts.features.CATALYST_FEATURES` by name; one that is absent is unknown everywhere.
    """

    has_catalyst: Floats
    sessions_since_event: Floats
    features: Mapping[str, Floats] = field(default_factory=dict)


LOOKBACK_SESSIONS = 3
"""How many sessions an event stays a catalyst, counted from the session after it."""
_SPAN = np.int64(1_000_000)  # more days than any date in use: symbol and day make one sortable number
COVERED_DAYS = 135
"""US companies report every quarter; without a report for a quarter and a half the source doesn't know the company."""


def covered_at(events: pa.Table, session: date) -> frozenset[str]:
    """Symbols that the source of `events` follows, judged by what it had before the day of `session`."""
    days = events.column("event_date")
    earliest = pa.scalar(session - timedelta(days=COVERED_DAYS), pa.date32())
    recent = pc.and_(pc.greater_equal(days, earliest), pc.less(days, pa.scalar(session, pa.date32())))
    return frozenset(events.filter(recent).column("symbol").to_pylist())


def earnings_catalyst(panel: Panel, events: pa.Table, lookback_sessions: int = LOOKBACK_SESSIONS) -> Catalyst:
    """Earnings known at the close of each bar.

    An event of day d has no time of day. It may have come after the close, so it is knowable from 00:00 exchange time
    of the day after, and a decision at the close of session t uses events with d < t only. Whether the source follows
    a symbol is judged at each bar likewise, by the rule of `covered_at`: what it did later tells nothing of the bar.

    Args:
        panel: bars; its distinct sessions are what sessions are counted in, so a session that the data lacks for the
            whole market isn't counted.
        events: columns `symbol` (string) and `event_date` (date32); other columns are ignored, order doesn't matter.
        lookback_sessions: how many sessions an event stays a catalyst, counted from the session after it.

    Raises:
        BadDataError: when a column is missing.
    """
    missing = {"symbol", "event_date"} - set(events.column_names)
    if missing:
        raise BadDataError(f"the events lack the column(s) {sorted(missing)}; they have {events.column_names}")
    sessions = np.unique(panel.sessions)
    at = np.searchsorted(sessions, panel.sessions)
    first_session_after = _latest_event(panel, sessions, events)
    since = np.where(first_session_after >= 0, at - first_session_after + 1.0, np.nan)
    # Before the panel's first session, sessions can't be counted: an event there leaves the next ones unknown.
    silent = np.where(at + 1 >= lookback_sessions, 0.0, np.nan)
    has = np.where(np.isfinite(since) & (since <= lookback_sessions), 1.0, np.where(np.isfinite(since), 0.0, silent))
    known = _covered(panel, events)
    return Catalyst(np.where(known, has, np.nan), np.where(known, since, np.nan))


def sessions_since(
    events: pa.Table, sessions: Days, lookback_sessions: int = LOOKBACK_SESSIONS
) -> dict[str, int | None]:
    """During the last of `sessions`: how many sessions ago the latest event of each covered symbol was.

    None where it is longer ago than an event stays a catalyst; symbols that the source doesn't cover are absent.

    Args:
        events: that were knowable; those of the session's own day don't count, as their hour isn't known.
        sessions: ascending, more than `lookback_sessions` of them.
        lookback_sessions: as in `earnings_catalyst`.
    """
    session = sessions[-1].item()
    covered = covered_at(events, session)
    latest: dict[str, date] = {}
    rows: Any = zip(events.column("symbol").to_pylist(), events.column("event_date").to_pylist(), strict=True)
    for symbol, day in rows:
        if symbol in covered and day < session:
            latest[symbol] = max(day, latest.get(symbol, day))
    ago = {symbol: int((sessions > as_day(day)).sum()) for symbol, day in latest.items()}
    return {symbol: count if count <= lookback_sessions else None for symbol, count in sorted(ago.items())}


def _covered(panel: Panel, events: pa.Table) -> Flags:
    """Whether the symbol of each bar is one of `covered_at` at the bar's session."""
    key, day, row_key = _keys(panel, events)
    if not len(key):
        return np.zeros(len(panel), dtype=np.bool_)
    latest = np.searchsorted(key, row_key, side="left") - 1
    same = (latest >= 0) & (key[latest] // _SPAN == panel.symbol_index)
    return np.asarray(same & (panel.sessions - day[latest] <= np.timedelta64(COVERED_DAYS, "D")))


def _keys(panel: Panel, events: pa.Table, since: np.datetime64 | None = None) -> tuple[Ints, Days, Ints]:
    """Symbol and day as one sortable number, of each event ascending, with its day; and of each bar."""
    symbol = events.column("symbol").to_numpy(zero_copy_only=False).astype(np.str_)
    day = events.column("event_date").to_numpy(zero_copy_only=False).astype("datetime64[D]")
    here = np.isin(symbol, panel.symbols)
    if since is not None:
        here &= day >= since
    symbol, day = symbol[here], day[here]
    key = np.searchsorted(panel.symbols, symbol) * _SPAN + day.astype(np.int64)
    order = np.argsort(key, kind="stable")
    return key[order], day[order], panel.symbol_index * _SPAN + panel.sessions.astype(np.int64)


def _latest_event(panel: Panel, sessions: Days, events: pa.Table) -> Ints:
    """For each row, the position in `sessions` of the first session after its latest earlier event; -1 without one."""
    event_key, day, row_key = _keys(panel, events, sessions[0] if len(sessions) else None)
    if not len(event_key):
        return np.full(len(panel), -1, dtype=np.int64)
    latest = np.searchsorted(event_key, row_key, side="left") - 1
    same = (latest >= 0) & (event_key[latest] // _SPAN == panel.symbol_index)
    return np.where(same, np.searchsorted(sessions, day[latest], side="right"), -1)
