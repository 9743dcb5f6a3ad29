"""Peak memory of the whole platform, shared pages counted once."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import psutil

PERIOD_S = 3.0


class PeakMemory:
    """Watches the proportional set size (PSS) of this process and all its descendants while the context is open."""

    def __init__(self) -> None:
        self.peak_bytes = 0
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

    def _watch(self) -> None:
        while True:
            self.peak_bytes = max(self.peak_bytes, tree_pss_bytes())
            if self._stop.wait(PERIOD_S):
                return


def tree_pss_bytes() -> int:
    """PSS of this process and its descendants now; a process that ends meanwhile counts as gone."""
    me = psutil.Process()
    total = 0
    for process in [me, *me.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total
