"""Waiting for something to become true."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], *, what: str, timeout_s: float = 20.0, pause_s: float = 0.05) -> T:
    """The first true value of `look()`.

    Raises:
        AssertionError: it did not become true in time; names `what` and the last value.
    """
    deadline = time.monotonic() + timeout_s
    value = look()
    while not value:
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout_s:g} s; last seen: {value!r}")
        time.sleep(pause_s)
        value = look()
    return value
