"""Sessions of the New York Stock Exchange and when they close."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from adapters.exchange_time import NEW_YORK, TIME_ZONE
from trading.arrays import Days, Stamps
from trading.bars.session_hours import SessionHours
from trading.errors import BadDataError

if TYPE_CHECKING:
    import pandas as pd

CALENDAR = "XNYS"
"""The New York Stock Exchange by its market identifier code (ISO 10383)."""
FIRST = "1990-01-01"
"""The first day that is computed; the last is a year ahead, as far as holidays are announced."""
LONGEST_PAUSE_DAYS = 10
"""Without a session; the longest since 1990 had six, in September 2001."""
PREMARKET_HOUR, REGULAR_CLOSE_HOUR, END_HOUR, EARLY_END_HOUR = 4, 16, 20, 17


@lru_cache(maxsize=1)
def _calendar() -> Any:
    import exchange_calendars  # noqa: PLC0415 - slow to import, and not every command needs it

    return exchange_calendars.get_calendar(CALENDAR, start=FIRST)


def sessions_between(first: date, last: date) -> Days:
    """Sessions from `first` to `last`, both included, ascending, `datetime64[D]`.

    Raises:
        ValueError: when the calendar does not reach so far.
    """
    days: Days = _calendar().sessions.to_numpy().astype("datetime64[D]")
    begin, end = np.datetime64(first, "D"), np.datetime64(last, "D")
    if begin < np.datetime64(FIRST, "D") or end > days[-1]:
        raise ValueError(f"sessions are known from {FIRST} to {days[-1]}, not from {first} to {last}")
    return days[(days >= begin) & (days <= end)]


def closes(sessions: Days) -> list[datetime]:
    """When each of the sessions closes, UTC; 13:00 New York time on half-days, 16:00 otherwise.

    Raises:
        ValueError: when one of them is no session.
    """
    return [stamp.to_pydatetime() for stamp in _closes(sessions)]


def _closes(sessions: Days) -> pd.Series[pd.Timestamp]:
    import pandas as pd  # noqa: PLC0415 - as above

    try:
        found: pd.Series[pd.Timestamp] = _calendar().schedule["close"].loc[pd.DatetimeIndex(sessions)]
    except KeyError as error:
        raise ValueError(f"not a session of the {CALENDAR} calendar: {error}") from None
    return found


def close_times(sessions: Days) -> Stamps:
    """When the session of each bar closes, UTC, `datetime64[s]`; any order, sessions may repeat.

    A bar of a day on which the exchange was closed, which some archives have, counts as known at 16:00 New York time.
    """
    import pandas as pd  # noqa: PLC0415 - as above

    days, at = np.unique(sessions, return_inverse=True)
    closed = exchange_time_to_utc((pd.DatetimeIndex(days) + pd.Timedelta(hours=REGULAR_CLOSE_HOUR)).to_numpy())
    real = (
        np.isin(days, _calendar().sessions.to_numpy().astype("datetime64[D]")) if len(days) else days.astype(np.bool_)
    )
    closed[real] = _utc_seconds(pd.DatetimeIndex(_closes(days[real])))
    return closed[at]


def close_of(session: date) -> datetime:
    """When the session closes, UTC."""
    return closes(np.array([session], dtype="datetime64[D]"))[0]


def closed_at(session: date) -> datetime:
    """When the session closed, UTC; 16:00 New York time on a day that the calendar doesn't have."""
    found: datetime = close_times(np.array([session], dtype="datetime64[D]"))[0].item()
    return found.replace(tzinfo=UTC)


def following(session: date) -> tuple[date, datetime, datetime]:
    """The next session after a day, when it opens and when it closes, UTC.

    Raises:
        ValueError: when the calendar does not reach so far.
    """
    import pandas as pd  # noqa: PLC0415 - as above

    later = sessions_between(session + timedelta(days=1), session + timedelta(days=LONGEST_PAUSE_DAYS))
    hours = _calendar().schedule.loc[pd.DatetimeIndex(later[:1])]
    return later[0].astype(date), hours["open"].iloc[0].to_pydatetime(), hours["close"].iloc[0].to_pydatetime()


def is_latest(session: date, at: datetime) -> bool:
    """Whether no later session was over at that time: what it decides can still be ordered for."""
    return at < following(session)[2]


def session_on(at: datetime) -> date:
    """The day in New York on which something happened."""
    return at.astimezone(NEW_YORK).date()


def session_hours(first: date, last: date) -> SessionHours:
    """Hours of every session from `first` to `last`, extended trading included.

    Premarket trading begins at 04:00 New York time; after-hours trading ends at 20:00, on half-days at 17:00.

    Raises:
        ValueError: when the calendar does not reach so far.

    Source: NYSE Arca trading hours (https://www.nyse.com/markets/hours-calendars): early session from 4:00, late
        session to 20:00, on early-close days to 17:00.
    """
    import pandas as pd  # noqa: PLC0415 - as above

    sessions = sessions_between(first, last)
    table = _calendar().schedule.loc[pd.DatetimeIndex(sessions)]
    midnight = pd.DatetimeIndex(sessions)
    close = pd.DatetimeIndex(table["close"]).tz_convert(TIME_ZONE)
    early = close.hour < REGULAR_CLOSE_HOUR
    end = midnight + pd.to_timedelta(np.where(early, EARLY_END_HOUR, END_HOUR), unit="h")
    return SessionHours(
        sessions=sessions,
        premarket_at=exchange_time_to_utc((midnight + pd.Timedelta(hours=PREMARKET_HOUR)).to_numpy()),
        open_at=_utc_seconds(pd.DatetimeIndex(table["open"])),
        close_at=_utc_seconds(close),
        end_at=exchange_time_to_utc(end.to_numpy()),
    )


def exchange_time_to_utc(stamps: npt.NDArray[np.datetime64]) -> npt.NDArray[np.datetime64]:
    """The UTC instant of each New York wall-clock time, `datetime64[s]`.

    Raises:
        BadDataError: for a time that the clock skipped or showed twice; New York changes its clocks on Sundays at
            02:00, when nothing trades.
    """
    import pandas as pd  # noqa: PLC0415 - as above

    wall = pd.DatetimeIndex(stamps)
    instants = wall.tz_localize(TIME_ZONE, ambiguous="NaT", nonexistent="NaT")
    lost = wall[instants.isna()]
    if len(lost):
        raise BadDataError(f"{lost[0]} is no single instant in {TIME_ZONE}: the clock was changed; nothing was taken")
    return _utc_seconds(instants)


def _utc_seconds(stamps: pd.DatetimeIndex) -> npt.NDArray[np.datetime64]:
    seconds: npt.NDArray[np.datetime64] = stamps.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]")
    return seconds
