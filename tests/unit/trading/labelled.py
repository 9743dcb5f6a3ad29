"""Labelled bars with a known truth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trading.arrays import Floats
from trading.evidence.random_candles import CLOSE_BUCKETS, LabelledBars
from trading.evidence.statistics import Sightings


def labelled(
    success: Floats, cell: npt.NDArray[np.int64], session: npt.NDArray[np.int64], **facts: int
) -> LabelledBars:
    """Bars with these outcomes; returns are 1 % each way."""
    n_symbols = int(cell.max()) // (CLOSE_BUCKETS + 1) + 1
    return LabelledBars(
        direction=facts.get("direction", 1),
        success=success,
        net_return=np.where(success > 0, 0.01, -0.01) + 0 * success,
        cell=cell,
        session=session,
        n_symbols=n_symbols,
        n_sessions=int(session.max()) + 1,
        horizon_sessions=facts.get("horizon_sessions", 0),
    )


def market(
    rng: np.random.Generator, *, symbols: int = 40, sessions: int = 120, shock: float = 0.1
) -> tuple[LabelledBars, npt.NDArray[np.float64]]:
    """Bars of every symbol and session, and each one's chance of success: 0.45 plus a shock of its whole session."""
    session = np.tile(np.arange(sessions), symbols)
    bucket = rng.integers(0, CLOSE_BUCKETS, symbols * sessions)
    chance = 0.45 + rng.normal(0, shock, sessions)[session] + 0.03 * (bucket - 2)
    success = (rng.uniform(size=len(chance)) < chance).astype(np.float64)
    cell = np.repeat(np.arange(symbols), sessions) * (CLOSE_BUCKETS + 1) + bucket
    return labelled(success, cell, session), chance


def patterns_at(rng: np.random.Generator, n_rows: int, count: int, share: float) -> Sightings:
    """`count` patterns that each stand on a random `share` of the bars."""
    row, pattern = np.nonzero(rng.uniform(size=(n_rows, count)) < share)
    names = tuple(f"made_{i}" for i in range(count))
    return Sightings(row.astype(np.int64), pattern.astype(np.int64), np.ones(len(row), dtype=np.int8), names)
