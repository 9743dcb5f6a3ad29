"""No split lets a model learn from an outcome that was not known when its test began."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.planted import planted
from trading.errors import ModelError
from tune.sets.splits import Split, holdout, walk_forward
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
