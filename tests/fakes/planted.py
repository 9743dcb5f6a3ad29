"""Training sets with a known truth."""

from __future__ import annotations

import numpy as np

from trading.views.setups import FEATURES
from tune.sets.training_set import TrainingSet
from tune.sets.uniqueness import average_uniqueness

SIGNAL = FEATURES.index("return_5")
"""A column that all three models see."""


def planted(seed: int, *, sessions: int = 60, per_session: int = 40, skill: float = 0.0) -> TrainingSet:
    """Setups whose chance of success is 0.45 + `skill` x the sign of one feature; outcomes are known 2 to 6 days later.

    One value in twenty is missing, none in the column with the signal.
    """
    rng = np.random.default_rng(seed)
    n = sessions * per_session
    matrix = rng.normal(size=(n, len(FEATURES))).astype(np.float32)
    missing = rng.uniform(size=matrix.shape) < 0.05
    missing[:, SIGNAL] = False
    matrix[missing] = np.nan
    chance = 0.45 + skill * np.sign(matrix[:, SIGNAL])
    success = (rng.uniform(size=n) < chance).astype(np.float64)
    days = np.busday_offset(np.datetime64("2009-09-01"), np.arange(sessions + 10)).astype("datetime64[D]")
    at = np.repeat(np.arange(sessions), per_session)
    returns = (success - 0.5) / 20 + rng.normal(0, 0.005, n)
    known_session = days[at + rng.integers(2, 7, n)]
    symbol = np.arange(n, dtype=np.int32) % per_session
    return TrainingSet(
        features=FEATURES,
        matrix=matrix,
        success=success,
        net_return=returns,
        session=days[at],
        known_session=known_session,
        rule_confidence=rng.uniform(size=n).round(1),
        in_play=np.arange(n) % 4 == 0,
        symbols=tuple(f"S{number:03d}" for number in range(per_session)),
        symbol=symbol,
        direction=np.ones(n, dtype=np.int8),
        weight=average_uniqueness(symbol, days[at], known_session),
        both_barriers=np.zeros(n),
    )
