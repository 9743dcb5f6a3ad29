"""Of which sessions a report is: a session, or those of a week."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from trading.errors import ConfigurationError, UnavailableError

PeriodKind = Literal["day", "week"]
NAME = re.compile(r"day-[0-9]{4}-[0-9]{2}-[0-9]{2}|week-[0-9]{4}-W[0-9]{2}")


@dataclass(frozen=True)
class Period:
    """Some sessions.

    Attributes:
        sessions: of it that are complete, ascending, at least one.
        first_day: of the calendar: for a week its Monday; `last_day` its last session so far.
    """

    kind: PeriodKind
    sessions: tuple[date, ...]
    first_day: date

    @property
    def last_day(self) -> date:
        """The last session of it that is complete."""
        return self.sessions[-1]

    @property
    def name(self) -> str:
        """For files: `day-2010-08-20`, `week-2010-W33`."""
        if self.kind == "day":
            return f"day-{self.last_day}"
        year, week, _ = self.last_day.isocalendar()
        return f"week-{year}-W{week:02}"

    @property
    def title(self) -> str:
        """In words."""
        if self.kind == "day":
            return f"Session of {self.last_day}"
        year, week, _ = self.last_day.isocalendar()
        return f"Week {week} of {year}, {self.sessions[0]} to {self.last_day}"


def period_of(kind: PeriodKind, complete: Sequence[date], day: date | None = None) -> Period:
    """The period that ends with the day, or with the last complete session.

    Args:
        kind: a day, or the week up to the day (weeks begin on Monday).
        complete: sessions, ascending.
        day: a complete session; for a week any day of it, or of its weekend.

    Raises:
        UnavailableError: when no session is complete yet.
        ConfigurationError: when the day is no complete session, or its week has none.
    """
    if not complete:
        raise UnavailableError("No session is complete yet, so there is nothing to report. Run `inplay run` first.")
    asked = complete[-1] if day is None else day
    monday = asked - timedelta(days=asked.weekday())
    chosen = [s for s in complete if s == asked or (kind == "week" and monday <= s <= asked)]
    if not chosen:
        what = "was not traded" if kind == "day" else "is in a week without a session up to it"
        raise ConfigurationError(
            f"{asked} {what}. Nothing was written. Sessions on record: {complete[0]} to {complete[-1]}."
        )
    return Period(kind, tuple(chosen), asked if kind == "day" else monday)


def ends_its_week(session: date, following: date) -> bool:
    """Whether no session of its week comes after it.

    Args:
        session: that is complete.
        following: the next session of the calendar.
    """
    return session.isocalendar()[:2] != following.isocalendar()[:2]
