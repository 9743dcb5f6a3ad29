"""No split lets a model learn from an outcome that was not known when its test began."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from purgedcv import CombinatorialPurgedCV, reconstruct_paths

from tests.fakes.planted import planted
from trading.errors import ModelError
from tune.judgement.leakage.splits import split_leakage
from tune.sets.splits import Split, combinatorial_purged, group_of_rows, holdout, paths_of, walk_forward
from tune.sets.training_set import TrainingSet

SHAPES = st.builds(
    lambda seed, sessions: planted(seed, sessions=sessions, per_session=3),
    st.integers(0, 10_000),
    st.integers(30, 80),
)


def assert_clean(data: TrainingSet, split: Split, embargo: int) -> None:
    """Nothing that trains was unknown, overlaps or is within the embargo; nothing else was left out."""
    train, test = data.take(split.train), data.take(split.test)
    first = test.session.min()
    assert (train.known_session < first).all()
    sessions = np.unique(data.session)
    embargoed = sessions[sessions < first][-embargo:] if embargo else sessions[:0]
    assert not np.isin(train.session, embargoed).any()
    left_out = np.setdiff1d(np.flatnonzero(data.session < first), split.train)
    late = data.known_session[left_out] >= first
    assert (late | np.isin(data.session[left_out], embargoed)).all(), "a row was left out without a reason"


@settings(max_examples=40, deadline=None)
@given(data=SHAPES, folds=st.integers(1, 5), embargo=st.integers(0, 3))
def test_no_fold_learns_from_its_future(data: TrainingSet, folds: int, embargo: int) -> None:
    """Purged by known session, with the embargo before each test, and every session after the first block is judged."""
    try:
        splits = walk_forward(data, folds, embargo)
    except ModelError:
        first_block = np.array_split(np.unique(data.session), folds + 1)[0]
        assert len(first_block) <= 6 + embargo, (
            "only a first block no longer than an outcome and the embargo is too short"
        )
        return
    for split in splits:
        assert_clean(data, split, embargo)
    judged = np.concatenate([split.test for split in splits])
    assert (np.diff(judged) > 0).all(), "a row is judged once"
    later = data.session >= np.array_split(np.unique(data.session), folds + 1)[1][0]
    assert judged.tolist() == np.flatnonzero(later).tolist()


@settings(max_examples=40, deadline=None)
@given(data=SHAPES, fraction=st.sampled_from([0.1, 0.25, 0.5]), embargo=st.integers(0, 3))
def test_the_held_out_part_is_the_last_and_nothing_before_it_knows_it(
    data: TrainingSet, fraction: float, embargo: int
) -> None:
    """The stated share of the sessions, at the end."""
    split = holdout(data, fraction, embargo)
    assert_clean(data, split, embargo)
    sessions = np.unique(data.session)
    assert len(np.unique(data.session[split.test])) == len(sessions) - int(len(sessions) * (1 - fraction))
    assert split.test[-1] == len(data) - 1


def test_outcomes_that_take_long_are_purged_one_by_one() -> None:
    """Of two rows of one session the one whose outcome came too late is left out, the other stays."""
    data = planted(1, sessions=20, per_session=2)
    known = data.session + np.where(np.arange(len(data)) % 2 == 0, 1, 60)
    split = holdout(replace(data, known_session=known), 0.25, 0)
    assert (split.train % 2 == 0).all()
    assert data.session[30] == np.datetime64("2009-09-22"), "the test begins on a Tuesday"
    assert len(split.train) == 14, "Monday's outcome is known at Tuesday's close, so it is left out, too"


@pytest.mark.parametrize("sessions", [1, 2])
def test_too_few_sessions_are_an_error(sessions: int) -> None:
    """A part without rows would be judged as if it had some."""
    data = planted(2, sessions=sessions)
    with pytest.raises(ModelError, match="collect more"):
        holdout(data, 0.25, 1)
    with pytest.raises(ModelError, match=r"too few|no outcome was known"):
        walk_forward(data, 5, 1)


@pytest.mark.parametrize(("seed", "groups", "tests"), [(1, 6, 2), (2, 5, 1), (3, 6, 3), (4, 8, 2)])
def test_combinatorial_splits_are_those_of_purgedcv(seed: int, groups: int, tests: int) -> None:
    """Overlapping outcomes, no embargo: the same training and test rows from another implementation.

    Its blocks hold equal numbers of rows, so each session has the same number here and groups divide the sessions. Its
    spans end before the time given, and ours end with it, so it is told the day after.
    """
    data = planted(seed, sessions=groups * 12, per_session=4)
    judge = CombinatorialPurgedCV(
        groups, tests,
        prediction_times=pd.Series(data.session),
        evaluation_times=pd.Series(data.known_session + np.timedelta64(1, "D")),
    )  # fmt: skip
    theirs = list(judge.split(data.matrix))
    ours = combinatorial_purged(data, groups, tests, embargo_sessions=0)
    assert len(ours) == len(theirs) == comb(groups, tests)
    for split, (train, test) in zip(ours, theirs, strict=True):
        assert split.test.tolist() == test.tolist()
        assert set(split.train.tolist()) <= set(train.tolist()), "ours leaves out no less"
        extra = np.setdiff1d(train, split.train)
        shared = np.isin(data.session[extra], data.known_session[test]) | (
            data.session[extra] < data.session[test].max()
        )
        assert shared.all()


@settings(max_examples=20, deadline=None)
@given(data=SHAPES, groups=st.integers(3, 6), embargo=st.integers(0, 5))
def test_no_combinatorial_split_learns_from_what_it_is_judged_by(data: TrainingSet, groups: int, embargo: int) -> None:
    """Row by row: outcomes of training and test rows share no session, and the embargo lies between them."""
    try:
        splits = combinatorial_purged(data, groups, 2, embargo)
    except ModelError:
        assert len(np.unique(data.session)) // groups <= 2 * (7 + embargo), "only short blocks leave nothing"
        return
    found = split_leakage([(data, split) for split in splits], embargo)
    assert found.leak == ""
    for split in splits:
        decided, known = data.session[split.train][:, None], data.known_session[split.train][:, None]
        assert ((known < data.session[split.test]) | (decided > data.known_session[split.test])).all()


def test_every_path_judges_every_block_once_and_every_judgement_is_on_one_path() -> None:
    """Six blocks, two at a time: 15 splits and C(5, 1) = 5 paths, by the rule that purgedcv follows, too."""
    data = planted(1, sessions=60, per_session=4)
    splits = combinatorial_purged(data, 6, 2)
    paths = paths_of(6, 2)
    assert paths.shape == (5, 6)
    assert paths[0].tolist() == [0, 0, 1, 2, 3, 4], "0 judges blocks 0 and 1; 1 judges 0 and 2; and so on"
    pairs = {(int(split), block) for row in paths for block, split in enumerate(row)}
    assert pairs == {(n, b) for n, blocks in enumerate(combinations(range(6), 2)) for b in blocks}
    said = [np.full(len(split.test), float(n)) for n, split in enumerate(splits)]
    theirs = reconstruct_paths(said, [split.test for split in splits], 6, 2, len(data))
    ours = paths[:, group_of_rows(data, 6)].astype(np.float64)
    assert np.array_equal(np.sort(theirs, axis=0), np.sort(ours, axis=0))
    assert np.array_equal(theirs, ours)


def test_too_few_sessions_for_blocks_are_an_error() -> None:
    """Fewer sessions than blocks, and so few that purging leaves nothing."""
    for sessions in (4, 8):
        with pytest.raises(ModelError, match="collect more"):
            combinatorial_purged(planted(2, sessions=sessions), 6, 2)
