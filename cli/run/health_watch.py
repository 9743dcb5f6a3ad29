"""The run watches Health, which watches all other services: who hangs is started anew, and it is on record."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import structlog

from actors.asking import Actor
from actors.service import Service
from actors.supervising import TICK_S, Supervisor
from adapters.postgres.health import HealthStore, ServiceState
from adapters.postgres.pool import Pool
from trading.errors import UnavailableError

STOP_TIMEOUT_S = 5.0
UNTOLD = 100
"""Most words that wait for a record which can't be written."""


class HealthWatch:
    """A thread of the run that asks Health for a sign of life; a context manager.

    Args:
        name: of the service.
        health: its actor.
        pool: of the record.
    """

    def __init__(self, name: str, health: Actor[Service], pool: Pool) -> None:
        self._name = name
        self._supervisor = Supervisor({name: health})
        self._store = HealthStore(pool)
        self._untold: list[ServiceState] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="health watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(STOP_TIMEOUT_S)

    def _watch(self) -> None:
        log = structlog.get_logger()
        while not self._stop.wait(TICK_S):
            try:
                self._turn()
            except UnavailableError as error:
                log.warning("health_not_recorded", reason=str(error))
            except Exception:  # a defect must not leave Health unwatched for good
                log.exception("health_watch_defect")

    def _turn(self) -> None:
        """What Health says of itself it records itself; that it hangs is recorded here.

        Until it has answered here once, its process is the one that it has put on record.
        """
        if not self._supervisor.processes():
            for word in self._store.load():
                if word.service == self._name:
                    self._supervisor.resume(self._name, word.process, [])
        self._untold += [word for word in self._supervisor.turn() if word.state == "failed"]
        self._untold = self._untold[-UNTOLD:]
        if self._untold:
            self._store.record(*self._untold)
            self._untold = []
