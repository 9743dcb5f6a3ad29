"""What models said of setups, made up."""

from __future__ import annotations

import numpy as np

from trading.arrays import Floats
from tune.judgement.report.out_of_fold import OutOfFold
from tune.sets.training_set import TrainingSet


def said_of(data: TrainingSet, strength: Floats) -> OutOfFold:
    """The ensemble and its `pattern` model say `strength`; the regression one half, and training had 45 %."""
    n = len(data)
    return OutOfFold(
        test=data, strength=strength, members={"pattern": strength}, logistic=np.full(n, 0.5),
        yes=np.zeros(n, dtype=np.bool_), base_rate=np.full(n, 0.45), calibrated=np.full(n, np.nan), folds=(),
    )  # fmt: skip
