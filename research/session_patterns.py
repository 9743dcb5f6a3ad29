"""The patterns within the sessions whose minutes are on record."""

from __future__ import annotations

from datetime import UTC, date, timedelta

from adapters.calendar import session_hours
from adapters.record import Record
from research.recorded_minutes import RecordedMinutes
from research.session_minutes import CLOSURE_DAYS
from trading.bars.intraday import IntradayPanel
from trading.bars.minute_bars import restated
from trading.bars.panel import as_day
from trading.evidence.session_log import session_pattern_log
from trading.patterns.in_session import SessionPatterns


def session_patterns(record: Record, session: date, *, cost_bp_per_side: float) -> SessionPatterns | None:
    """The patterns of a session that is over; None when no minute of it is on record.

    The session before is read as well, for its close. A split between the two is taken out of the earlier prices, so
    that it isn't a gap.
    """
    if not record.bar_tables.files(session, session, timeframe="1m"):
        return None
    hours = session_hours(session - timedelta(days=CLOSURE_DAYS), session)
    before = hours.sessions[-2].item()
    minutes = RecordedMinutes(record.bars).until(before, hours.end_at[-1].item().replace(tzinfo=UTC))
    panel = IntradayPanel.from_arrow(minutes.bars, hours)
    between = [split for split in record.bar_tables.splits() if before < split.session <= session]
    panel = restated(panel, between, ())
    bars = int((panel.sessions == as_day(session)).sum())
    if bars == 0:
        return None
    table = session_pattern_log(panel, hours, as_day(session), cost_bp_per_side=cost_bp_per_side)
    return SessionPatterns(session, bars, table)


def sessions_with_minutes(record: Record) -> list[date]:
    """Sessions of which minute bars are on record, ascending."""
    return sorted({session for file in record.bar_tables.files(timeframe="1m") for session in file.sessions})
