"""Rows of the training table, made up."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def pattern_rows(seed: int, count: int) -> pa.Table:
    """Patterns of four kinds; one outcome in ten is open, one market trend in five is unknown."""
    rng = np.random.default_rng(seed)
    opened = rng.uniform(size=count) < 0.1
    trend = rng.choice(["bull", "bear", "sideways"], count)
    return pa.table(
        {
            "pattern_type": rng.choice(["doji", "engulfing", "hammer", "harami"], count).tolist(),
            "direction": pa.array(rng.choice([-1, 1], count), pa.int16()),
            "market_trend": pa.array(trend.tolist(), pa.string(), mask=rng.uniform(size=count) < 0.2),
            "pattern_success": pa.array(rng.uniform(size=count) < 0.45, mask=opened),
            "outcome_return": pa.array(rng.normal(0, 0.03, count), mask=opened),
            "max_gain": pa.array(rng.exponential(0.03, count), mask=opened),
            "max_loss": pa.array(-rng.exponential(0.03, count), mask=opened),
            "optimal_hold_time": pa.array(rng.integers(1, 6, count), pa.int32(), mask=opened),
        }
    )
