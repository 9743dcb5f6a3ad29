"""Asking the backend from the event loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
from anyio import CapacityLimiter

from trading.errors import UnavailableError

T = TypeVar("T")


class Asker:
    """Calls the blocking backend on a bounded number of threads, each call within a time limit.

    Attributes:
        threads: most calls at a time; a call that outlives its limit keeps its thread until it returns, so a backend
            that hangs can never take more than these.
        timeout_s: waiting for a thread and for the answer, together.
    """

    def __init__(self, *, threads: int = 8, timeout_s: float = 10.0) -> None:
        self.threads = threads
        self.timeout_s = timeout_s
        self._limiter: CapacityLimiter | None = None

    async def ask(self, question: Callable[..., T], *args: object) -> T:
        """The backend's answer.

        Raises:
            UnavailableError: no answer came in time; the call may still be running, but it only reads.
        """
        if self._limiter is None:  # a limiter belongs to the event loop that it is made in
            self._limiter = CapacityLimiter(self.threads)
        with anyio.move_on_after(self.timeout_s):
            return await anyio.to_thread.run_sync(
                partial(question, *args), abandon_on_cancel=True, limiter=self._limiter
            )
        raise UnavailableError(
            f"The platform did not answer within {self.timeout_s:g} s. Nothing was lost; try again, and see /v1/health."
        )
