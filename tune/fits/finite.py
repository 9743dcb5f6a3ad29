"""What XGBoost can't take counts as unknown."""

from __future__ import annotations

import numpy as np

from trading.arrays import Matrix


def finite_or_unknown(matrix: Matrix) -> Matrix:
    """The matrix with NaN for what isn't finite; itself when all is: XGBoost refuses infinite values, forests can't."""
    infinite = np.isinf(matrix)
    return np.where(infinite, np.float32(np.nan), matrix).astype(np.float32) if infinite.any() else matrix
