"""A callback that ends a training which isn't on a GPU, in the worker that trains."""

from __future__ import annotations

from typing import Any

from xgboost.callback import TrainingCallback
from xgboost.core import XGBoostError

from trading.errors import UnavailableError
from tune.fits.device import device_of, refuse_cpu


class CudaCheck(TrainingCallback):  # type: ignore[misc]
    """After the first round the booster is on a CUDA device, or training has failed."""

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 - XGBoost's signature
        """Whether to stop early: never.

        Raises:
            XGBoostError: when the booster isn't on a CUDA device; of others xgboost-ray forgets the text.
        """
        if epoch == 0:
            try:
                refuse_cpu(device_of(model))
            except UnavailableError as error:
                raise XGBoostError(str(error)) from error
        return False
