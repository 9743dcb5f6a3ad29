"""What predictions would have returned in each session, so that trials can be compared by what they earn."""

from __future__ import annotations

import numpy as np

from trading.arrays import Days, Floats, Ints
from trading.errors import ModelError
from tune.sets.training_set import TrainingSet

PART = 5
"""One in five of a session's setups is chosen, rounded up."""


def session_returns(predicted: Floats, data: TrainingSet) -> tuple[Days, Floats]:
    """The sessions of `data`, and in each the mean net return of the fifth that is ranked highest.

    Only setups in play are chosen from, as accounts choose; of equals the earlier row. A session without one returns 0.
    A return is that of a trade opened after the session and held for days, so returns of neighbouring sessions overlap.

    Args:
        predicted: of each row of `data`, larger is better: a probability, a return, or a strength, shape `(n,)`.
        data: rows that the model had not seen, with what became of them.

    Raises:
        ModelError: when there is not one prediction a row, or one is no number.
    """
    if predicted.shape != (len(data),) or not np.isfinite(predicted).all():
        raise ModelError(f"{predicted.shape} predictions can't rank {len(data):,} setups, or one is no number")
    sessions, group = np.unique(data.session, return_inverse=True)
    best = chosen_rows(predicted, data)
    chosen = np.bincount(group[best], minlength=len(sessions))
    sums = np.bincount(group[best], weights=data.net_return[best], minlength=len(sessions))
    return sessions, np.asarray(sums / np.maximum(chosen, 1), dtype=np.float64)


def chosen_rows(predicted: Floats, data: TrainingSet) -> Ints:
    """The rows in play that are in the fifth of their session that is ranked highest, by session.

    Args:
        predicted: of each row of `data`, as of `session_returns`.
        data: the rows.
    """
    sessions, group = np.unique(data.session, return_inverse=True)
    rows = np.flatnonzero(data.in_play)
    rows = rows[np.lexsort((-predicted[rows], group[rows]))]  # stable: of equals the earlier row
    there = np.bincount(group[rows], minlength=len(sessions))
    before = np.concatenate([[0], np.cumsum(there)[:-1]])
    best: Ints = rows[np.arange(len(rows)) - before[group[rows]] < -(-there[group[rows]] // PART)]
    return best
