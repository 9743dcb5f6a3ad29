"""Rows are told apart by their schema, read by name, and refused where a model needs what they lack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tests.fakes.feature_rows import made_rows
from trading.errors import ModelError
from trading.views.ensemble import Views
from trading.views.feature_rows import SCHEMA, VERSION, FeatureRows, FeatureSchema, differing
from trading.views.setups import FEATURES
from trading.views.signals import Signals

DAY = date(2026, 11, 23)
ROWS = made_rows(DAY)


def test_the_schema_is_of_names_in_order_and_of_the_version() -> None:
    """Another order, another name or another way to compute is another schema."""
    assert SCHEMA.names == FEATURES
    others = [
        FeatureSchema(VERSION, FEATURES[::-1]),
        FeatureSchema(VERSION, FEATURES[1:]),
        FeatureSchema(VERSION + 1, FEATURES),
    ]
    assert len({SCHEMA.sha256, *(one.sha256 for one in others)}) == 4
    assert FeatureSchema(VERSION, tuple(FEATURES)).sha256 == SCHEMA.sha256


def test_signals_become_rows_by_symbol_then_direction() -> None:
    """Whatever order they were scored in."""
    order = np.array([5, 0, 3, 1, 4, 2])
    signals = Signals(
        DAY, ROWS.symbols[order], ROWS.direction[order], ROWS.in_play[order], ROWS.matrix[order],
        {"one": Views.unknown(len(ROWS))},
    )  # fmt: skip
    assert FeatureRows.of(signals).same(ROWS)


def test_columns_are_read_by_name_and_what_is_missing_is_unknown_and_said() -> None:
    """In the order asked; a name that the rows don't have is NaN and in the note."""
    found = ROWS.columns(["atr_pct", "a_later_feature", "rsi_14"])
    assert np.array_equal(found[:, 0], ROWS.matrix[:, FEATURES.index("atr_pct")], equal_nan=True)
    assert np.isnan(found[:, 1]).all()
    assert np.array_equal(found[:, 2], ROWS.matrix[:, FEATURES.index("rsi_14")], equal_nan=True)
    assert ROWS.missing(["a_later_feature", "rsi_14"]) == ("a_later_feature",)
    assert ROWS.note(["a_later_feature", "rsi_14"]) == (
        "2026-11-23: a_later_feature unknown: the rows were made without"
    )
    assert ROWS.note() == ""
    older = replace(ROWS, schema=FeatureSchema(VERSION + 1, FEATURES))
    assert older.note() == f"2026-11-23: computed by version {VERSION + 1} of the features, not {VERSION}"


def test_a_model_that_needs_more_is_refused_by_the_name_of_what_is_missing() -> None:
    """What the rows have suffices for a model that needs it alone."""
    ROWS.require(FEATURES[:3], "The pattern model")
    with pytest.raises(ModelError, match=r"The pattern model needs one, two, which .* Nothing was scored"):
        ROWS.require([FEATURES[0], "one", "two"], "The pattern model")


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (1.0, 1.0, False),
        (1.0, np.nextafter(np.float32(1), np.float32(2)), True),
        (0.0, -0.0, True),
        (np.nan, 0.0, True),
        (np.nan, -np.nan, False),
        (np.inf, -np.inf, True),
    ],
)
def test_a_bit_is_a_difference_and_unknown_is_unknown(one: float, other: float, differ: bool) -> None:  # noqa: FBT001
    """The least difference counts, the sign of zero too; how a NaN is written does not."""
    left, right = np.array([[one]], np.float32), np.array([[other]], np.float32)
    assert differing(left, right).item() is differ
    pair = [FeatureRows(DAY, np.array(["A"]), np.array([1], np.int8), np.array([True]), m) for m in (left, right)]
    assert pair[0].same(pair[1]) is not differ


def test_rows_of_other_setups_are_other_rows() -> None:
    """One fewer, another direction, another flag, another schema."""
    assert not ROWS.same(ROWS.take(np.arange(1, len(ROWS))))
    assert not ROWS.same(replace(ROWS, direction=-ROWS.direction))
    assert not ROWS.same(replace(ROWS, in_play=~ROWS.in_play))
    assert not ROWS.same(replace(ROWS, schema=FeatureSchema(VERSION + 1, FEATURES)))
