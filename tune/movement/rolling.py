"""Arithmetic over sessions that never looks ahead: row t of a result uses rows up to t of its input."""

from __future__ import annotations

import numpy as np

from trading.arrays import Floats

SMALL = 1e-9


def lagged(values: Floats, sessions: int) -> Floats:
    """The values of so many sessions before; NaN at the start."""
    out = np.full_like(values, np.nan)
    out[sessions:] = values[: len(values) - sessions]
    return out


def mean(values: Floats, sessions: int) -> Floats:
    """Mean of the known ones among the last sessions; NaN where fewer than half are known."""
    known = np.isfinite(values)
    total = np.cumsum(np.where(known, values, 0.0), axis=0)
    count = np.cumsum(known, axis=0).astype(np.float64)
    total[sessions:] -= total[:-sessions].copy()
    count[sessions:] -= count[:-sessions].copy()
    return np.where(count * 2 >= sessions, total / np.maximum(count, 1.0), np.nan)


def deviation(values: Floats, sessions: int) -> Floats:
    """Standard deviation over the last sessions, above zero; NaN as in `mean`."""
    centre = mean(values, sessions)
    return np.sqrt(np.maximum(mean(values * values, sessions) - centre * centre, 0.0)) + SMALL


def across(values: Floats) -> Floats:
    """Mean over the symbols of each session, for every symbol; NaN where none is known."""
    known = np.isfinite(values)
    count = known.sum(axis=1, keepdims=True)
    total = np.where(known, values, 0.0).sum(axis=1, keepdims=True)
    return np.broadcast_to(np.where(count > 0, total / np.maximum(count, 1), np.nan), values.shape).copy()
