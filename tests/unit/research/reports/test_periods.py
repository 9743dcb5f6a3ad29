"""Which sessions a report is of."""

from __future__ import annotations

from datetime import date

import pytest

from research.reports.periods import ends_its_week, period_of
from trading.errors import ConfigurationError, UnavailableError

DAYS = [date(2010, 12, day) for day in (27, 28, 29, 30, 31)] + [date(2011, 1, day) for day in (3, 4, 5)]


def test_a_day_and_its_week() -> None:
    """A week runs from Monday to the day, across the turn of the year; its number is ISO's."""
    assert period_of("day", DAYS).name == "day-2011-01-05"
    week = period_of("week", DAYS, date(2010, 12, 31))
    assert (week.name, week.sessions, week.first_day) == ("week-2010-W52", tuple(DAYS[:5]), date(2010, 12, 27))
    assert period_of("week", DAYS, date(2011, 1, 4)).sessions == tuple(DAYS[5:7])
    assert period_of("week", DAYS, date(2011, 1, 2)).sessions == tuple(DAYS[:5])  # a Sunday


def test_what_is_no_session_is_refused_in_words() -> None:
    """A holiday, a week before everything, an empty record."""
    with pytest.raises(ConfigurationError, match="2011-01-01 was not traded"):
        period_of("day", DAYS, date(2011, 1, 1))
    with pytest.raises(ConfigurationError, match="without a session"):
        period_of("week", DAYS, date(2010, 12, 20))
    with pytest.raises(UnavailableError, match="No session is complete yet"):
        period_of("week", [])


def test_the_last_session_of_a_week_is_known_by_the_next() -> None:
    """A Friday, or the Thursday before a holiday; not a Thursday before a Friday."""
    assert ends_its_week(date(2010, 12, 31), date(2011, 1, 3))
    assert ends_its_week(date(2010, 4, 1), date(2010, 4, 5))  # Good Friday between
    assert not ends_its_week(date(2010, 12, 30), date(2010, 12, 31))
