"""The coordinator: drives the cycle, one session at a time, in order."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import structlog

from actors.asking import Replica
from actors.service import Service
from actors.services import PlatformServices, look_back
from actors.wiring import Wiring, now
from adapters.calendar import is_latest
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.queries import Queries
from adapters.postgres.session_times import SessionTimes, Stopwatch
from trading.cycle.questions import Questions, question
from trading.cycle.services import AskEnsemble
from trading.cycle.session import look, run_session
from trading.cycle.summary import CYCLE, SessionSummary
from trading.errors import UnavailableError


class Coordinator(Service):
    """Runs sessions; repeating one that is complete changes nothing. Writer of `session_times`."""

    name = "coordinator"
    longest_work_s = 3600.0
    """A whole session, the wait for services that restart included."""

    def __init__(self, wiring: Wiring, services: PlatformServices) -> None:
        super().__init__(wiring)
        self._services = services

    def run_session(self, session: date, ensemble: Any) -> SessionSummary:
        """The whole cycle for one session; see `trading.cycle.session.run_session`.

        A broker takes orders of today's market only: a replay of earlier sessions leaves its account alone.

        Args:
            session: that is over.
            ensemble: Serve's handle.
        """
        services = replace(
            self._services,
            ensemble=AskEnsemble(Replica(ensemble)),
            execution=self._services.execution if is_latest(session, now()) else None,
        )
        watch = Stopwatch(time.monotonic)
        roles = LifecycleStore(self.pool).begin(session, now())
        summary = run_session(services, session, self.wiring.decisions, roles, watch.ended)
        if watch.took_s:  # a session that was complete before has no stages
            self.took(session, {**watch.took_s, CYCLE: watch.total_s})
        return summary

    def took(self, session: date | None, seconds: Mapping[str, float]) -> None:
        """How long stages of a session took is on record; figures that can't be written now are given up.

        Args:
            session: None = the latest complete one.
            seconds: by stage.
        """
        try:
            session = session or Queries(self.pool).progress().last_session
            if session is not None:
                SessionTimes(self.pool).record(session, seconds, now())
        except UnavailableError as error:
            structlog.get_logger().warning("session_times_not_recorded", session=str(session), reason=str(error))

    def training_data(self) -> tuple[date | None, list[Any]]:
        """The latest complete session, and references to the market and the patterns known at its close.

        Which session it is, is asked here: between two sessions the services are looking at this very one, so nothing
        of them changes. None, and no references, before the first one.
        """
        session = Queries(self.pool).progress().last_session
        if session is None:
            return None, []
        seen = look_back(self._services, session)
        return session, [seen.market.later, seen.patterns.later]

    def refresh(self, session: date) -> None:
        """The services know a complete session's market, patterns and scan again after a restart; nothing is added."""
        seen = look(self._services, session)
        self._services.scanner.scan(session, seen.market.later, seen.patterns.later).get()


class AskCoordinator(Questions[Coordinator]):
    """Questions to the coordinator."""

    run_session = question(Coordinator.run_session)
    training_data = question(Coordinator.training_data)
    refresh = question(Coordinator.refresh)
    took = question(Coordinator.took)
