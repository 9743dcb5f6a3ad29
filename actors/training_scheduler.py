"""The training scheduler: trains models anew after sessions and on a rented GPU, and keeps the costs."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import structlog
from ray.exceptions import RayError

from actors.coordinator import AskCoordinator
from actors.gpus import RayGpus
from actors.service import Condition, Service
from actors.training import RayTrainer
from actors.training_sessions import Parts, TrainingSessions
from actors.updating import Parts as UpdateParts
from actors.updating import Updates, update_on_ray
from actors.wiring import Wiring, now
from adapters.postgres.model_updates import JudgementRow
from adapters.postgres.queries import Queries
from adapters.postgres.training_record import TrainingRecord
from trading.cycle.questions import Questions, question
from trading.errors import InplayError
from tune.on_ray.placements import head_cpus
from tune.training_plan import Plan
from tune.updates.forward import forward_test
from tune.updates.lines import Line

PERIOD_S, RETRY_S = 60.0, 5.0
"""Between two plans, and until the next one where a plan could not be made."""
NO_CPU = (
    "Ray's head has no CPU in its books (--num-cpus=0), so no model can be trained; everything else goes on. Start it "
    "with --num-cpus=1 or more."
)


@dataclass(frozen=True)
class AfterSession:
    """What became of models after a session: the plan of a training, and that of a light update."""

    training: Plan
    update: Plan


class TrainingScheduler(Service):
    """Writer of machines' starts and stops, of training plans, of training sessions and of light updates."""

    name = "training_scheduler"
    longest_work_s = 24 * 3600.0
    """A training session on a rented GPU."""

    def __init__(self, wiring: Wiring, coordinator: AskCoordinator) -> None:
        super().__init__(wiring)
        self._coordinator = coordinator
        self._trouble = ""
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="training_scheduler", daemon=True)
        self._watcher.start()

    @cached_property
    def _sessions(self) -> TrainingSessions:
        trainer = RayTrainer(self.wiring, self.pool, self._coordinator, now)
        parts = Parts(RayGpus(), trainer, now, time.sleep, self._fingerprint)
        return TrainingSessions(self.pool, self.wiring.training, parts)

    def _fingerprint(self) -> str | None:
        """Of what there is to learn from, once a session is complete: a training looks back from its close."""
        if Queries(self.pool).progress().last_session is None:
            return None
        return TrainingRecord(self.pool).data_fingerprint()

    def _watch(self) -> None:
        log = structlog.get_logger()
        recovered, pause_s = False, 1.0
        while not self._stop.wait(pause_s):
            try:
                if not recovered:
                    self._sessions.recover()
                    recovered = True
                plan = self._sessions.tick()
                log.info("training_planned", kind=plan.kind, code=plan.code)
                self._trouble = "" if head_cpus() >= 1 else NO_CPU
                pause_s = PERIOD_S
            except (InplayError, RayError, OSError) as error:
                self._trouble, pause_s = str(error), RETRY_S
                log.warning("training_not_planned", reason=str(error))

    @cached_property
    def _updates(self) -> Updates:
        return Updates(self.wiring, self.pool, UpdateParts(update_on_ray(self.wiring), self._test, now))

    def _test(self, line: Line, session: date) -> JudgementRow:
        return forward_test(self.on_record, line, session)

    def after_session(self, session: date) -> AfterSession:
        """The plans after a complete session, and the training or the light update that is due was held.

        See `TrainingSessions.after` and `Updates.after`.
        """
        training = self._sessions.after(session)
        return AfterSession(training, self._updates.after(session, trained=training.code in {"opens", "held"}))

    def condition(self) -> Condition:
        """Degraded while plans can't be made, costs can't be read or nothing can be trained."""
        if not self._watcher.is_alive():
            return "degraded", "a defect ended the planning, its log says which; nothing is rented any more"
        return ("degraded", self._trouble) if self._trouble else super().condition()


class AskTrainingScheduler(Questions[TrainingScheduler]):
    """Questions to the training scheduler."""

    after_session = question(TrainingScheduler.after_session)
