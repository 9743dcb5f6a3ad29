"""Success rates of the training table, by hand."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from tests.fakes.pattern_rows import pattern_rows
from trading.errors import BadDataError
from tune.pattern_table import success_rates


def test_rates_and_means_count_known_outcomes_only() -> None:
    """Of three, one open: two outcomes, one success, means over those two; a group without outcomes has none."""
    table = pa.table(
        {
            "pattern_type": ["doji", "doji", "doji", "hammer"],
            "direction": pa.array([1, 1, 1, 1], pa.int16()),
            "pattern_success": [True, False, None, None],
            "outcome_return": pa.array([0.04, -0.02, None, None], pa.float64()),
            "max_gain": pa.array([0.05, 0.01, None, None], pa.float64()),
            "max_loss": pa.array([-0.01, -0.03, None, None], pa.float64()),
            "optimal_hold_time": pa.array([4, 1, None, None], pa.int32()),
        }
    )
    doji, hammer = success_rates(table).to_dict("records")
    assert (doji["recorded"], doji["with_outcome"], doji["successes"]) == (3, 2, 1)
    assert doji["success_rate"] == 0.5
    assert doji["mean_return"] == pytest.approx(0.01)
    assert doji["mean_hold_sessions"] == 2.5
    assert (hammer["recorded"], hammer["with_outcome"]) == (1, 0)
    assert math.isnan(hammer["success_rate"])


def test_unknown_is_a_group_of_its_own() -> None:
    """Rows whose condition isn't known are neither dropped nor put elsewhere."""
    table = pattern_rows(1, 500)
    rates = success_rates(table, ("market_trend",))
    assert rates["recorded"].sum() == 500
    unknown = rates[rates["market_trend"].isna()]
    assert unknown["recorded"].item() == table.column("market_trend").null_count


def test_a_table_without_a_column_is_refused() -> None:
    """The error names what is missing."""
    with pytest.raises(BadDataError, match="max_loss"):
        success_rates(pattern_rows(1, 5).drop_columns(["max_loss"]))
