"""Model monitoring: after each session, whether what decides is still what was judged, and what follows from that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from actors.service import Condition, Service
from actors.wiring import now
from adapters.postgres.watching import WatchStore
from research.models.changing import Registry, Said
from research.models.files import trouble_of
from research.models.monitoring import SessionWatch
from research.models.promoting import promote
from trading.cycle.questions import Questions, question


@dataclass(frozen=True)
class WatchReport:
    """What a session's watch said.

    Attributes:
        state: `no_session` for a day that is no complete session, as a holiday.
        alarms: those that stand, in words.
        turns: versions that came into another stage, in words.
        promotion: the change of role that the rule made, in words; empty without one.
    """

    session: date
    state: Literal["watched", "no_session"]
    alarms: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    promotion: str = ""


class ModelMonitoring(Service):
    """Writer of the tables of model monitoring; it changes roles through the registry only."""

    name = "model_monitoring"
    _trouble = ""

    def after_session(self, session: date) -> WatchReport:
        """The session was watched, and earlier ones that were not; a repeat adds nothing.

        Raises:
            UnavailableError: when the record or the feature rows can't be read; the next session tries again.
        """
        try:
            told = self._after(session)
        except Exception as error:  # whatever it was, the record of health says so
            self._trouble = f"the models were not watched after {session}: {error}"
            raise
        self._trouble = ""
        return told

    def _after(self, session: date) -> WatchReport:
        watch, store = SessionWatch(self.on_record, self.wiring.decisions), WatchStore(self.pool)
        for day in watch.pending(session):
            store.record(watch.at(day), now())
        if session not in store.watched(session):
            return WatchReport(session, "no_session")
        found = store.findings_after(session)
        return WatchReport(
            session=session,
            state="watched",
            alarms=tuple(
                f"{name}: {each.kind}: {each.words}" for name, told in found.items() for each in told
                if each.state == "alarm"
            ),
            turns=tuple(
                f"{turn.ensemble_id}, from {turn.from_session} on: {turn.why}"
                for turn in store.turns() if turn.found_session == session
            ),
            promotion=promote(
                self._registry, store, session, lambda why: Said("promotion rule", why, now()),
                act=self.wiring.training.promotes,
            ),
        )  # fmt: skip

    @cached_property
    def _registry(self) -> Registry:
        models = self.wiring.home / "models"
        return Registry(self.pool, self.wiring.home, lambda name: trouble_of(models / name))

    def condition(self) -> Condition:
        """Degraded after a watch that failed, until one works."""
        return ("degraded", self._trouble) if self._trouble else super().condition()


class AskModelMonitoring(Questions[ModelMonitoring]):
    """Questions to the model monitoring."""

    after_session = question(ModelMonitoring.after_session)
