"""The VIX's daily closes from the rows of a file: what is taken, what is refused and why."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

MOST_POINTS = 200.0
"""Ours: the highest close since 1990 is 82.69 (16 March 2020); beyond this bound a decimal point is lost."""
SATURDAY = 5
DATE_FORMATS = ("%Y-%m-%d", "%m/%d/%Y")

BAD_DAY = "its day can't be read"
LATER_DAY = "its day isn't over"
WEEKEND = "its day is a Saturday or Sunday"
BAD_CLOSE = f"its close is no number above 0 and up to {MOST_POINTS:g}"
OUT_OF_RANGE = "its close lies outside its low and high"
CONTRADICTED = "its day stands twice with different closes"


@dataclass(frozen=True)
class VixRows:
    """The closes of a file; `rows_in` = closes + repeated + refused.

    Attributes:
        closes: by day, ascending.
        repeated: rows that say what an earlier one said.
        refused: reason and count.
    """

    rows_in: int
    closes: Mapping[date, float]
    repeated: int
    refused: Mapping[str, int]


def read_vix(rows: Iterable[Mapping[str, object]], today: date) -> VixRows:
    """Each row is a close, a repetition, or refused for one reason.

    Args:
        rows: `date` and `close`, where there are any also `low` and `high`, as they stand in the file.
        today: days from it on aren't over.
    """
    count, repeated = 0, 0
    refused: Counter[str] = Counter()
    found: dict[date, list[float]] = {}
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the count is used after the loop
        day, close, reason = _read(row, today)
        if reason:
            refused[reason] += 1
        else:
            found.setdefault(day, []).append(close)
    closes = {}
    for day, values in sorted(found.items()):
        if len(set(values)) > 1:
            refused[CONTRADICTED] += len(values)
        else:
            closes[day] = values[0]
            repeated += len(values) - 1
    return VixRows(count, closes, repeated, dict(sorted(refused.items())))


def _read(row: Mapping[str, object], today: date) -> tuple[date, float, str]:
    """Day and close, and why they are refused; empty when they aren't."""
    day, close = _day(row.get("date")), _number(row.get("close"))
    if day is None:
        return date.min, close, BAD_DAY
    low, high = _number(row.get("low")), _number(row.get("high"))
    reasons = (
        (day >= today, LATER_DAY),
        (day.weekday() >= SATURDAY, WEEKEND),
        (not 0 < close <= MOST_POINTS, BAD_CLOSE),
        (close < low or close > high, OUT_OF_RANGE),
    )
    return day, close, next((words for holds, words in reasons if holds), "")


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(str(value).strip(), form).date()  # noqa: DTZ007 - a day without a time
        except ValueError:
            continue
    return None


def _number(value: object) -> float:
    """The value, NaN where it is none."""
    try:
        number = float(str(value))
    except ValueError:
        return math.nan
    return number
