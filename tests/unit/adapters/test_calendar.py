"""The calendar of the New York Stock Exchange against its published days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from adapters.calendar import close_of, closes, following, is_latest, session_on, sessions_between


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


def test_the_next_session_skips_holidays_and_a_session_is_the_latest_until_that_one_is_over() -> None:
    """After Wednesday 2009-11-25 comes Friday, 14:30 to 18:00 UTC; after 2001-09-10 came the 17th."""
    friday = date(2009, 11, 27)
    close = datetime(2009, 11, 27, 18, tzinfo=UTC)
    assert following(date(2009, 11, 25)) == (friday, datetime(2009, 11, 27, 14, 30, tzinfo=UTC), close)
    assert following(date(2001, 9, 10))[0] == date(2001, 9, 17)
    assert is_latest(date(2009, 11, 25), datetime(2009, 11, 27, 17, 59, tzinfo=UTC))
    assert not is_latest(date(2009, 11, 25), close)


def test_a_fill_after_hours_is_of_the_day_in_new_york() -> None:
    """Half past eight in the evening in New York is the day after in UTC."""
    assert session_on(datetime(2010, 1, 5, 1, 30, tzinfo=UTC)) == date(2010, 1, 4)
