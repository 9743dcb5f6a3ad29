"""The measured patterns as the HTTP interface answers them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from datetime import date
from threading import Lock
from typing import Any

from research.measured_patterns import Statistics
from serve.schemas import CatalystStatistic, PatternStatistic, PatternStatistics
from trading.errors import UnavailableError
from trading.evidence.statistics import Measured, clearest_first
from trading.patterns.recognised import FAMILY_OF, direction_word

FIRST_WAIT_S = 8.0
"""How long a request waits for statistics when there are none yet; shorter than the interface gives it."""


class Kept:
    """The statistics of the latest session, measured off the request's path and kept until there are later ones.

    Measuring takes seconds, so it has a thread of its own: requests never queue up behind it, and at most one
    measurement runs at a time.

    Args:
        measure: makes the statistics of the record as it is now.
        first_wait_s: see `FIRST_WAIT_S`.
    """

    def __init__(self, measure: Callable[[], Statistics], *, first_wait_s: float = FIRST_WAIT_S) -> None:
        self._measure = measure
        self._first_wait_s = first_wait_s
        self._lock = Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pattern-statistics")
        self._last: Statistics | None = None
        self._coming: Future[None] | None = None

    def at(self, session: date | None) -> Statistics | None:
        """The statistics up to the session, or up to an earlier one while they are being measured; None without one.

        Whoever reads them sees which session they reach by their `last_session`.

        Raises:
            UnavailableError: when there are none at all yet after `first_wait_s`; they are being measured still.
            InplayError: what the measurement failed with; after a failure the next request waits for another try.
        """
        if session is None:
            return None
        with self._lock:
            kept = self._last
            if kept is not None and kept.last_session >= session:
                return kept
            failed = self._coming is not None and self._coming.done() and self._coming.exception() is not None
            if self._coming is None or self._coming.done():
                self._coming = self._thread.submit(self._renew)
            coming = self._coming
        if kept is not None and not failed:
            return kept
        try:
            coming.result(timeout=self._first_wait_s)
        except TimeoutError:
            raise UnavailableError(
                "The patterns are being measured for the first time since the start. Nothing was lost. Ask again."
            ) from None
        return self._last

    def _renew(self) -> None:
        found = self._measure()
        with self._lock:
            self._last = found


def statistics_answer(found: Statistics | None, condition: str, label: str | None, limit: int) -> PatternStatistics:
    """The answer; empty without statistics."""
    if found is None:
        return PatternStatistics(
            first_session=None, last_session=None, tested=0, conditions={}, catalyst=None, patterns=[]
        )
    rows = [row for row in found.rows if row.condition == condition and label in {None, row.label}]
    rows.sort(key=clearest_first)
    return PatternStatistics(
        first_session=found.first_session,
        last_session=found.last_session,
        tested=found.tested,
        conditions={name: list(labels) for name, labels in found.conditions.items()},
        catalyst=CatalystStatistic.model_validate(asdict(found.catalyst)),
        patterns=[PatternStatistic.model_validate(_facts(row)) for row in rows[:limit]],
    )


def _facts(row: Measured) -> dict[str, Any]:
    return {**asdict(row), "family": FAMILY_OF[row.pattern], "direction": direction_word(row.direction)}
