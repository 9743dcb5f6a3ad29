"""One training of the ensemble on what the platform has on record, in a process of its own that can be ended."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import ray
import structlog
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.coordinator import AskCoordinator
from actors.wiring import Wiring
from adapters.postgres.models import Entry, ModelStore
from adapters.postgres.pool import Pool, open_pool
from trading.bars.panel import as_date
from trading.errors import UnavailableError
from tune.fits.distributed import Workers
from tune.fits.gpu import Busy, Cuda, Gpu
from tune.on_ray.causes import as_model_error, cause_of
from tune.on_ray.placements import SESSIONS, Placements, remove_of_sessions

ASK_TIMEOUT_S = 300.0
END_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Made:
    """What a training made.

    Attributes:
        device: that it trained on, as the process that trained said.
        busy: how busy a GPU was.
    """

    ensemble_id: str
    device: str = "cpu"
    busy: Busy = field(default_factory=Busy)


class Trainer(Protocol):
    """Makes an ensemble."""

    def train(self, workers: Workers, limit_s: float, wait_s: float) -> Made:
        """The ensemble is on disk and on record as a challenger.

        Args:
            workers: that train; with a GPU everything is done on the machine that has it.
            limit_s: for all of it.
            wait_s: for a machine with a GPU.

        Raises:
            NoGpuError: when none came in time.
            UnavailableError: when it wasn't done in time, or something it needs went away; nothing was replaced.
            ModelError: when nothing can be learned from what there is, or Ray had no room for it.
        """
        ...

    def clear(self) -> None:
        """Nothing is reserved for a training that a dead process had begun. No training may be under way."""
        ...


@dataclass(frozen=True)
class _Work:
    """What the training process needs beside the data."""

    home: Path
    wiring: Wiring
    known_before: date
    seed: int
    workers: Workers
    placements: Placements
    wait_s: float = 0.0
    gpu: Gpu = field(default_factory=Cuda)


class RayTrainer:
    """Trains on the market and patterns of the latest complete session."""

    def __init__(
        self, wiring: Wiring, pool: Pool, coordinator: AskCoordinator, clock: Callable[[], datetime],
        *, gpu: Gpu | None = None,
    ) -> None:  # fmt: skip
        self._wiring, self._pool, self._coordinator, self._clock = wiring, pool, coordinator, clock
        self._gpu: Gpu = gpu or Cuda()

    def train(self, workers: Workers, limit_s: float, wait_s: float) -> Made:
        """See `Trainer`."""
        session, known = self._coordinator.training_data().get(ASK_TIMEOUT_S)
        if session is None:
            raise UnavailableError("No session is complete yet, so nothing can be learned from. Nothing was changed.")
        market, patterns = known
        work = _Work(
            home=self._wiring.home, wiring=self._wiring, known_before=session + timedelta(days=1),
            seed=self._wiring.training.seed, workers=workers, wait_s=wait_s, gpu=self._gpu,
            placements=Placements(f"{SESSIONS}-{uuid.uuid4().hex[:12]}"),
        )  # fmt: skip
        trained, busy = run_within(limit_s, _train, market, patterns, work, placements=work.placements)
        return Made(self._registered(trained, work), trained.device, busy)

    def clear(self) -> None:
        """See `Trainer`."""
        left = remove_of_sessions()
        if left:
            structlog.get_logger().warning("placement_groups_of_a_dead_training_removed", groups=left)

    def _registered(self, trained: Any, work: _Work) -> str:
        from tune.registration import config_sha256, register  # noqa: PLC0415  heavy

        row = register(
            ModelStore(self._pool), trained, work.home,
            config=config_sha256(work.seed, work.known_before, self._wiring.decisions.outcome, work.workers),
            known_before=work.known_before, code_version=version("inplay"), at=self._clock(),
            entry=Entry(
                self._wiring.training.rules.makes, "training", f"trained on what was known before {work.known_before}"
            ),
        )  # fmt: skip
        return row.ensemble_id


def run_within(limit_s: float, function: Callable[..., Any], *args: Any, placements: Placements) -> Any:
    """What the function returns, run in a process of its own on this node.

    When this returns or raises, that process has ended, or is being killed, and nothing is reserved for its training.

    Raises:
        UnavailableError: when it wasn't done within `limit_s`, or its process went away.
        ModelError: what the training raised.
    """
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    task: Any = ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=here)(function)
    reference = task.remote(*args)
    ended = False
    try:
        ready, _ = ray.wait([reference], timeout=limit_s)
        ended = bool(ready)
        if not ended:
            raise UnavailableError(
                f"The training wasn't done after {limit_s / 60:.0f} min and was ended. Nothing was replaced."
            )
        return _answer(reference)
    finally:
        if not ended:  # Ray ends the process of whoever cancels a task whose answer is just coming in
            ray.cancel(reference, force=True)
            ray.wait([reference], timeout=END_TIMEOUT_S)  # a process that is alive might reserve more
        placements.remove()


def _answer(reference: Any) -> Any:
    """What the function returned or raised, in our own errors."""
    try:
        return ray.get(reference)
    except RayTaskError as error:
        structlog.get_logger().warning("training_failed", error=str(error))
        raise as_model_error(error) from None
    except RayError as error:
        raise UnavailableError(f"The training was ended: {cause_of(error)}. Nothing was replaced.") from error


def _train(market: Any, patterns: Any, work: _Work) -> tuple[Any, Busy]:
    """The ensemble, and how busy its GPU was. In a process of its own: its memory goes back with it."""
    from tune.gpu_training import Terms, train_on_gpu  # noqa: PLC0415  heavy
    from tune.judgement.leakage.then import rows_then  # noqa: PLC0415
    from tune.pipeline import train_ensemble  # noqa: PLC0415  heavy
    from tune.sets.of_record import SetRules, set_of_market  # noqa: PLC0415

    pool = open_pool(work.wiring.database_url.get_secret_value(), name="inplay training", size=1)
    try:
        weights = work.wiring.training.regime_weights
        rules = SetRules(work.wiring.decisions.outcome, work.wiring.scanner, work.known_before, weights)
        data = set_of_market(work.wiring.record(pool), market, patterns, rules)
        then = rows_then(work.wiring.record(pool), data, as_date(market.panel.sessions.max()))
    finally:
        pool.close()
    models, scratch = work.home / "models", work.home / "tune" / "session"
    try:
        if work.workers.gpus:
            terms = Terms(work.seed, work.wait_s, gpu=work.gpu)
            made = train_on_gpu(data, models, scratch, terms, say=lambda _: None, then=then)
            return made.trained, made.busy
        trained = train_ensemble(
            data, models, scratch, seed=work.seed, workers=work.workers, say=lambda _: None,
            placements=work.placements, then=then,
        )  # fmt: skip
        return trained, Busy()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
