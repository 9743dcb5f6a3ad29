"""Some of the rows, where all of them would take too long or too much memory."""

from __future__ import annotations

import numpy as np

from trading.arrays import Ints

SEED = 20_190_403
"""Fixed, so that the same rows are drawn for the same number of rows."""


def sampled(rows: int, most: int) -> Ints:
    """Row numbers, ascending: all, or `most` of them, each as likely as any other."""
    if rows <= most:
        return np.arange(rows)
    drawn: Ints = np.sort(np.random.default_rng(SEED).choice(rows, most, replace=False))
    return drawn
