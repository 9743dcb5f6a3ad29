"""The plain baseline of the models: a logistic regression on the features that they see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trading.arrays import Floats, Matrix
from trading.views.members.member import Members
from tune.fits.estimators import medians_of, refuse_one_class
from tune.sets.sampled import sampled
from tune.sets.splits import Rows
from tune.sets.training_set import TrainingSet, columns_of

MOST_ROWS = 50_000
"""Fitted in a second or two; of more rows, so many are drawn with a seed."""
MOST_STEPS = 500
FARTHEST = 10.0
"""Standard deviations from the mean at which a value is cut: one bad print would outweigh all other features."""


@dataclass(frozen=True)
class Logistic:
    """A fitted regression with what makes its inputs, all of it from the rows that it learned from.

    Attributes:
        columns: of the matrix that it sees.
        medians: in place of unknown values.
        mean: of the filled columns; `scale` their standard deviation, 1 for a constant column.
        rows: that it learned from.
    """

    model: Any
    columns: tuple[int, ...]
    medians: Matrix
    mean: Floats
    scale: Floats
    rows: int

    def probability(self, matrix: Matrix) -> Floats:
        """Probability of success of each row of a matrix with all columns."""
        inputs = _standardised(_filled(matrix[:, self.columns], self.medians), self.mean, self.scale)
        return np.asarray(self.model.predict_proba(inputs)[:, 1])


def fit_logistic(data: TrainingSet, train: Rows, members: Members) -> Logistic:
    """The regression on some rows of `data`, weighted as the models' fits are.

    Columns are those that any member learns from. It is standardised and its unknown values are filled by these rows
    alone. L2 with scikit-learn's strength, which on so many rows shrinks little.

    Args:
        data: setups with outcomes.
        train: rows that it may learn from.
        members: of the ensemble that stands beside it.

    Raises:
        ModelError: when all of these rows succeeded, or all failed.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  heavy, and not every actor needs it

    rows = train[sampled(len(train), MOST_ROWS)]
    success = data.success[rows]
    refuse_one_class("binary:logistic", success)
    columns = tuple(sorted({column for member in members for column in columns_of(member, data)}))
    matrix = data.matrix[np.ix_(rows, np.array(columns))]
    medians = medians_of(matrix)
    filled = _filled(matrix, medians)
    mean, spread = filled.mean(axis=0), filled.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    model = LogisticRegression(max_iter=MOST_STEPS)
    model.fit(_standardised(filled, mean, scale), success.astype(np.int64), sample_weight=data.weight[rows])
    return Logistic(model, columns, medians, mean, scale, len(rows))


def _filled(matrix: Matrix, medians: Matrix) -> Floats:
    return np.where(np.isfinite(matrix), matrix, medians).astype(np.float64)


def _standardised(filled: Floats, mean: Floats, scale: Floats) -> Floats:
    return np.asarray(np.clip((filled - mean) / scale, -FARTHEST, FARTHEST))
