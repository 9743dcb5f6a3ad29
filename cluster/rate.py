"""One budget of requests for everything that speaks to DigitalOcean in this process.

The limits are per account: 5,000 an hour and 250 a minute. Ours are lower, since a laptop and a head share them, and a
part is kept for deleting: what can't be deleted goes on costing money.

Source: DigitalOcean API reference, "Rate Limit".
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from cluster.clock import Clock
from cluster.errors import RateBudgetError

MINUTE_S = 60.0
HOUR_S = 3_600.0


@dataclass(frozen=True)
class RateLimits:
    """How many requests may be made, and how many of them only to delete."""

    per_minute: int = 200
    per_hour: int = 4_000
    kept_for_deletes_per_minute: int = 40
    kept_for_deletes_per_hour: int = 400
    longest_wait_s: float = 90.0


class RateBudget:
    """Never lets more requests through than its limits allow in any minute and any hour.

    Thread-safe: the times of past requests are read and written under one lock, and nobody sleeps while holding it.
    """

    def __init__(self, clock: Clock, limits: RateLimits | None = None) -> None:
        self._clock = clock
        self.limits = limits or RateLimits()
        self._lock = threading.Lock()
        self._made_at_s: deque[float] = deque()
        self._closed_until_s = 0.0

    def take(self, *, deleting: bool = False) -> None:
        """One request is counted, after a wait if need be.

        Args:
            deleting: the request removes something, so it may use what is kept for deletes.

        Raises:
            RateBudgetError: when the wait would be longer than `longest_wait_s`; no request was made.
        """
        waited_s = 0.0
        while True:
            with self._lock:
                now_s = self._clock.now_s()
                self._follow_a_clock_set_back(now_s)
                wait_s = self._wait_s(now_s, deleting=deleting)
                if wait_s <= 0:
                    self._made_at_s.append(now_s)
                    return
            if waited_s + wait_s > self.limits.longest_wait_s:
                raise RateBudgetError(
                    f"The budget of requests to DigitalOcean is used up for another {wait_s:.0f} s. Nothing was asked, "
                    "and machines that run go on running. Try again later; what removes machines has a reserve."
                )
            self._clock.sleep(wait_s)
            waited_s += wait_s

    def close_for(self, duration_s: float) -> None:
        """No request leaves for `duration_s`, because the API asked for a pause."""
        with self._lock:
            self._closed_until_s = max(self._closed_until_s, self._clock.now_s() + duration_s)

    def _follow_a_clock_set_back(self, now_s: float) -> None:
        """Past requests aren't in the future: a clock set back by an hour would forbid deleting for that long."""
        back_s = self._made_at_s[-1] - now_s if self._made_at_s else 0.0
        if back_s > 0:
            self._made_at_s = deque(each - back_s for each in self._made_at_s)
            self._closed_until_s -= back_s

    def _wait_s(self, now_s: float, *, deleting: bool) -> float:
        while self._made_at_s and self._made_at_s[0] <= now_s - HOUR_S:
            self._made_at_s.popleft()
        limits = self.limits
        per_minute = limits.per_minute - (0 if deleting else limits.kept_for_deletes_per_minute)
        per_hour = limits.per_hour - (0 if deleting else limits.kept_for_deletes_per_hour)
        waits_s = [self._closed_until_s - now_s]
        for allowed, window_s in ((per_minute, MINUTE_S), (per_hour, HOUR_S)):
            if len(self._made_at_s) >= allowed:
                # The request `allowed` places from the end must have left the window before the next one may be made.
                waits_s.append(self._made_at_s[-allowed] + window_s - now_s)
        return max(waits_s)
