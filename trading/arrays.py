"""Names of the array types that the whole house uses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
"""Dates, `datetime64[D]`."""
Stamps = npt.NDArray[np.datetime64]
"""Instants in UTC, `datetime64[s]`."""
Matrix = npt.NDArray[np.float32]
"""Features of setups, shape `(n, n_features)`; NaN = unknown."""
