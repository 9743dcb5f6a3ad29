"""Rows of several files as one: of bars the later bar is right, of feature rows the later session."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from adapters.bars.files import KINDS, as_stored
from adapters.bars.versions import identical, latest
from trading.errors import BadDataError

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
FEATURES = KINDS["features"]


def _rows(*rows: tuple[str, date, int, float]) -> pa.Table:
    columns = [pa.array(column) for column in zip(*((*row[:3], True, row[3]) for row in rows), strict=True)]
    names = [*FEATURES.stored.names, "feature_x"]
    table = pa.table(columns, names=names)
    return as_stored(table, FEATURES)


def test_a_session_that_was_recorded_again_is_the_later_one_alone() -> None:
    """A setup that the earlier file alone has is gone with it; other sessions of that file stay, sessions first."""
    first = _rows(("A", MONDAY, 1, 1.0), ("B", MONDAY, -1, 2.0), ("A", TUESDAY, 1, 3.0))
    again = _rows(("C", MONDAY, 1, 9.0), ("A", MONDAY, 1, 8.0))
    found = latest([first, again], FEATURES)
    told = list(zip(*(found.column(name).to_pylist() for name in ("session", "symbol", "feature_x")), strict=True))
    assert told == [(MONDAY, "A", 8.0), (MONDAY, "C", 9.0), (TUESDAY, "A", 3.0)]
    back = latest([again, first], FEATURES)
    assert back.column("feature_x").to_pylist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("other", "same"), [([1.0, np.nan, -0.0], True), ([1.0, np.nan, 0.0], False), ([1.0, 2.0, -0.0], False)]
)
def test_tables_are_compared_by_their_bits(other: list[float], same: bool) -> None:  # noqa: FBT001
    """Unknown is unknown, and the zeros of both signs are two values."""
    one = pa.table({"x": pa.array([1.0, np.nan, -0.0], pa.float32())})
    chunks = pa.chunked_array([pa.array(other[:1], pa.float32()), pa.array(other[1:], pa.float32())])
    assert identical(one, pa.table({"x": chunks})) is same
    assert not identical(one, one.rename_columns(["y"]))
    assert not identical(one, one.slice(0, 2))


def test_other_columns_than_the_kind_has_are_refused() -> None:
    """Bars have no further columns; feature rows begin with their keys, and every feature is a number."""
    with pytest.raises(BadDataError, match="bars need the columns"):
        as_stored(pa.table({name: [] for name in [*KINDS["1d"].stored.names, "more"]}), KINDS["1d"])
    with pytest.raises(BadDataError, match="feature rows need the columns"):
        as_stored(pa.table({"session": [], "symbol": []}), FEATURES)
    with pytest.raises(pa.ArrowInvalid):
        as_stored(_rows(("A", MONDAY, 1, 1.0)).set_column(4, "feature_x", pa.array(["no number"])), FEATURES)
