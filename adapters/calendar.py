"""Sessions of the New York Stock Exchange and when they close."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from trading.panel import Days

EXCHANGE = "XNYS"
FIRST = "2000-01-01"
"""The first day that is computed; the last is a year ahead, as far as holidays are announced."""


@lru_cache(maxsize=1)
def _calendar() -> Any:
    import exchange_calendars  # noqa: PLC0415 - slow to import, and not every command needs it

    return exchange_calendars.get_calendar(EXCHANGE, start=FIRST)


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
    table = _calendar().schedule["close"]
    try:
        found = table.loc[pd.DatetimeIndex(sessions)]
    except KeyError as error:
        raise ValueError(f"not a session of the {EXCHANGE} calendar: {error}") from None
    return [stamp.to_pydatetime() for stamp in found]


def close_of(session: date) -> datetime:
    """When the session closes, UTC."""
    return closes(np.array([session], dtype="datetime64[D]"))[0]
