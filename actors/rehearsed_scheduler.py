"""The training scheduler of a rehearsal: as ever, but on a simulated GPU, and with nobody who trades beside it."""

from __future__ import annotations

import time
from functools import cached_property
from typing import Any

import ray

from actors.gpus import RayGpus
from actors.training import RayTrainer
from actors.training_scheduler import TrainingScheduler
from actors.training_sessions import Parts, TrainingSessions
from actors.wiring import now
from adapters.record import Record
from data.known_at import known_at_close
from trading.cycle.stages import recognise
from tune.fits.gpu import SimulatedGpu


class LookBack:
    """What the coordinator knows between two sessions, made from the record."""

    def __init__(self, record: Record) -> None:
        self._session = record.bar_tables.sessions()[-1]
        known = known_at_close(record, self._session)
        market = known.market()
        self._known = [ray.put(market), ray.put(recognise(market, known.events, known.news_at(market.panel)))]

    def training_data(self) -> LookBack:
        """As the coordinator is asked."""
        return self

    def get(self, timeout_s: float) -> tuple[Any, list[Any]]:  # noqa: ARG002 - a question's signature
        """Its answer."""
        return self._session, self._known


class RehearsedScheduler(TrainingScheduler):
    """The training scheduler as ever, but for a GPU that is only a number in Ray's books."""

    @cached_property
    def _sessions(self) -> TrainingSessions:
        trainer = RayTrainer(self.wiring, self.pool, self._coordinator, now, gpu=SimulatedGpu())
        return TrainingSessions(
            self.pool, self.wiring.training, Parts(RayGpus(), trainer, now, time.sleep, lambda: "a" * 64)
        )
