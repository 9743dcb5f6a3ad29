"""Ctrl-C and SIGTERM: both end a run, at any point, once."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """While it is open, a signal raises KeyboardInterrupt in the main thread.

    Attributes:
        requested: a signal came. Libraries sometimes swallow the exception, so long work looks here between its steps.
    """

    def __init__(self) -> None:
        self.requested = False
        self._ignoring = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._raise) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Goes on unless a signal came.

        Raises:
            KeyboardInterrupt: one did.
        """
        if self.requested and not self._ignoring:
            raise KeyboardInterrupt

    def ignore(self) -> None:
        """From here on signals change nothing: what is being stopped is stopped in order."""
        self._ignoring = True

    def _raise(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        self.check()
