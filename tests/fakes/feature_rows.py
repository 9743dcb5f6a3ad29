"""Made feature rows: a few setups a session, with unknown values and zeros of both signs among them."""

from __future__ import annotations

from datetime import date

import numpy as np

from trading.views.feature_rows import SCHEMA, FeatureRows, FeatureSchema


def made_rows(
    session: date, symbols: tuple[str, ...] = ("A", "B", "C"), *, seed: int = 0, schema: FeatureSchema = SCHEMA
) -> FeatureRows:
    """A long and a short setup of each symbol; the same arguments give the same rows."""
    rng = np.random.default_rng([seed, session.toordinal()])
    names = np.repeat(np.array(sorted(symbols), dtype=np.str_), 2)
    matrix = rng.normal(size=(len(names), len(schema.names))).astype(np.float32)
    matrix[rng.random(matrix.shape) < 0.2] = np.nan
    matrix[:, -3:] = [0.0, -0.0, 1.0]
    direction = np.tile(np.array([-1, 1], dtype=np.int8), len(symbols))
    return FeatureRows(session, names, direction, direction > 0, matrix, schema)
