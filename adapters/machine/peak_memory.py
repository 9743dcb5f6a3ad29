"""Peak memory of the whole platform, shared pages counted once."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import psutil

PERIOD_S = 3.0
AT_REST_S = 60.0
"""Between two looks while little happens: a look at all processes takes a tenth of a second."""


class PeakMemory:
    """Watches the proportional set size (PSS) of this process and all its descendants while the context is open."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._every_s = PERIOD_S
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def at_rest(self) -> None:
        """From now on it looks once a minute."""
        self._every_s = AT_REST_S

    def _watch(self) -> None:
        while True:
            self.peak_bytes = max(self.peak_bytes, tree_pss_bytes())
            if self._stop.wait(self._every_s):
                return


def tree_pss_bytes() -> int:
    """PSS of this process and its descendants now; a process that ends meanwhile counts as gone."""
    return sum(pss_by_process(psutil.Process()).values())


def pss_by_process(first: psutil.Process) -> dict[int, int]:
    """Likewise of that process and its descendants, by number, in bytes."""
    found = {}
    for process in [first, *first.children(recursive=True)]:
        try:
            found[process.pid] = int(process.memory_full_info().pss)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
