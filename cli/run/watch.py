"""Waits of a run that notice Ctrl-C, and a database that died."""

from __future__ import annotations

import math
import time
from typing import Any

import ray

from adapters.postgres.server import EmbeddedPostgres
from cli.run.interrupt import Interrupt
from cli.run.progress import Printer

WATCH_EVERY_S = 0.5


class Watch:
    """What a run does while it waits.

    Attributes:
        postgres: the run's own database; None while there is none, or it is another's.
    """

    def __init__(self, interrupt: Interrupt, say: Printer) -> None:
        self._interrupt = interrupt
        self._say = say
        self.postgres: EmbeddedPostgres | None = None

    def answered(self, reference: Any, timeout_s: float = math.inf) -> bool:
        """Waited until the answer is there, or the time is over; returns whether it is.

        Raises:
            KeyboardInterrupt: on Ctrl-C.
        """
        until = time.monotonic() + timeout_s
        while not ray.wait([reference], timeout=WATCH_EVERY_S)[0]:
            self._look()
            if time.monotonic() >= until:
                return False
        return True

    def wait(self, seconds: float) -> None:
        """So long.

        Raises:
            KeyboardInterrupt: on Ctrl-C.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._look()
            time.sleep(min(WATCH_EVERY_S, max(0.0, until - time.monotonic())))

    def revive_database(self) -> None:
        """A database of the run's own that died is started again."""
        if self.postgres is not None and self.postgres.restart_if_dead():
            self._say.warning("the embedded PostgreSQL had died and was started again; every committed row is there")

    def _look(self) -> None:
        self._interrupt.check()
        self.revive_database()
