"""The coordinator: drives the cycle, one session at a time, in order."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError

from actors.execution import Execution
from actors.service import Service
from actors.wiring import Wiring, now
from adapters.calendar import is_latest
from adapters.postgres.models import ModelStore
from adapters.postgres.queries import Queries
from trading.cycle.session import SessionSummary, look, look_back, run_session
from trading.errors import InplayError, UnavailableError

ANSWER_TIMEOUT_S = 120.0
RETRY_FOR_S = 90.0
RETRY_EVERY_S = 0.5


class ActorServices:
    """The services as actors on the cluster, and the ensemble behind its Serve handle."""

    def __init__(self, actors: Mapping[str, Any], ensemble: Any) -> None:
        self._actors = actors
        self._ensemble = ensemble

    def ask(self, service: str, method: str, *args: Any) -> Any:
        """A reference to the answer of the actor or replica."""
        if service == "ensemble":
            return _Scored(self._ensemble, args[0])
        return getattr(self._actors[service], method).remote(*args)

    def answer(self, reference: Any) -> Any:
        """The answer, waited for at most two minutes; a restarting actor answers after its restart."""
        if isinstance(reference, _Scored):
            return reference.answer()
        try:
            return ray.get(reference, timeout=ANSWER_TIMEOUT_S)
        except RayTaskError as error:
            cause = error.cause
            raise cause if isinstance(cause, InplayError) else error from error
        except (RayActorError, GetTimeoutError) as error:
            raise UnavailableError(f"a service did not answer ({error}); what it had on record is safe") from error


class _Scored:
    """A question to the ensemble; asked again while its replica restarts, since scoring changes nothing."""

    def __init__(self, handle: Any, matrix: Any) -> None:
        self._handle, self._matrix = handle, matrix
        self._response = handle.score.remote(matrix)

    def answer(self) -> Any:
        deadline = time.monotonic() + RETRY_FOR_S
        while True:
            try:
                return self._response.result(timeout_s=RETRY_FOR_S)
            except RayTaskError as error:
                cause = error.cause
                raise cause if isinstance(cause, InplayError) else error from error
            except (RayActorError, TimeoutError) as error:
                if time.monotonic() > deadline:
                    raise UnavailableError(f"the ensemble did not answer for {RETRY_FOR_S:.0f} s: {error}") from error
            time.sleep(RETRY_EVERY_S)
            self._response = self._handle.score.remote(self._matrix)


class Coordinator(Service):
    """Runs sessions; repeating one that is complete changes nothing."""

    name = "coordinator"

    def __init__(self, wiring: Wiring, actors: Mapping[str, Any]) -> None:
        super().__init__(wiring)
        self._actors = dict(actors)

    def run_session(self, session: date, ensemble: Any) -> SessionSummary:
        """The whole cycle for one session; see `trading.cycle.session.run_session`.

        A broker takes orders of today's market only: a replay of earlier sessions leaves its account alone.
        """
        champion = ModelStore(self.pool).champion()
        return run_session(
            ActorServices(self._actors, ensemble), session, self.wiring.decisions,
            models_known_before=champion.known_before if champion else None,
            with_broker=Execution.name in self._actors and is_latest(session, now()),
        )  # fmt: skip

    def training_data(self) -> tuple[date | None, list[Any]]:
        """The latest complete session, and references to the market and the patterns known at its close.

        Which session it is, is asked here: between two sessions the services are looking at this very one, so nothing
        of them changes. None, and no references, before the first one.
        """
        session = Queries(self.pool).progress().last_session
        if session is None:
            return None, []
        return session, list(look_back(ActorServices(self._actors, None), session))

    def refresh(self, session: date) -> None:
        """The services know a complete session's market, patterns and scan again after a restart; nothing is added."""
        services = ActorServices(self._actors, None)
        _, market, patterns = look(services, session)
        services.answer(services.ask("scanner", "scan", session, market, patterns))
