"""What runs inside the replicas of a test; a module of its own, because their processes import it by name."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from ray.exceptions import RayError
from ray.serve.handle import DeploymentHandle

from serve.schemas import Signals
from tests.fakes.backend import FakeBackend
from trading.errors import UnavailableError


class Means:
    """A scorer that only NumPy is needed to check."""

    def score(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The mean of each row."""
        return np.asarray(features.mean(axis=1))


class ScoringBackend(FakeBackend):
    """Asks the ensemble before it answers, as the platform's own backend does."""

    def __init__(self, ensemble: DeploymentHandle) -> None:
        super().__init__()
        self._ensemble = ensemble

    def signals(self, symbols: Sequence[str] | None, limit: int) -> Signals:
        """The fake's signals, once a row was scored."""
        try:
            self._ensemble.score.remote(np.ones((1, 4), np.float32)).result(timeout_s=5)
        except (RayError, TimeoutError) as err:
            raise UnavailableError("The ensemble is restarting. Nothing was lost; try again.") from err
        return super().signals(symbols, limit)
