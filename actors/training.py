"""One training of the ensemble on what the platform has on record, in a process of its own that can be ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.coordinator import AskCoordinator
from actors.wiring import Wiring
from adapters.postgres.models import ModelStore
from adapters.postgres.pool import Pool
from trading.errors import InplayError, UnavailableError
from tune.distributed import Workers

ASK_TIMEOUT_S = 300.0


class Trainer(Protocol):
    """Makes an ensemble."""

    def train(self, workers: Workers, limit_s: float) -> str:
        """The ensemble is on disk and on record as a challenger. Returns: its id.

        Raises:
            UnavailableError: when it wasn't done in time, or something it needs went away; nothing was replaced.
        """
        ...


@dataclass(frozen=True)
class _Work:
    """What the training process needs beside the data."""

    home: Path
    wiring: Wiring
    known_before: date
    seed: int
    workers: Workers


class RayTrainer:
    """Trains on the market and patterns of the latest complete session."""

    def __init__(self, wiring: Wiring, pool: Pool, coordinator: AskCoordinator, clock: Callable[[], datetime]) -> None:
        self._wiring, self._pool, self._coordinator, self._clock = wiring, pool, coordinator, clock

    def train(self, workers: Workers, limit_s: float) -> str:
        """See `Trainer`."""
        session, known = self._coordinator.training_data().get(ASK_TIMEOUT_S)
        if session is None:
            raise UnavailableError("No session is complete yet, so nothing can be learned from. Nothing was changed.")
        market, patterns = known
        work = _Work(self._wiring.home, self._wiring, session + timedelta(days=1), self._wiring.training.seed, workers)
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        task: Any = ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=here)(_train)
        reference = task.remote(market, patterns, work)
        try:
            trained = _answer(reference, limit_s)
        finally:
            ray.cancel(reference, force=True)  # one that has ended isn't touched
        return self._registered(trained, work)

    def _registered(self, trained: Any, work: _Work) -> str:
        from tune.registration import config_sha256, register  # noqa: PLC0415  heavy

        row = register(
            ModelStore(self._pool), trained, work.home,
            config=config_sha256(work.seed, work.known_before, self._wiring.decisions.outcome, work.workers),
            known_before=work.known_before, code_version=version("inplay"), at=self._clock(), status="challenger",
        )  # fmt: skip
        return row.ensemble_id


def _answer(reference: Any, timeout_s: float) -> Any:
    ready, _ = ray.wait([reference], timeout=timeout_s)
    if not ready:
        raise UnavailableError(
            f"The training wasn't done after {timeout_s / 60:.0f} min and was ended. Nothing was replaced."
        )
    try:
        return ray.get(reference)
    except RayTaskError as error:
        raise error.cause if isinstance(error.cause, InplayError) else error from error
    except RayError as error:
        raise UnavailableError(f"The training's process went away: {error}. Nothing was replaced.") from error


def _train(market: Any, patterns: Any, work: _Work) -> Any:
    """In a process of its own: its memory goes back with it."""
    from tune.pipeline import train_ensemble  # noqa: PLC0415  heavy
    from tune.training_set import from_market  # noqa: PLC0415

    data = from_market(market, patterns, work.wiring.decisions.outcome, work.wiring.scanner, work.known_before)
    scratch = work.home / "tune" / "session"
    try:
        return train_ensemble(
            data, work.home / "models", scratch, seed=work.seed, workers=work.workers, say=lambda _: None
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)  # fmt: skip
