"""The training set holds setups with known outcomes in the order of time, and says what it holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.planted import planted
from trading.errors import ModelError
from trading.views.members.registry import MEMBERS
from tune.sets.training_set import UNKNOWN, TrainingSet, columns_of

DATA = planted(3, sessions=12, per_session=5)


def changed(name: str, at: int, value: object) -> TrainingSet:
    """The data with one value replaced."""
    array = getattr(DATA, name).copy()
    array[at] = value
    return replace(DATA, **{name: array})


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("session", np.datetime64("2009-01-01"), "must ascend"),
        ("success", np.nan, "no outcome"),
        ("net_return", np.inf, "no outcome"),
        ("known_session", np.datetime64("NaT"), "at its own decision or never"),
        ("known_session", np.datetime64("2009-09-01"), "at its own decision or never"),
    ],
)
def test_rows_that_would_leak_or_mislead_are_refused(name: str, value: object, why: str) -> None:
    """Order, outcome and the session that made it known are checked when the set is made."""
    with pytest.raises(ModelError, match=why):
        changed(name, 30, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("matrix", 7.0),
        ("success", 0.5),
        ("net_return", 0.5),
        ("known_session", np.datetime64("2010-01-01")),
        ("rule_confidence", 0.123),
        ("weight", 0.123),
        ("direction", -1),
        ("symbol", 1),
    ],
)
def test_the_digest_changes_with_every_part(name: str, value: object) -> None:
    """One value suffices; the same rows have the same digest."""
    assert changed(name, 30, value).sha256 != DATA.sha256
    assert DATA.take(np.arange(len(DATA))).sha256 == DATA.sha256
    assert replace(DATA, features=DATA.features[::-1]).sha256 != DATA.sha256
    assert replace(DATA, symbols=("X", *DATA.symbols[1:])).sha256 != DATA.sha256
    more = replace(DATA, symbols=("A", *DATA.symbols), symbol=DATA.symbol + np.int32(1))
    assert more.sha256 == DATA.sha256, "a symbol that no row is about is nothing to learn from"


def test_only_outcomes_known_before_a_session_are_taken() -> None:
    """Known at its close is not known at its open."""
    day = np.unique(DATA.known_session)[3]
    kept = DATA.known_before(day)
    assert len(kept) == int((DATA.known_session < day).sum())
    assert (kept.known_session < day).all()


def test_columns_that_no_chosen_row_knows_are_left_out() -> None:
    """One column unknown everywhere, one known only in a later row, one known once: the first two are left out."""
    matrix = DATA.matrix.copy()
    never, later, once = (DATA.features.index(name) for name in ("news_volume", "catalyst_score", "rsi_14"))
    matrix[:, [never, later, once]] = np.nan
    matrix[50, later] = matrix[7, once] = 1.0
    data = replace(DATA, matrix=matrix)
    told = data.without_unknown(np.arange(40))
    assert told.left_out == {"news_volume": UNKNOWN, "catalyst_score": UNKNOWN}
    assert told.take(np.arange(10)).left_out == told.left_out
    assert told.sha256 != data.sha256, "models that learn from other columns are other models"
    seen = {member.name: {data.features[at] for at in columns_of(member, told)} for member in MEMBERS}
    for kind, spec in {member.name: member for member in MEMBERS}.items():
        assert seen[kind] == set(spec.features) - {"news_volume", "catalyst_score"}, kind
