"""The one line that says why a training failed, out of what Ray, Tune and xgboost-ray wrap around it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ray.exceptions import (
    ActorPlacementGroupRemoved,
    ActorUnschedulableError,
    GetTimeoutError,
    NodeDiedError,
    OutOfMemoryError,
    RayActorError,
    RayTaskError,
    TaskCancelledError,
    TaskPlacementGroupRemoved,
    TaskUnschedulableError,
    WorkerCrashedError,
)

from trading.errors import InplayError, ModelError

TAKEN_BACK = (ActorPlacementGroupRemoved, TaskPlacementGroupRemoved, ActorUnschedulableError, TaskUnschedulableError)
WORDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (OutOfMemoryError, "the machine ran out of memory and Ray ended it; give the machine more, or a swap file"),
    (TaskCancelledError, "it was cancelled"),
    (NodeDiedError, "the machine that it ran on went away"),
    (WorkerCrashedError, "its process was killed or crashed"),
    (RayActorError, "a process that trained went away, or its machine did"),
    (TAKEN_BACK, "the resources that it ran on were taken back"),
    (GetTimeoutError, "it wasn't done in time"),
)
"""What errors mean whose own text is for Ray's developers, the first that fits."""


@contextmanager
def told_in_words() -> Iterator[None]:
    """Whatever ends the block, a defect too, ends it as an error of ours. Raises: ModelError, or what was ours."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  Ray, Tune, xgboost-ray and XGBoost share no base class
        told = as_model_error(error)
        raise told from (None if told is error else error)


def as_model_error(error: BaseException) -> InplayError:
    """The error of ours that an error stands for: itself when it is one, else a `ModelError` of one line."""
    told = _chain(error)[-1]
    if isinstance(told, InplayError):
        return told
    return ModelError(f"Training ended without a model, and none was replaced: {cause_of(error)}.")


def cause_of(error: BaseException) -> str:
    """What began it, in a line: xgboost-ray wraps the errors of its actors several times, Ray puts them in one text."""
    chain = _chain(error)
    texts = [line.strip() for link in chain for line in str(link).splitlines()]
    of_xgboost = next((line for line in texts if "XGBoostError: " in line), None)
    if of_xgboost:
        return of_xgboost.rstrip(".")
    words = next((words for kind, words in WORDS if isinstance(chain[-1], kind)), None)
    if words:
        return words
    lines = [line.strip() for line in str(chain[-1]).splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else type(chain[-1]).__name__


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what it was raised from, up to one of ours, of which Ray's copy has a traceback for text."""
    chain = [error]
    while True:
        if isinstance(error, RayTaskError):
            inner = error.cause
        elif isinstance(error, InplayError):
            return chain
        else:
            inner = error.__cause__
        if not isinstance(inner, BaseException) or inner in chain:
            return chain
        error = inner
        chain.append(error)
