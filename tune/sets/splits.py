"""Splits in time with purging and an embargo, so that no training outcome overlaps what it is judged on.

Source:
    López de Prado (2018), Advances in Financial Machine Learning, chapter 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from trading.errors import ModelError
from trading.evidence.purged_folds import known_before
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
    return np.flatnonzero(known_before(data.session, data.known_session, first_test, embargo_sessions))


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


def combinatorial_purged(
    data: TrainingSet, groups: int = 6, tests: int = 2, embargo_sessions: int = EMBARGO_SESSIONS
) -> list[Split]:
    """One split for each choice of `tests` out of `groups` blocks of sessions, in lexicographic order.

    Training rows lie before and after test blocks. Before one, the rule of `before` holds. After one, rows are left out
    that were decided before the last of its outcomes was known, and those of a further `embargo_sessions` sessions.

    Args:
        data: whose sessions are divided into blocks of equal length.
        groups: blocks.
        tests: blocks that each split is judged by.
        embargo_sessions: on either side of each run of test blocks.

    Raises:
        ModelError: when there are too few sessions, or purging leaves a split nothing to train on.
    """
    sessions = np.unique(data.session)
    if not 0 < tests < groups or len(sessions) < groups:
        raise ModelError(
            f"{len(sessions)} sessions can't be split into {groups} blocks of which {tests} judge; collect more "
            "sessions first"
        )
    of_row = group_of_rows(data, groups)
    splits = []
    for chosen in combinations(range(groups), tests):
        train = np.ones(len(data), dtype=np.bool_)
        for block in runs(chosen):
            train &= _apart_from(data, np.isin(of_row, block), embargo_sessions)
        if not train.any():
            raise ModelError(
                f"nothing is left to train on beside the blocks {chosen} of {groups} after purging; collect more "
                "sessions or use fewer blocks"
            )
        splits.append(Split(np.flatnonzero(train), np.flatnonzero(np.isin(of_row, chosen))))
    return splits


def group_of_rows(data: TrainingSet, groups: int) -> Rows:
    """The number of the block that each row's session is in; blocks differ in length by one session at most."""
    sessions, at = np.unique(data.session, return_inverse=True)
    sizes = [len(block) for block in np.array_split(sessions, groups)]
    of_row: Rows = np.repeat(np.arange(groups), sizes)[at]
    return of_row


def paths_of(groups: int, tests: int) -> npt.NDArray[np.int64]:
    """The split that judges each block on each path, shape `(paths, groups)`; see `combinatorial_purged`.

    A path judges every block once, by models that hadn't seen it. The k-th split that judges a block is its split on
    path k, so every (split, block) is on one path. There are C(groups - 1, tests - 1) paths.

    Source:
        López de Prado (2018), section 12.3, figure 12.2.
    """
    chosen = list(combinations(range(groups), tests))
    by_block = [[number for number, blocks in enumerate(chosen) if block in blocks] for block in range(groups)]
    return np.array(by_block, dtype=np.int64).T


def runs(chosen: Sequence[int]) -> list[list[int]]:
    """Neighbouring numbers together, such as [0, 1] and [3] of 0, 1 and 3."""
    numbers = np.array(chosen)
    return [part.tolist() for part in np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)]


def _apart_from(data: TrainingSet, test: npt.NDArray[np.bool_], embargo_sessions: int) -> npt.NDArray[np.bool_]:
    """Rows that may train beside the test rows of one run of sessions."""
    earlier = np.zeros(len(data), dtype=np.bool_)
    earlier[before(data, data.session[test].min(), embargo_sessions)] = True
    until = data.known_session[test].max()
    sessions = np.unique(data.session)
    embargoed = sessions[sessions > until][:embargo_sessions]
    return np.asarray(earlier | ((data.session > until) & ~np.isin(data.session, embargoed)), dtype=np.bool_)
