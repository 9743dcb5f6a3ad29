"""Health: asks every service for a sign of life and keeps the answer on record."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import ray
import structlog
from ray.exceptions import GetTimeoutError, RayActorError

from actors.asking import Actor, Pending
from actors.service import Condition, Service
from actors.wiring import Wiring, now
from adapters.postgres.health import HealthStore, ServiceState, State
from trading.errors import UnavailableError

PERIOD_S = 5.0
ANSWER_TIMEOUT_S = 10.0


class Health(Service):
    """Writer of the services' health."""

    name = "health"

    def __init__(self, wiring: Wiring, actors: Mapping[str, Actor[Service]]) -> None:
        super().__init__(wiring)
        self._actors = dict(actors)
        self._stop = threading.Event()
        threading.Thread(target=self._watch, name="health", daemon=True).start()

    def _watch(self) -> None:
        log = structlog.get_logger()
        while not self._stop.wait(PERIOD_S):
            try:
                self.check()
            except UnavailableError as error:
                log.warning("health_not_recorded", reason=str(error))

    def check(self) -> dict[str, str]:
        """The state of every service, on record."""
        asked = {name: actor.aside(Service.condition) for name, actor in self._actors.items()}
        answered = {name: self._sign_of_life(pending) for name, pending in asked.items()}
        answered[self.name] = ("ok", "")
        store = HealthStore(self.pool)
        for name, (state, detail) in answered.items():
            store.record(ServiceState(name, state, detail, now()))
        return {name: state for name, (state, _) in answered.items()}

    @staticmethod
    def _sign_of_life(pending: Pending[Condition]) -> tuple[State, str]:
        try:
            state, detail = ray.get(pending.reference, timeout=ANSWER_TIMEOUT_S)
        except GetTimeoutError:
            return "degraded", f"no answer within {ANSWER_TIMEOUT_S:.0f} s"
        except RayActorError as error:
            return "failed", str(error).splitlines()[0]
        return state, detail
