"""Remembers what is sold out, so that the autoscaler's question every five seconds isn't passed on each time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from cluster.clock import Clock

FIRST_COOLDOWN_S = 120.0
LONGEST_COOLDOWN_S = 1_800.0
UNPROCESSABLE = 422
SOLD_OUT_WORDS = ("unavailable", "not available", "capacity", "sold out", "out of stock", "available_regions")
LIMIT_WORDS = ("droplet limit",)


def is_sold_out(status: int, body: Mapping[str, Any]) -> bool:
    """Whether a refusal means that the size can't be had in that region now."""
    return status == UNPROCESSABLE and any(word in str(body).lower() for word in SOLD_OUT_WORDS)


def is_over_limit(status: int, body: Mapping[str, Any]) -> bool:
    """Whether a refusal means that the account may have no more machines."""
    return status == UNPROCESSABLE and any(word in str(body).lower() for word in LIMIT_WORDS)


class CapacityBreaker:
    """Opens per size and region for a time that doubles with each refusal in a row. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._refused: dict[tuple[str, str], tuple[int, float]] = {}

    def trip(self, size: str, region: str) -> float:
        """The pair isn't asked for again for a while. Returns: how long, in seconds."""
        with self._lock:
            times = self._refused.get((size, region), (0, 0.0))[0] + 1
            cooldown_s = min(FIRST_COOLDOWN_S * 2.0 ** min(times - 1, 10), LONGEST_COOLDOWN_S)
            self._refused[size, region] = (times, self._clock.now_s() + cooldown_s)
            return cooldown_s

    def reset(self, size: str, region: str) -> None:
        """The pair was had; the next refusal starts from the shortest time."""
        with self._lock:
            self._refused.pop((size, region), None)

    def open_for_s(self, size: str, region: str) -> float:
        """How long the pair isn't asked for; 0 when it may be."""
        with self._lock:
            return max(self._refused.get((size, region), (0, 0.0))[1] - self._clock.now_s(), 0.0)
