"""Times of news that are none: a day is known when it is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from trading.news.article import RawArticle
from trading.news.normalise import Rules, normalise
from trading.news.published import EITHER_WAY, MONTH_FIRST_GUESSED, NO_TIME, NO_ZONE, UNREADABLE, Published, published

NEW_YORK = ZoneInfo("America/New_York")
DAY_OVER = datetime(2024, 8, 7, 4, tzinfo=UTC)
"""Midnight in New York after 2024-08-06: daylight saving time is four hours behind UTC."""
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def _one(value: object, zone: ZoneInfo | None = NEW_YORK) -> Published:
    (found,) = published([value], zone)  # type: ignore[list-item]
    assert isinstance(found, Published), found
    return found


@pytest.mark.parametrize(
    "value",
    [
        "2024-08-06", "20240806", 20240806, 20240806.0, "20240806.0", date(2024, 8, 6), "2024/08/06", "08/06/2024",
        "8/6/2024",
        "6.8.2024", "Aug 6, 2024", "August 6, 2024", "06 Aug 2024", "6-Aug-2024", "2024-08-06 00:00:00",
        "2024-08-06T00:00:00", "2024-08-06T00:00:00-04:00", "2024-08-06T00:00:00Z", "08/06/2024 00:00",
        datetime(2024, 8, 6, tzinfo=UTC).replace(tzinfo=None), datetime(2024, 8, 6, tzinfo=UTC),
        datetime(2024, 8, 6, 4, tzinfo=UTC),
        "Tue, 06 Aug 2024 00:00:00 GMT",
    ],
)  # fmt: skip
def test_a_day_without_a_time_is_known_when_it_is_over_in_new_york(value: object) -> None:
    """Each spelling of 2024-08-06 ends at 04:00 UTC of the day after, so the close of the 7th is the first to know."""
    assert _one(value).day_end == DAY_OVER


@pytest.mark.parametrize("value", ["2024-08-06", "2024-08-06 00:00:00", date(2024, 8, 6)])
def test_a_day_needs_no_zone_and_a_time_does(value: object) -> None:
    """Without a zone a day ends in New York; beside it a time without a zone is refused."""
    assert _one(value, None).day_end == DAY_OVER
    assert published(["2024-08-06 14:30"], None) == [NO_ZONE]


def test_the_day_is_over_where_the_source_is_too() -> None:
    """In Los Angeles it ends three hours after New York's; in Tokyo earlier, so New York's counts."""
    assert _one("2024-08-06", ZoneInfo("America/Los_Angeles")).day_end == DAY_OVER + timedelta(hours=3)
    assert _one("2024-08-06", ZoneInfo("Asia/Tokyo")).day_end == DAY_OVER


def test_one_midnight_among_times_is_a_time() -> None:
    """A story of 00:00:00 among stories of the day came at midnight."""
    values = ["2024-08-06 00:00:00", "2024-08-06 09:31:02", "2024-08-07 16:05:00"]
    assert [one.day_end for one in published(values, NEW_YORK) if isinstance(one, Published)] == [None, None, None]


def test_a_day_among_times_is_a_day() -> None:
    """What is written without a time has none, whatever stands beside it."""
    first, second = published(["2024-08-06", "2024-08-06 09:31:02"], NEW_YORK)
    assert isinstance(first, Published)
    assert isinstance(second, Published)
    assert (first.day_end, second.day_end) == (DAY_OVER, None)


def test_many_midnights_among_times_are_days() -> None:
    """Ten of a hundred at 00:00:00: by chance it would be one in 1,440 minutes."""
    values: list[str] = [f"2024-08-{day:02} 00:00:00" for day in range(1, 11)]
    values += [f"2024-08-06 {hour:02}:{minute:02}:07" for hour in range(9, 18) for minute in range(10)]
    ended = [isinstance(one, Published) and one.day_end is not None for one in published(values, NEW_YORK)]
    assert ended == [True] * 10 + [False] * 90


def test_midnights_of_new_york_written_in_utc_are_days_in_summer_and_winter() -> None:
    """04:00 and 05:00 UTC are midnight in New York; each ends a day later."""
    summer, winter = published(["2024-08-06T04:00:00Z", "2024-01-09T05:00:00Z"], None)
    assert isinstance(summer, Published)
    assert isinstance(winter, Published)
    assert (summer.day_end, winter.day_end) == (DAY_OVER, datetime(2024, 1, 10, 5, tzinfo=UTC))


def test_one_time_of_day_on_many_days_is_none() -> None:
    """Noon on each of six days stands in for a time; on four it may be one."""
    days = [f"2024-08-{day:02}T12:00:00Z" for day in range(5, 11)]
    assert all(isinstance(one, Published) and one.day_end is not None for one in published(days, None))
    assert all(isinstance(one, Published) and one.day_end is None for one in published(days[:4], None))


def test_day_and_month_are_told_by_the_whole_file() -> None:
    """A 13 tells both rows; without one they are refused, or guessed in an American zone and flagged."""
    for values, order in ((["06/08/2024", "13/08/2024"], "day"), (["08/06/2024", "08/13/2024"], "month")):
        first = published(values, ZoneInfo("Europe/Berlin"))[0]
        assert isinstance(first, Published), order
        assert first.at.astimezone(ZoneInfo("Europe/Berlin")).date() == date(2024, 8, 6)
        assert not first.guessed
    assert published(["06/08/2024"], ZoneInfo("Europe/Berlin")) == [EITHER_WAY]
    assert published(["06/08/2024"], None) == [EITHER_WAY]
    assert _one("08/06/2024").guessed
    (told,) = published(["08/06/2024"], None, order="month-first")
    assert told == Published(datetime(2024, 8, 6, 4, tzinfo=UTC), DAY_OVER)


def test_a_file_of_both_orders_is_refused() -> None:
    """13/08 and 08/13 can't be of one file: neither is guessed."""
    assert published(["13/08/2024", "08/13/2024"], NEW_YORK) == [EITHER_WAY, EITHER_WAY]


@pytest.mark.parametrize("value", ["2024-13-06", "20241306", "32/13/2024", "2024-02-30", 20240230])
def test_days_that_are_none_are_refused(value: object) -> None:
    """A thirteenth month and a thirtieth of February are no days."""
    assert published([value], NEW_YORK) in ([UNREADABLE], [EITHER_WAY])  # type: ignore[list-item]


def _imported(rules: Rules, *values: str) -> tuple[list[datetime], dict[str, int]]:
    result = normalise([RawArticle(value, f"Orchard story {at}") for at, value in enumerate(values)], rules)
    return [article.knowable_at for article in result.articles], dict(result.flagged)


def test_an_archive_of_days_says_so() -> None:
    """Three rows of 2024-08-06 and -07, one with 00:00:00: known at the ends of their days, each flagged."""
    rules = Rules("wire", "news", NOW, timezone=NEW_YORK)
    known, flagged = _imported(rules, "2024-08-06", "2024-08-06 00:00:00", "2024-08-07")
    assert known == [DAY_OVER, DAY_OVER, DAY_OVER + timedelta(days=1)]
    assert flagged == {NO_TIME: 3}
    assert _imported(rules, "20240806") == ([DAY_OVER], {NO_TIME: 1})
    assert _imported(rules, "08/06/2024") == ([DAY_OVER], {NO_TIME: 1, MONTH_FIRST_GUESSED: 1})


def test_what_was_fetched_on_the_day_was_known_when_it_was_fetched() -> None:
    """A feed that gives days and was asked at noon: nobody has to wait for the end of the day."""
    noon = datetime(2024, 8, 6, 16, tzinfo=UTC)
    assert _imported(Rules("feed", "news", noon, fetched_at=noon), "2024-08-06") == ([noon], {NO_TIME: 1})


def test_a_repeat_keeps_the_article_that_was_known_from_midnight() -> None:
    """Its time is still the beginning of its day, so that an article of an earlier import is on record once."""
    first, *_ = normalise([RawArticle("2024-08-06", "Story")], Rules("wire", "news", NOW, timezone=NEW_YORK)).articles
    assert first.published_at == datetime(2024, 8, 6, 4, tzinfo=UTC)
