"""How often something outside is asked: a bucket of tokens, and pauses between attempts."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

JITTER = 0.2
"""Share of a pause that chance adds, so that many installations don't ask at the same second."""


class TokenBucket:
    """At most so many calls a minute, a burst of a sixth of them at once.

    Args:
        per_min: calls.
        seconds: a clock that never goes back.
        wait: passes that many seconds.
    """

    def __init__(
        self,
        per_min: float,
        seconds: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._rate_per_s = per_min / 60.0
        self._most = max(per_min / 6.0, 1.0)
        self._seconds, self._wait = seconds, wait
        self._tokens, self._at = self._most, seconds()
        self._lock = threading.Lock()

    def take(self) -> float:
        """A call may be made now; returns how long that took in seconds."""
        with self._lock:
            now = self._seconds()
            self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate_per_s)
            self._at = now
            self._tokens -= 1.0
            pause_s = max(-self._tokens / self._rate_per_s, 0.0)
        if pause_s:
            self._wait(pause_s)
        return pause_s


def backoff_s(attempt: int, chance: float, *, least_s: float = 1.0, most_s: float = 60.0) -> float:
    """The pause after the `attempt`-th failure in a row (from 1): doubled each time up to `most_s`, and jitter."""
    return float(min(least_s * 2.0 ** min(attempt - 1, 16), most_s) * (1.0 + JITTER * chance))


def retry_after_s(header: str | None) -> float:
    """Seconds of a `Retry-After` header; a date, an absent or an unreadable one is a minute."""
    try:
        seconds = float(header or "")
    except ValueError:
        seconds = math.nan
    return 60.0 if math.isnan(seconds) else min(max(seconds, 0.0), 3_600.0)
