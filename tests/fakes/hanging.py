"""Services that can be made to hang; in a module of their own, so that Ray's workers find them."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from actors.service import Service


class Sleeper(Service):
    """A service that can be made to hang."""

    name = "sleeper"
    longest_work_s = 8.0

    def add(self, number: int) -> int:
        """One more."""
        return number + 1

    def work(self, seconds: float) -> str:
        """So long, with the processor."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pass
        return "done"

    def never_end(self, once: str) -> str:
        """The first call never ends; the next one, which finds the file, does."""
        if Path(once).exists():
            return "ended"
        Path(once).touch()
        threading.Event().wait()
        return "never"

    def deadlock(self) -> None:
        """Its health group answers nobody from now on."""
        self.condition = threading.Event().wait  # type: ignore[method-assign, assignment]


class Other(Sleeper):
    """One that nothing happens to."""

    name = "other"


class Replica:
    """Stands for a replica of Serve: no service of ours."""

    def pid(self) -> int:
        """Its process."""
        return os.getpid()
