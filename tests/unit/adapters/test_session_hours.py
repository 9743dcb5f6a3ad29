"""Hours of New York sessions, extended trading included, through half-days and changes of the clock."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from adapters.calendar import close_times, exchange_time_to_utc, session_hours
from trading.errors import BadDataError


def test_hours_follow_the_clock_of_new_york() -> None:
    """Friday 2008-03-07 is in winter time, Monday 2008-03-10 in summer time: the same wall clock an hour earlier."""
    hours = session_hours(date(2008, 3, 7), date(2008, 3, 10))
    assert hours.sessions.astype(str).tolist() == ["2008-03-07", "2008-03-10"]
    assert hours.premarket_at.astype(str).tolist() == ["2008-03-07T09:00:00", "2008-03-10T08:00:00"]
    assert hours.open_at.astype(str).tolist() == ["2008-03-07T14:30:00", "2008-03-10T13:30:00"]
    assert hours.close_at.astype(str).tolist() == ["2008-03-07T21:00:00", "2008-03-10T20:00:00"]
    assert hours.end_at.astype(str).tolist() == ["2008-03-08T01:00:00", "2008-03-11T00:00:00"]


def test_a_half_day_closes_at_one_and_ends_at_five() -> None:
    """Christmas Eve 2019: 13:00 and 17:00 New York time."""
    hours = session_hours(date(2019, 12, 24), date(2019, 12, 24))
    assert hours.close_at.astype(str).tolist() == ["2019-12-24T18:00:00"]
    assert hours.end_at.astype(str).tolist() == ["2019-12-24T22:00:00"]


def test_wall_clock_times_become_instants_or_are_refused() -> None:
    """A time that New York's clock skipped has no instant."""
    summer = exchange_time_to_utc(np.array(["2014-06-05T09:30"], "datetime64[m]"))
    assert summer.astype(str).tolist() == ["2014-06-05T13:30:00"]
    with pytest.raises(BadDataError, match="2008-03-09 02:30"):
        exchange_time_to_utc(np.array(["2008-03-09T02:30"], "datetime64[m]"))


def test_each_bar_has_the_close_of_its_session() -> None:
    """Sessions repeat and keep their places; a half-day closes early; no bars, no closes; no session, 16:00."""
    sessions = np.array(["2019-12-24", "2019-12-23", "2019-12-24"], "datetime64[D]")
    closed = close_times(sessions).astype(str).tolist()
    assert closed == ["2019-12-24T18:00:00", "2019-12-23T21:00:00", "2019-12-24T18:00:00"]
    assert len(close_times(sessions[:0])) == 0
    christmas = close_times(np.array(["2019-12-25"], "datetime64[D]"))
    assert christmas.astype(str).tolist() == ["2019-12-25T21:00:00"]
