"""When articles were published: times, and days that have no time of day.

A file is judged as a whole. Where it says 00:00:00 of all its articles, or the same second of the day on many days,
that is no time but the lack of one. A single midnight among real times is a time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import time as clock_time
from email.utils import parsedate_to_datetime
from typing import Literal
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
MIDNIGHT = clock_time(0)
LAST_MONTH = 12
FEWEST_MIDNIGHTS = 5
MIDNIGHT_SHARE = 0.05
"""Of a file's times. By chance one minute in 1,440 is midnight, 0.07 %: many more are days whose time got lost."""
SAME_TIME_DAYS = 5
"""On how many days articles must have one time of day, all of them, for it to be a stand-in."""
NO_TIME = "no time of day, known from the end of the day"
MONTH_FIRST_GUESSED = "month taken to come before day, as in the time zone given"
UNREADABLE = "publication time not readable"
NO_ZONE = "publication time without a time zone"
EITHER_WAY = "day and month can be read either way: say --date-order"

Order = Literal["day-first", "month-first"]
_SECONDS = re.compile(r"\d{9,10}(\.\d+)?")
_DAY = re.compile(r"(\d{4})([-/.]?)(\d{2})\2(\d{2})(?:\.0)?")
_PARTS = re.compile(r"(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?:[ T]+(\d{1,2}:\d{2}.*))?")
_CLOCK_FORMATS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p")
_WORD_FORMATS = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%b %d %Y", "%a, %d %b %Y", "%Y-%b-%d")
_US_ZONES_TEXT = """
America/New_York America/Chicago America/Denver America/Los_Angeles America/Phoenix America/Detroit
America/Anchorage Pacific/Honolulu US/Eastern US/Central US/Mountain US/Pacific
"""
_US_ZONES = frozenset(_US_ZONES_TEXT.split())


@dataclass(frozen=True, slots=True)
class Published:
    """When an article was published.

    Attributes:
        at: UTC; of a day without a time its beginning.
        day_end: of a day without a time, when it was over in New York and where the source is; None for a time.
        guessed: whether the order of day and month was a guess.
    """

    at: datetime
    day_end: datetime | None = None
    guessed: bool = False


Stated = datetime | str | float | None
"""A time as a source states it; a `date` that is no `datetime` is a day."""


def published(
    values: Sequence[Stated | date], zone: tzinfo | None, *, order: Order | None = None, judged: bool = True
) -> list[Published | str]:
    """When each article was published, or why it can't be told.

    Args:
        values: of all articles of a file or answer.
        zone: of times that state none; None refuses them. Days need none: they end in New York.
        order: of day and month in dates such as 08/06/2024; None takes what the file itself shows, or the American
            one where the zone is American.
        judged: whether midnights may be days without a time; not for articles that were fetched as they came.
    """
    possible = {order} if order else _orders(values)
    shown = next(iter(possible)) if len(possible) == 1 else None
    guessed = len(possible) > 1 and str(zone) in _US_ZONES
    read = [_read(value, shown or ("month-first" if guessed else None)) for value in values]
    days = _days(read, zone) if judged else [None] * len(read)
    found = [_placed(one, day, zone) for one, day in zip(read, days, strict=True)]
    if not guessed:
        return found
    parts = [isinstance(value, str) and _PARTS.fullmatch(value.strip()) is not None for value in values]
    return [
        replace(one, guessed=True) if swappable and isinstance(one, Published) else one
        for one, swappable in zip(found, parts, strict=True)
    ]


def instant(value: Stated, zone: tzinfo | None) -> datetime | str:
    """The one time in UTC, or why it can't be told."""
    (found,) = published([value], zone, judged=False)
    return found if isinstance(found, str) else found.at


def _orders(values: Sequence[Stated | date]) -> set[Order]:
    """The orders of day and month that all dates allow: a number over 12 is a day, and points stand after days."""
    parts = [match for value in values if isinstance(value, str) and (match := _PARTS.fullmatch(value.strip()))]
    possible: set[Order] = {"day-first", "month-first"}
    if any(int(match[1]) > LAST_MONTH or match[2] == "." for match in parts):
        possible.discard("month-first")
    if any(int(match[3]) > LAST_MONTH for match in parts):
        possible.discard("day-first")
    return possible


def _read(value: Stated | date, order: Order | None) -> datetime | date | str:
    """What a value says by itself: a time, a day, or why it can't be told."""
    if value is None or value == "":
        return "no publication time"
    try:
        if isinstance(value, str):
            return _parsed(value.strip(), order)
        if isinstance(value, date):  # a datetime is one too
            return value
        if float(value).is_integer() and (match := _DAY.fullmatch(str(int(value)))):
            return date(int(match[1]), int(match[3]), int(match[4]))
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return UNREADABLE


def _parsed(text: str, order: Order | None) -> datetime | date | str:
    if match := _DAY.fullmatch(text):
        return date(int(match[1]), int(match[3]), int(match[4]))
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    if match := _PARTS.fullmatch(text):
        return _of_parts(match, order)
    with suppress(ValueError):  # it may be of another form
        return datetime.fromisoformat(text)
    for form in _WORD_FORMATS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return parsedate_to_datetime(text)


def _of_parts(match: re.Match[str], order: Order | None) -> datetime | date | str:
    if order is None:
        return EITHER_WAY
    day, month = (match[1], match[3]) if order == "day-first" else (match[3], match[1])
    when = date(int(match[4]), int(month), int(day))
    if match[5] is None:
        return when
    for form in _CLOCK_FORMATS:
        try:
            return datetime.combine(when, datetime.strptime(match[5].strip(), form).time())  # noqa: DTZ007 - as stated
        except ValueError:
            continue
    return UNREADABLE


def _days(read: Sequence[datetime | date | str], zone: tzinfo | None) -> list[date | None]:
    """Of each time the day that it stands for, where it is none; see the module."""
    stated = [one for one in read if isinstance(one, datetime)]
    if not stated:
        return [None] * len(read)
    for place in (None, NEW_YORK, zone):
        local = [_local(one, place) for one in stated]
        midnights = sum(one.time() == MIDNIGHT for one in local)
        many = midnights >= FEWEST_MIDNIGHTS and midnights > MIDNIGHT_SHARE * len(local)
        if midnights == len(local) or many:
            return [
                there.date() if isinstance(one, datetime) and (there := _local(one, place)).time() == MIDNIGHT else None
                for one in read
            ]
        times = Counter(one.time() for one in local)
        if len(times) == 1 and len({one.date() for one in local}) >= SAME_TIME_DAYS:
            return [_local(one, place).date() if isinstance(one, datetime) else None for one in read]
    return [None] * len(read)


def _local(stated: datetime, place: tzinfo | None) -> datetime:
    """The time on a clock there; on the source's own without a place, or where it states no zone."""
    return stated if place is None or stated.tzinfo is None else stated.astimezone(place)


def _placed(one: datetime | date | str, day: date | None, zone: tzinfo | None) -> Published | str:
    if isinstance(one, str):
        return one
    try:
        if not isinstance(one, datetime):
            where = zone or NEW_YORK
            return Published(_begin(one, where), _end(one, where))
        if one.tzinfo is None and zone is None and day is None:
            return NO_ZONE
        where = one.tzinfo or zone or NEW_YORK
        at = (one if one.tzinfo else one.replace(tzinfo=where)).astimezone(UTC)
        return Published(at, None if day is None else _end(day, where))
    except (ValueError, OverflowError):
        return UNREADABLE


def _begin(day: date, where: tzinfo) -> datetime:
    return datetime.combine(day, MIDNIGHT, where).astimezone(UTC)


def _end(day: date, where: tzinfo) -> datetime:
    """When the day is over in New York and where the source is: the first close after it may use the article."""
    after = day + timedelta(days=1)
    return max(_begin(after, NEW_YORK), _begin(after, where))
