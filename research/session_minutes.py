"""The minutes that a scan during a session is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from adapters.calendar import session_hours
from adapters.exchange_time import NEW_YORK, TIME_ZONE
from trading.bars.intraday import IntradayPanel
from trading.bars.minute_bars import MinuteBars
from trading.bars.session_hours import SessionHours

CLOSURE_DAYS = 14
"""More than weekends, holidays and closures add to the sessions looked back over."""


@dataclass(frozen=True)
class DuringSession:
    """Minute bars up to an instant of a session, that session's among them.

    Attributes:
        at: the instant, UTC.
        known_at: when the latest of the bars was over.
        hours: of the sessions of the bars and of the one `at` is in, which is the last.
        refused: rows that aren't among them, by reason.
    """

    at: np.datetime64
    known_at: datetime
    bars: IntradayPanel
    hours: SessionHours
    refused: Mapping[str, int]
    usual_sessions: int


def during_session(minutes: MinuteBars, at: datetime, usual_sessions: int) -> DuringSession | str:
    """The minutes of the session that `at` is in and of those before it; in words why there are none.

    Args:
        minutes: the source.
        at: with its time zone.
        usual_sessions: how many sessions make the usual volume; twice as many are read, as a name may lack some.

    Raises:
        BadDataError: when the source isn't what it claims to be.
    """
    instant = np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "s")
    today = at.astimezone(NEW_YORK).date()
    try:
        hours = session_hours(today - timedelta(days=3 * usual_sessions + CLOSURE_DAYS), today)
    except ValueError as error:
        return f"{today} is beyond the calendar: {error}"
    place = int(np.searchsorted(hours.premarket_at, instant, side="right")) - 1
    if hours.sessions[place] != np.datetime64(today, "D") or instant > hours.end_at[place]:
        return f"{at.isoformat()} lies outside the hours of every session"
    first = hours.sessions[max(0, place - 2 * usual_sessions)]
    read = minutes.until(first.item(), at)
    if not (read.bars.num_rows and read.bars.column("starts_at").to_numpy().max() >= hours.premarket_at[place]):
        return f"there is no minute bar of {today} that was over by {at.astimezone(NEW_YORK):%H:%M} {TIME_ZONE}"
    bars = IntradayPanel.from_arrow(read.bars, hours, bar_s=read.bar_s)
    known_at = bars.closes_at.max().item().replace(tzinfo=UTC)
    return DuringSession(instant, known_at, bars, hours, read.refused, usual_sessions)
