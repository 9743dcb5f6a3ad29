"""The calendar of the New York Stock Exchange against its published days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from adapters.calendar import close_of, closes, sessions_between


def test_thanksgiving_week_of_2009() -> None:
    """NYSE was closed on Thursday 2009-11-26 and closed at 13:00 (18:00 UTC) on the day after."""
    week = sessions_between(date(2009, 11, 21), date(2009, 11, 29))
    assert [str(day) for day in week] == ["2009-11-23", "2009-11-24", "2009-11-25", "2009-11-27"]
    assert closes(week)[2:] == [datetime(2009, 11, 25, 21, tzinfo=UTC), datetime(2009, 11, 27, 18, tzinfo=UTC)]


def test_closes_follow_daylight_saving_time() -> None:
    """16:00 in New York is 21:00 UTC in winter and 20:00 UTC in summer."""
    assert close_of(date(2010, 1, 4)) == datetime(2010, 1, 4, 21, tzinfo=UTC)
    assert close_of(date(2010, 7, 1)) == datetime(2010, 7, 1, 20, tzinfo=UTC)


def test_what_is_no_session_is_an_error() -> None:
    """A Sunday has no close, and a day beyond the calendar has no answer."""
    with pytest.raises(ValueError, match="not a session"):
        closes(np.array(["2010-01-03"], dtype="datetime64[D]"))
    with pytest.raises(ValueError, match="sessions are known from"):
        sessions_between(date(1989, 1, 1), date(2010, 1, 1))
