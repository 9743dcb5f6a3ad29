"""The measured patterns as the HTTP interface answers them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

from adapters.measured_patterns import Statistics, measured_patterns
from adapters.postgres.pool import Pool
from adapters.tiers.locations import TierLocations
from serve.schemas import CatalystStatistic, PatternStatistic, PatternStatistics
from trading.pattern_statistics import Measured


class Kept:
    """The statistics of the latest session, measured once and kept until there is a later one.

    Args:
        pool: of the record.
        home: the data folder.
        locations: of the tiers of bars.
    """

    def __init__(self, pool: Pool, home: Path, locations: TierLocations | None = None) -> None:
        self._pool = pool
        self._home = home
        self._locations = locations
        self._lock = Lock()
        self._last: tuple[date, Statistics] | None = None

    def at(self, session: date | None) -> Statistics | None:
        """The statistics up to the session; None without one. Callers that come together measure once."""
        if session is None:
            return None
        with self._lock:
            if self._last is None or self._last[0] < session:
                found = measured_patterns(self._pool, self._home, locations=self._locations)
                self._last = (found.last_session, found)
            return self._last[1]


def statistics_answer(found: Statistics | None, condition: str, label: str | None, limit: int) -> PatternStatistics:
    """The answer; empty without statistics."""
    if found is None:
        return PatternStatistics(
            first_session=None, last_session=None, tested=0, conditions={}, catalyst=None, patterns=[]
        )
    rows = [row for row in found.rows if row.condition == condition and label in {None, row.label}]
    rows.sort(key=lambda row: (row.p_value is None, row.p_value or 0.0, row.pattern, row.direction))
    return PatternStatistics(
        first_session=found.first_session,
        last_session=found.last_session,
        tested=found.tested,
        conditions={name: list(labels) for name, labels in found.conditions.items()},
        catalyst=CatalystStatistic.model_validate(asdict(found.catalyst)),
        patterns=[PatternStatistic.model_validate(_facts(row)) for row in rows[:limit]],
    )


def _facts(row: Measured) -> dict[str, Any]:
    return {**asdict(row), "direction": "long" if row.direction > 0 else "short"}
