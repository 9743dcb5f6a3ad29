"""The time, passed in wherever it matters."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def now_s(self) -> float:
        """Seconds since 1970 in UTC."""
        ...

    def sleep(self, duration_s: float) -> None:
        """Return after `duration_s`."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_s(self) -> float:
        """Seconds since 1970 in UTC."""
        return time.time()

    def sleep(self, duration_s: float) -> None:
        """Return after `duration_s`."""
        time.sleep(duration_s)
