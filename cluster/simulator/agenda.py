"""What happens later: a virtual clock, and an agenda of what is due."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count


class VirtualClock:
    """A clock that moves only when told to; `sleep` takes no time of yours."""

    def __init__(self, start_at: datetime = datetime(2026, 11, 23, tzinfo=UTC)) -> None:
        self._now_at = start_at

    def __call__(self) -> datetime:
        """The time of the simulation, UTC."""
        return self._now_at

    def sleep(self, duration_s: float) -> None:
        """It is `duration_s` later afterwards."""
        self._now_at += timedelta(seconds=duration_s)


class Agenda:
    """Effects with the time they are due; those due at one time come in the order they were entered."""

    def __init__(self) -> None:
        self._entries: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._numbers = count()

    def at(self, due_at: datetime, effect: Callable[[datetime], None]) -> None:
        """`effect` is called with `due_at` once the time has come."""
        heapq.heappush(self._entries, (due_at, next(self._numbers), effect))

    def run_until(self, now_at: datetime) -> None:
        """Everything due by `now_at` has happened, each at its own time."""
        while self._entries and self._entries[0][0] <= now_at:
            due_at, _, effect = heapq.heappop(self._entries)
            effect(due_at)
