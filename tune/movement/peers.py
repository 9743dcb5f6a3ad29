"""What the stocks did that move with a stock."""

from __future__ import annotations

import numpy as np

from trading.arrays import Floats
from tune.movement.rolling import SMALL

LOOK_BACK = 120
"""Sessions whose correlation makes peers."""
PEERS = 10
RENEWED_EVERY = 20
"""Sessions for which peers stand."""


def peer_returns(residual: Floats) -> Floats:
    """Mean residual return of each stock's peers, weighted by their correlation with it; NaN before there are any.

    Peers are the stocks whose residual returns correlated most over `LOOK_BACK` sessions, the last of which is the
    session itself or an earlier one.

    Args:
        residual: returns less beta times the market's, shape `(n_sessions, n_symbols)`; NaN counts as zero.
    """
    sessions, symbols = residual.shape
    out = np.full(residual.shape, np.nan)
    best = min(PEERS, symbols - 1)
    if best < 1:
        return out
    known = np.nan_to_num(residual)
    for first in range(LOOK_BACK - 1, sessions, RENEWED_EVERY):
        seen = known[first - LOOK_BACK + 1 : first + 1]
        seen = (seen - seen.mean(axis=0)) / (seen.std(axis=0) + SMALL)
        correlation = seen.T @ seen / LOOK_BACK
        np.fill_diagonal(correlation, -1.0)
        weight = np.where(correlation >= np.sort(correlation, axis=1)[:, [-best]], np.maximum(correlation, 0.0), 0.0)
        weight /= weight.sum(axis=1, keepdims=True) + SMALL
        out[first : first + RENEWED_EVERY] = known[first : first + RENEWED_EVERY] @ weight.T
    return out
