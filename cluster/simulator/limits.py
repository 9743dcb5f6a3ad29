"""DigitalOcean's rate limits, enforced over sliding windows.

Source: https://docs.digitalocean.com/reference/api/ ("Rate Limit"): 5,000 requests an hour, 250 a minute; key listings
10 a minute. `retry-after` comes with the burst limits only.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from cluster.simulator.messages import Refusal

PER_HOUR = 5_000
PER_MINUTE = 250
KEYS_PER_MINUTE = 10


class RateLimits:
    """Counts the calls of one account and refuses those over a limit; a refused call counts no further."""

    def __init__(self) -> None:
        self._hour: deque[datetime] = deque()
        self._minute: deque[datetime] = deque()
        self._keys: deque[datetime] = deque()

    def admit(self, now_at: datetime, operation_id: str) -> None:
        """The call is counted.

        Raises:
            Refusal: 429, a limit is reached.
        """
        windows = [(self._minute, PER_MINUTE, 60)]
        if operation_id == "sshKeys_list":
            windows.append((self._keys, KEYS_PER_MINUTE, 60))
        for window, limit, length_s in [(self._hour, PER_HOUR, 3_600), *windows]:
            _forget(window, now_at - timedelta(seconds=length_s))
            if len(window) >= limit:
                free_in_s = (window[0] + timedelta(seconds=length_s) - now_at).total_seconds()
                headers = {} if window is self._hour else {"retry-after": str(int(free_in_s) + 1)}
                raise Refusal(429, "too_many_requests", "API rate limit exceeded.", headers=headers)
        for window, _, _ in [(self._hour, PER_HOUR, 3_600), *windows]:
            window.append(now_at)

    def headers(self, now_at: datetime) -> dict[str, str]:
        """What every answer says of the hourly limit."""
        _forget(self._hour, now_at - timedelta(hours=1))
        reset_at = (self._hour[0] if self._hour else now_at) + timedelta(hours=1)
        return {
            "ratelimit-limit": str(PER_HOUR),
            "ratelimit-remaining": str(PER_HOUR - len(self._hour)),
            "ratelimit-reset": str(int(reset_at.timestamp())),
        }


def _forget(window: deque[datetime], before_at: datetime) -> None:
    while window and window[0] <= before_at:
        window.popleft()
