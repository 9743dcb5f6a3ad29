"""Splits in time with purging and an embargo, so that no training outcome overlaps what it is judged on.

Source:
    López de Prado (2018), Advances in Financial Machine Learning, chapter 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.errors import ModelError
from trading.outcomes.barriers import OutcomeRules
from tune.sets.training_set import TrainingSet

Rows = npt.NDArray[np.int64]
EMBARGO_SESSIONS = OutcomeRules().horizon_sessions
"""Left out beyond the purge: as long as an outcome takes at most, so that no window of features or of outcomes that
ends in a training part shares a bar with one that begins in a test part, whatever an outcome's own length."""


@dataclass(frozen=True)
class Split:
    """Row numbers of one split; every training outcome was known before the first test session opened."""

    train: Rows
    test: Rows


def before(data: TrainingSet, first_test: np.datetime64, embargo_sessions: int) -> Rows:
    """The rows that may train a model judged from `first_test` on.

    Rows whose outcome window reaches `first_test` are purged; a further `embargo_sessions` sessions of rows before it
    are left out, because features that look back share bars with them.
    """
    earlier = np.unique(data.session[data.session < first_test])
    kept = earlier[: max(0, len(earlier) - embargo_sessions)]
    return np.flatnonzero((data.known_session < first_test) & np.isin(data.session, kept))


def holdout(data: TrainingSet, fraction: float, embargo_sessions: int) -> Split:
    """The last `fraction` of the sessions as the test part, what may precede it as the training part.

    Raises:
        ModelError: when either part would be empty.
    """
    sessions = np.unique(data.session)
    if len(sessions) < 2:  # noqa: PLR2004
        raise ModelError(f"{len(sessions)} session(s) of outcomes are too few to hold any out; collect more data first")
    first_test = sessions[int(len(sessions) * (1.0 - fraction))]
    split = Split(before(data, first_test, embargo_sessions), np.flatnonzero(data.session >= first_test))
    if len(split.train) == 0 or len(split.test) == 0:
        raise ModelError("nothing is left to train on after purging; collect more sessions first")
    return split


def walk_forward(data: TrainingSet, folds: int, embargo_sessions: int) -> list[Split]:
    """`folds` splits: the sessions in `folds + 1` blocks, each block but the first judged by what was known before it.

    Raises:
        ModelError: when a fold would be empty.
    """
    sessions = np.unique(data.session)
    blocks = np.array_split(sessions, folds + 1)
    splits = []
    for block in blocks[1:]:
        if len(block) == 0:
            raise ModelError(f"{len(sessions)} sessions are too few for {folds} folds")
        test = np.flatnonzero((data.session >= block[0]) & (data.session <= block[-1]))
        train = before(data, block[0], embargo_sessions)
        if len(train) == 0:
            raise ModelError(f"no outcome was known before {block[0]}; collect more sessions or use fewer folds")
        splits.append(Split(train, test))
    return splits
