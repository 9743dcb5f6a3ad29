"""What Ray, Tune and xgboost-ray raise becomes one sentence of ours."""

from __future__ import annotations

import pytest
from ray.exceptions import (
    ActorDiedError,
    GetTimeoutError,
    NodeDiedError,
    OutOfMemoryError,
    RayTaskError,
    TaskCancelledError,
    TaskPlacementGroupRemoved,
    WorkerCrashedError,
)

from trading.errors import ModelError, UnavailableError
from tune.on_ray.causes import as_model_error, told_in_words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError("Placement group creation timed out after 100 seconds"), "timed out after 100 seconds"),
        (GetTimeoutError(), "wasn't done in time"),
        (TaskCancelledError(), "it was cancelled"),
        (WorkerCrashedError(), "was killed or crashed"),
        (NodeDiedError("node\nlog"), "the machine that it ran on went away"),
        (ActorDiedError(), "a process that trained went away"),
        (OutOfMemoryError("1\n2\n3"), "ran out of memory"),
        (TaskPlacementGroupRemoved(), "were taken back"),
        (RuntimeError(), "RuntimeError"),
        (RayTaskError("train", "Traceback\nxgboost.core.XGBoostError: label must be in [0,1]\n  more", None), "label"),
    ],
)
def test_each_ending_has_words(error: Exception, words: str) -> None:
    """One line, a `ModelError`, and that nothing was replaced."""
    told = as_model_error(error)
    assert isinstance(told, ModelError)
    assert words in str(told)
    assert "none was replaced" in str(told)
    assert "\n" not in str(told)


def test_an_error_of_ours_is_handed_on_as_it_was() -> None:
    """Also out of Ray's copy, whose text is a traceback."""
    ours = UnavailableError("The database went away.")
    assert as_model_error(RayTaskError("train", "Traceback ...", ours)) is ours
    with pytest.raises(UnavailableError, match="The database went away") as told, told_in_words():
        raise RayTaskError("train", "Traceback ...", ours).as_instanceof_cause()
    assert "Traceback" not in str(told.value)


def test_the_first_cause_is_told_and_not_what_it_was_wrapped_in() -> None:
    """xgboost-ray's own text says that an actor died, not why."""
    with pytest.raises(ModelError, match="the machine that it ran on went away"), told_in_words():
        raise RuntimeError("the maximum number of retries is exhausted") from NodeDiedError("node")
