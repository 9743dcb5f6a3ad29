"""Rows as XGBoost trains on them: one byte a value instead of the eight of a plain `DMatrix`, handed over in batches.

A histogram booster looks at a value's bin alone. Built from batches, no whole copy of the rows is made beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xgboost

from trading.arrays import Floats, Matrix
from tune.fits.finite import finite_or_unknown

MAX_BIN = 256
"""XGBoost's own default."""
BATCH_ROWS = 65_536


class _Batches(xgboost.DataIter):  # type: ignore[misc]
    """The rows, some at a time; what isn't finite counts as unknown."""

    def __init__(self, matrix: Matrix, target: Floats, weight: Floats | None, columns: Sequence[int] | None) -> None:
        self._matrix, self._target, self._weight, self._at = matrix, target, weight, 0
        self._columns = columns
        super().__init__()

    def next(self, input_data: Callable[..., Any]) -> bool:
        """Hands the next batch over; whether there was one."""
        here = slice(self._at, self._at + BATCH_ROWS)
        if self._at >= len(self._target):
            return False
        weight = None if self._weight is None else self._weight[here]
        rows = self._matrix[here] if self._columns is None else self._matrix[here][:, self._columns]
        input_data(data=finite_or_unknown(rows), label=self._target[here], weight=weight)
        self._at += BATCH_ROWS
        return True

    def reset(self) -> None:
        """From the first row on again."""
        self._at = 0


def training_matrix(
    matrix: Matrix, target: Floats, weight: Floats | None, *, max_bin: int = MAX_BIN,
    columns: Sequence[int] | None = None,
) -> Any:  # fmt: skip
    """What a histogram booster is trained on.

    Args:
        matrix: one row a setup; what isn't finite counts as unknown.
        target: shape `(n,)`.
        weight: of each row; all alike if None.
        max_bin: as in the booster's parameters.
        columns: of the matrix that it holds, so that no second matrix is made of them; all if None.
    """
    return xgboost.QuantileDMatrix(_Batches(matrix, target, weight, columns), max_bin=max_bin)


def said_of(booster: Any, matrix: Matrix) -> Floats:
    """What a booster predicts for rows, without a matrix of XGBoost's own."""
    out = np.empty(len(matrix))
    for first in range(0, len(matrix), BATCH_ROWS):
        here = slice(first, first + BATCH_ROWS)
        out[here] = booster.inplace_predict(finite_or_unknown(np.ascontiguousarray(matrix[here])))
    return out
