"""`pattern_training_data` through its store."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.postgres.patterns import OPEN_SCHEMA, PATTERNS_SCHEMA, PatternCounts, PatternStore
from adapters.postgres.pool import Pool
from adapters.postgres.queries import Queries
from cli.patterns.batch import write_years
from trading.errors import BadDataError
from tune.pattern_table import success_rates_of_files

DAY = date(2010, 1, 4)
CLOSE = datetime(2010, 1, 4, 21, tzinfo=UTC)


def _patterns(**columns: object) -> pa.Table:
    """Two patterns, AAPL's and BRK.B's, with more columns where given."""
    values = {
        "symbol": ["AAPL", "BRK.B"],
        "timestamp": [CLOSE, CLOSE],
        "session": [DAY, DAY],
        "pattern_type": ["hammer", "engulfing"],
        "family": ["candlestick", "candlestick"],
        "direction": np.array([1, -1], dtype=np.int8),
        **columns,
    }
    return pa.table(values)


def _outcomes(**columns: object) -> pa.Table:
    return pa.table(
        {name: _patterns().column(name) for name in ("symbol", "session", "pattern_type", "direction")} | columns
    )


def test_every_value_comes_back_as_the_same_bits_and_unknown_as_null(pool: Pool) -> None:
    """What is recorded is what is loaded, to the last bit; NaN goes in, NULL comes out."""
    tenth = 0.1 + 0.2
    patterns = _patterns(
        body_to_range_ratio=np.array([tenth, np.nan]),
        bb_position=np.array([-0.25, 1.75]),
        volume_surge=np.array([3.5, np.nan], dtype=np.float32),
        market_trend=["bull", None],
        pattern_success=np.array([1.0, 0.0]),
        outcome_return=np.array([1e-17, -0.031]),
        outcome_exit=["target", "stop"],
        outcome_known_session=[date(2010, 1, 6), date(2010, 1, 7)],
        optimal_hold_time=np.array([2.0, np.nan]),
        news_catalyst=np.array([np.nan, 1.0]),
    )
    store = PatternStore(pool)
    assert store.record(patterns) == 2
    loaded = store.load_training(date(2010, 2, 1))
    assert loaded.schema == PATTERNS_SCHEMA
    assert loaded.column("body_to_range_ratio").to_pylist() == [tenth, None]
    assert loaded.column("bb_position").to_pylist() == [-0.25, 1.75]
    assert loaded.column("outcome_return").to_pylist() == [1e-17, -0.031]
    assert loaded.column("volume_surge").to_pylist() == [3.5, None]
    assert loaded.column("market_trend").to_pylist() == ["bull", None]
    assert loaded.column("pattern_success").to_pylist() == [True, False]
    assert loaded.column("optimal_hold_time").to_pylist() == [2, None]
    assert loaded.column("news_catalyst").to_pylist() == [None, True]
    assert loaded.column("timestamp").to_pylist() == [CLOSE, CLOSE]
    assert loaded.column("vix_level").to_pylist() == [None, None]


def test_a_repeat_doubles_nothing(pool: Pool) -> None:
    """Recording the same patterns again adds none."""
    store = PatternStore(pool)
    assert store.record(_patterns()) == 2
    assert store.record(_patterns()) == 0
    assert store.counts() == PatternCounts(recorded=2, with_outcome=0, candlesticks=2, charts=0, without_direction=0)


def test_only_outcomes_known_before_the_session_are_loaded(pool: Pool) -> None:
    """An outcome known on the session itself is too late for a model of that session."""
    known = [date(2010, 1, 6), date(2010, 1, 7)]
    outcome = {"pattern_success": [True, False], "outcome_return": [0.01, -0.01], "outcome_exit": ["target", "stop"]}
    store = PatternStore(pool)
    store.record(_patterns(**outcome, outcome_known_session=known))
    assert store.load_training(date(2010, 1, 6)).num_rows == 0
    assert store.load_training(date(2010, 1, 7)).column("symbol").to_pylist() == ["AAPL"]
    assert store.load_training(date(2010, 1, 8)).num_rows == 2


def test_an_outcome_is_filled_once_and_never_changed(pool: Pool) -> None:
    """The first outcome stays; a later one for the same pattern only fills what was unknown."""
    store = PatternStore(pool)
    store.record(_patterns())
    first = {
        "pattern_success": [True, None],
        "outcome_return": [0.02, None],
        "outcome_exit": ["target", None],
        "outcome_known_session": pa.array([date(2010, 1, 6), None], pa.date32()),
    }
    assert store.fill_outcomes(_outcomes(**first)) == 1
    assert store.fill_outcomes(_outcomes(**first)) == 0
    later = {
        "pattern_success": [False, None],
        "outcome_return": [-0.5, None],
        "outcome_exit": ["stop", None],
        "outcome_known_session": pa.array([date(2010, 1, 8), None], pa.date32()),
        "optimal_hold_time": pa.array([3, None], pa.int64()),
    }
    assert store.fill_outcomes(_outcomes(**later)) == 1
    row = store.load_training(date(2010, 2, 1)).to_pylist()[0]
    assert (row["outcome_return"], row["outcome_exit"], row["optimal_hold_time"]) == (0.02, "target", 3)
    assert store.counts() == PatternCounts(recorded=2, with_outcome=1, candlesticks=2, charts=0, without_direction=0)


def test_an_outcome_of_no_pattern_is_refused(pool: Pool) -> None:
    """An outcome whose pattern is not on record is an error, not a row that vanishes."""
    store = PatternStore(pool)
    store.record(_patterns().slice(0, 1))
    with pytest.raises(BadDataError, match="1 outcomes belong to no pattern"):
        store.fill_outcomes(_outcomes(optimal_hold_time=[1, 2]))


CHART = {
    "pattern_type": ["bull_flag", "engulfing"],
    "family": ["chart", "candlestick"],
    "formation_session": pa.array([date(2009, 12, 21), None], pa.date32()),
    "level_usd": [30.0, None],
    "entry_usd": [30.5, None],
    "stop_usd": [29.0, None],
    "target_usd": [33.0, None],
}
"""AAPL's is a flag that broke 30.00 at 30.50."""


def test_a_chart_pattern_comes_back_with_its_formation_and_prices(pool: Pool) -> None:
    """What its own stop and target came to is there once the session asked for is later than it was known."""
    store = PatternStore(pool)
    outcome = {"pattern_success": [True, None], "outcome_return": [0.01, None], "outcome_exit": ["horizon", None]}
    store.record(_patterns(**CHART, **outcome, outcome_known_session=pa.array([date(2010, 1, 12), None], pa.date32())))
    own = {
        "own_exit": ["target", None],
        "own_return": [0.08, None],
        "own_known_session": pa.array([date(2010, 1, 20), None], pa.date32()),
    }
    assert store.fill_outcomes(_outcomes(pattern_type=CHART["pattern_type"], **own)) == 1
    (early,) = store.load_training(date(2010, 1, 20)).to_pylist()
    (late,) = store.load_training(date(2010, 1, 21)).to_pylist()
    assert [early[name] for name in own] == [None, None, None]
    assert [late[name] for name in own] == ["target", 0.08, date(2010, 1, 20)]
    assert [late[name] for name in CHART] == [values[0] for values in (pa.array(v).to_pylist() for v in CHART.values())]
    assert store.counts() == PatternCounts(recorded=2, with_outcome=1, candlesticks=1, charts=1, without_direction=0)
    views = {view.pattern_type: view for view in Queries(pool).patterns(10)}
    flag, engulfing = views["bull_flag"], views["engulfing"]
    assert (flag.family, flag.own_trades, flag.own_target_rate, flag.own_mean_return) == ("chart", 1, 1.0, 0.08)
    assert (engulfing.own_trades, engulfing.own_target_rate, engulfing.own_mean_return) == (0, None, None)


def test_the_open_patterns_are_those_with_something_to_come(pool: Pool) -> None:
    """Without an outcome, or a chart pattern whose own plan is open; never one without direction, never today's."""
    store = PatternStore(pool)
    whole = {"pattern_success": [True] * 2, "outcome_return": [0.01] * 2, "outcome_exit": ["horizon"] * 2}
    whole |= {"outcome_known_session": [date(2010, 1, 12)] * 2, "optimal_hold_time": [3, 3]}
    store.record(_patterns(**CHART, **whole))
    neutral = {"symbol": ["F", "GE"], "pattern_type": ["doji", "hammer"], "direction": np.array([0, 1], dtype=np.int8)}
    store.record(_patterns(**neutral))
    later = store.open_patterns(date(2010, 1, 13))
    assert later.schema == OPEN_SCHEMA
    assert later.column("symbol").to_pylist() == ["AAPL", "GE"]
    assert later.column("stop_usd").to_pylist() == [29.0, None]
    assert store.open_patterns(DAY).num_rows == 0


def test_a_pattern_that_nobody_could_enter_has_no_return(pool: Pool) -> None:
    """It is counted as known and as no trade; a return beside it is refused."""
    store = PatternStore(pool)
    known = pa.array([date(2010, 1, 5), None], pa.date32())
    missed = {"own_exit": ["no_entry", None], "own_known_session": known}
    with pytest.raises(BadDataError, match="nothing was written"):
        store.record(_patterns(**CHART, **missed, own_return=[0.1, None]))
    assert store.record(_patterns(**CHART, **missed)) == 2
    assert {view.pattern_type: view.own_trades for view in Queries(pool).patterns(10)}["bull_flag"] == 0


def test_a_pattern_without_direction_is_recorded_and_takes_no_outcome(pool: Pool) -> None:
    """Direction 0 is on record; an outcome of it is refused, for there is no trade that it proposes."""
    neutral = {"pattern_type": ["doji", "engulfing"], "direction": np.array([0, -1], dtype=np.int8)}
    store = PatternStore(pool)
    assert store.record(_patterns(**neutral)) == 2
    assert store.counts().without_direction == 1
    with pytest.raises(BadDataError, match="nothing was written"):
        store.record(_patterns(**neutral, max_gain=[0.1, None], session=[DAY, DAY]))


@pytest.mark.parametrize(
    "wrong",
    [
        {"rsi_14": [101.0, 50.0]},
        {"bb_position": [float("inf"), 0.5]},
        {"market_trend": ["up", None]},
        {"pattern_success": [True, None]},
        {"session": [date(2010, 1, 5), date(2010, 1, 5)]},
        {"direction": [2, 1]},
        {"colour": ["red", "blue"]},
        {"symbol": ["AAPL", None]},
        {"optimal_hold_time": [1.5, 2.0]},
        {"family": ["tea leaf", "candlestick"]},
        {"level_usd": [30.0, None]},
        {"family": ["chart", "candlestick"]},
        {**CHART, "stop_usd": [31.0, None]},
        {**CHART, "target_usd": [30.0, None]},
        {**CHART, "formation_session": pa.array([date(2010, 1, 5), None], pa.date32())},
        {**CHART, "direction": np.array([0, -1], dtype=np.int8)},
        {**CHART, "own_exit": ["target", None]},
    ],
    ids=lambda wrong: next(reversed(wrong)),
)
def test_a_wrong_value_is_refused_and_nothing_is_written(pool: Pool, wrong: dict[str, object]) -> None:
    """The table takes no impossible value, and no half of a batch."""
    store = PatternStore(pool)
    with pytest.raises(BadDataError, match="nothing was written"):
        store.record(_patterns(**wrong))
    assert store.counts().recorded == 0


def test_patterns_are_exported_a_file_a_year(pool: Pool, tmp_path: Path) -> None:
    """Each year's patterns with an outcome are in a file of their own; a year without one makes no file."""
    days = [date(2009, 12, 31), date(2010, 1, 4), date(2011, 5, 2)]
    store = PatternStore(pool)
    store.record(
        pa.table(
            {
                "symbol": ["AAPL"] * 3,
                "timestamp": [datetime(day.year, day.month, day.day, 21, tzinfo=UTC) for day in days],
                "session": days,
                "pattern_type": ["hammer"] * 3,
                "family": ["candlestick"] * 3,
                "direction": np.array([1, 1, 1], dtype=np.int8),
                "pattern_success": np.array([1.0, 0.0, np.nan]),
                "outcome_return": np.array([0.02, -0.01, np.nan]),
                "outcome_exit": ["target", "stop", None],
                "outcome_known_session": [date(2010, 1, 5), date(2010, 1, 6), None],
            }
        )
    )
    assert store.years() == [2009, 2010, 2011]
    written = write_years(store, tmp_path / "out")
    assert {file.name: rows for file, rows in written.items()} == {
        "patterns_2009.parquet": 1,
        "patterns_2010.parquet": 1,
    }
    assert pq.read_table(tmp_path / "out" / "patterns_2010.parquet").schema == PATTERNS_SCHEMA
    assert success_rates_of_files(list(written)).table["recorded"].tolist() == [2]
