"""What runs inside the replicas of a test; a module of its own, because their processes import it by name."""

from collections.abc import Callable, Sequence
from typing import TypeVar, TypeVarTuple

import numpy as np
import numpy.typing as npt
from ray.exceptions import RayError
from ray.serve.handle import DeploymentHandle

from serve.resources import signals
from serve.sources import Sources
from tests.fakes.answering import FakePlatform
from trading.errors import UnavailableError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


VERSIONS = ("means",)


class Means:
    """A scorer that only NumPy is needed to check."""

    def score(self, features: npt.NDArray[np.float32], versions: Sequence[str]) -> npt.NDArray[np.float32]:
        """The mean of each row, whatever the version."""
        assert tuple(versions) == VERSIONS
        return np.asarray(features.mean(axis=1))


class ScoringPlatform(FakePlatform):
    """Asks the ensemble before it answers with signals, as the real platform does."""

    def __init__(self, ensemble: DeploymentHandle) -> None:
        super().__init__()
        self._ensemble = ensemble

    def answer(self, question: Callable[[Sources, *Ts], T], *args: *Ts) -> T:
        """The prepared answer; signals once a row was scored."""
        if question == signals.read:
            self._score()
        return super().answer(question, *args)

    def _score(self) -> None:
        try:
            self._ensemble.score.remote(np.ones((1, 4), np.float32), VERSIONS).result(timeout_s=5)
        except (RayError, TimeoutError) as err:
            raise UnavailableError("The ensemble is restarting. Nothing was lost; try again.") from err
