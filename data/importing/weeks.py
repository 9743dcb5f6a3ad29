"""Rules over the days of a file: weekly bars, and dates that are all a day early or late, are told by the weekdays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Ints
from trading.errors import BadDataError

FIRST_WEEK = np.datetime64("1960-01-04", "D")
"""A Monday; weeks are counted from it. Days before are counted as this one, days after `WEEKS` as the last."""
WEEKS = 4_000
MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6
SPARSE_DAYS, FEW_DAYS = 5, 3
"""Bars mostly so many days apart are no days; fewer than so many don't tell."""
FEWEST_EVEN = 5
"""Bars at even distances are weeks or months, whatever is said."""
EVEN_WEEKS = ([1], [4, 5], [12, 13, 14], [51, 52, 53])
"""Distances of weekly, monthly, quarterly and yearly bars."""
ENOUGH_WEEKS, ENOUGH_DAYS = 10, 2
MOSTLY, SELDOM = 0.9, 0.1
NAMED = 3


class Weeks:
    """On which weekdays of which weeks each symbol has a bar; a byte a week, a bit a weekday."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._seen = np.zeros((0, 0), dtype=np.uint8)
        self._from = 0

    def add(self, days: Days, codes: npt.NDArray[np.int32], names: list[str]) -> None:
        """More bars: their days, none missing, and the position of their symbols in `names`."""
        if not len(days):
            return
        since = np.clip((days - FIRST_WEEK).astype(np.int64), 0, WEEKS * 7 - 1)
        week, day = np.divmod(since, 7)
        rows = np.array([self._rows.setdefault(name, len(self._rows)) for name in names], dtype=np.int64)
        self._reach(int(week.min()), int(week.max()))
        place = rows[codes] * self._seen.shape[1] + week - self._from
        np.bitwise_or.at(self._seen.reshape(-1), place, np.uint8(1) << day.astype(np.uint8))

    def _reach(self, first: int, last: int) -> None:
        """There is a place for these weeks of all symbols."""
        rows, width = self._seen.shape
        start, end = (min(first, self._from), max(last + 1, self._from + width)) if width else (first, last + 1)
        if rows == len(self._rows) and width == end - start:
            return
        wider = np.zeros((len(self._rows), end - start), dtype=np.uint8)
        if width:
            wider[:rows, self._from - start : self._from - start + width] = self._seen
        self._seen, self._from = wider, start

    @property
    def days(self) -> Days:
        """The days on which any symbol has a bar, ascending."""
        together = np.bitwise_or.reduce(self._seen, axis=0) if len(self._rows) else np.zeros(0, dtype=np.uint8)
        week, day = np.nonzero(together[:, None] >> np.arange(7, dtype=np.uint8) & 1)
        return np.asarray(FIRST_WEEK + ((week + self._from) * 7 + day).astype("timedelta64[D]"))

    def refuse(self, *, forced: bool) -> None:
        """The days may be days, of every symbol.

        Args:
            forced: the user says that they are.

        Raises:
            BadDataError: where they are weekly or longer bars, or stamped a day early or late.
        """
        refuse_days(self.days, forced=forced)
        if len(self._rows) == 1:
            return
        for words, names in (
            ("have bars a week, a month or longer apart. Bars of a day or shorter can be imported", self._sparse()),
            (EARLY, self._beside(SUNDAY, FRIDAY)),
            (LATE, self._beside(SATURDAY, MONDAY)),
        ):
            if names:
                more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
                raise BadDataError(f"{', '.join(names[:NAMED])}{more} {words}. Take them out, or correct them.")

    def _sparse(self) -> list[str]:
        """Symbols with at most a bar a week, at even distances."""
        weeks = (self._seen != 0).sum(axis=1)
        bars = np.bitwise_count(self._seen).sum(axis=1)
        rows = np.flatnonzero((weeks == bars) & (bars >= ENOUGH_WEEKS))
        return self._names([row for row in rows.tolist() if _even(np.diff(np.flatnonzero(self._seen[row])))])

    def _beside(self, there: int, lacking: int) -> list[str]:
        """Symbols with bars on one weekday and none on the other."""
        has, lacks = ((self._seen >> day & 1).sum(axis=1) for day in (there, lacking))
        return self._names(np.flatnonzero((has > ENOUGH_DAYS) & (lacks == 0)).tolist())

    def _names(self, rows: list[int]) -> list[str]:
        wanted = set(rows)
        return [name for name, row in self._rows.items() if row in wanted] if wanted else []


EARLY = "have bars on Sundays and none on Fridays: the dates are a day early, so that tomorrow's price is known today"
LATE = "have bars on Saturdays and none on Mondays: the dates are a day late"


def refuse_days(days: Days, *, forced: bool) -> None:
    """These may be the days of daily bars.

    Args:
        days: distinct, ascending.
        forced: the user says so; days of a stock that seldom trades pass then, weeks and months don't.

    Raises:
        BadDataError: where they are weekly or longer bars, or a day early or late.
    """
    apart = np.diff(days).astype(np.int64)
    sparse = len(days) >= FEW_DAYS and np.mean(apart >= SPARSE_DAYS) > 0.5  # noqa: PLR2004 - mostly
    even = sparse and len(days) >= FEWEST_EVEN and _even((apart + 3) // 7)
    if even or (sparse and not forced):
        hint = "" if even else " Say --timeframe 1d if they are days of a stock that seldom trades."
        raise BadDataError(
            f"the bars are {int(np.median(apart))} days long, from {days[0]} to {days[-1]}: they would be known before "
            f"they are over. Bars of a day or shorter can be imported.{hint}"
        )
    weekday = (days - FIRST_WEEK).astype(np.int64) % 7
    counts = np.bincount(weekday, minlength=7)
    for words, there, lacking in ((EARLY, SUNDAY, FRIDAY), (LATE, SATURDAY, MONDAY)):
        if len(days) >= ENOUGH_DAYS and counts[there] and counts[lacking] <= SELDOM * counts[there]:
            raise BadDataError(
                f"its days {words} ({counts[there]} and {counts[lacking]} of {len(days)}). Give each bar the date of "
                "its session in New York."
            )


def _even(weeks_apart: Ints) -> bool:
    """Whether nearly all of these distances are a week, a month, a quarter or a year."""
    return any(np.isin(weeks_apart, steps).mean() >= MOSTLY for steps in EVEN_WEEKS)
