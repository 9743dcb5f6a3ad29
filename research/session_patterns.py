"""The patterns within the sessions whose minutes are on record."""

from __future__ import annotations

from datetime import UTC, date, timedelta

from adapters.bars.files import BAR_S
from adapters.calendar import session_hours
from adapters.record import Record
from research.recorded_minutes import RecordedMinutes, shortest_length
from research.session_minutes import CLOSURE_DAYS
from trading.bars.intraday import IntradayPanel
from trading.bars.minute_bars import restated
from trading.bars.panel import as_day
from trading.evidence.session_log import session_pattern_log
from trading.patterns.in_session import SessionPatterns

HOUR = timedelta(hours=1)
"""The longest bar: one that begins at the very end of a session is over by then."""


def session_patterns(record: Record, session: date, *, cost_bp_per_side: float) -> SessionPatterns | None:
    """The patterns of a session that is over; None when no bars within it are on record.

    The session before is read as well, for its close. A split between the two is taken out of the earlier prices, so
    that it isn't a gap.
    """
    timeframe = shortest_length(record.bar_tables, session)
    if timeframe is None:
        return None
    hours = session_hours(session - timedelta(days=CLOSURE_DAYS), session)
    before = hours.sessions[-2].item()
    minutes = RecordedMinutes(record.bars, timeframe).until(before, hours.end_at[-1].item().replace(tzinfo=UTC) + HOUR)
    panel = IntradayPanel.from_arrow(minutes.bars, hours, bar_s=minutes.bar_s)
    between = [split for split in record.bar_tables.splits() if before < split.session <= session]
    panel = restated(panel, between, ())
    bars = int((panel.sessions == as_day(session)).sum())
    if bars == 0:
        return None
    table = session_pattern_log(panel, hours, as_day(session), cost_bp_per_side=cost_bp_per_side)
    return SessionPatterns(session, bars, table)


def sessions_with_minutes(record: Record) -> list[date]:
    """Sessions of which bars shorter than a day are on record, ascending."""
    files = record.bar_tables.files(timeframe=None)
    return sorted({session for file in files if file.timeframe in BAR_S for session in file.sessions})
