"""Statistics that take seconds to measure, kept from request to request."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from threading import Lock

from research.measured_patterns import Statistics
from trading.errors import UnavailableError

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
