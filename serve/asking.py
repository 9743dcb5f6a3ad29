"""Asking what blocks from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import anyio

from trading.errors import UnavailableError

T = TypeVar("T")


class Asker:
    """Calls blocking questions on a bounded number of threads, each call within a time limit.

    A call that outlives its limit keeps its thread until it returns, so a database that hangs can never take more than
    these. (anyio's and Starlette's thread limiters give an abandoned call's place away while its thread still runs.)

    Args:
        threads: most calls at a time.
        timeout_s: waiting for a thread and for the answer, together.
    """

    def __init__(self, *, threads: int = 8, timeout_s: float = 10.0) -> None:
        self._timeout_s = timeout_s
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    async def ask(self, question: Callable[..., T], *args: object) -> T:
        """The question's answer.

        Raises:
            UnavailableError: no answer came in time; the call may still be running, but it only reads.
        """
        with anyio.move_on_after(self._timeout_s):
            # A cancelled wait takes a call that has no thread yet out of the queue.
            return await asyncio.get_running_loop().run_in_executor(self._pool, partial(question, *args))
        raise UnavailableError(
            f"The platform did not answer within {self._timeout_s:g} s. Nothing was lost; try again or see /v1/health."
        )
