"""Setups and their features."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.trading.drawn import draw
from tests.unit.trading.made_bars import random_panel
from trading.arrays import Floats
from trading.bars.panel import BARS_SCHEMA, Panel
from trading.catalysts.earnings import Catalyst, earnings_catalyst
from trading.catalysts.features import CATALYST_FEATURES
from trading.indicators.daily import INDICATORS, compute
from trading.market.context import MarketContext, market_context, relative_strength_20
from trading.patterns import candlestick
from trading.patterns.chart import registry
from trading.patterns.recognised import NAMES, Detections, recognise_all
from trading.views.setups import FEATURES, NEUTRAL, Setups, build_setups, feature_rows

Inputs = tuple[Panel, dict[str, Floats], MarketContext, Detections, Catalyst]


def _inputs(panel: Panel) -> Inputs:
    indicators = compute(panel)
    events = pa.table(
        {"symbol": ["S0"], "event_date": [panel.sessions[len(panel) // 8].item() if len(panel) else None]}
    )
    values = np.random.default_rng(7).normal(size=(len(CATALYST_FEATURES), len(panel)))
    known = dict(zip(CATALYST_FEATURES, values, strict=True))
    del known["day_trader_interest"]  # nobody tells it, so it is unknown
    catalyst = replace(earnings_catalyst(panel, events), features=known)
    return panel, indicators, market_context(panel, indicators), recognise_all(panel, indicators["atr_14"]), catalyst


def test_there_is_one_setup_for_each_bar_and_direction_with_a_pattern() -> None:
    """The (row, direction) pairs are those of the detections with a direction, each once, in order."""
    inputs = _inputs(random_panel(40))
    found = inputs[3]
    setups = build_setups(*inputs)
    pairs = zip(found.row.tolist(), found.direction.tolist(), strict=True)
    expected = sorted({(row, direction) for row, direction in pairs if direction})
    assert list(zip(setups.row.tolist(), setups.direction.tolist(), strict=True)) == expected
    assert setups.matrix.shape == (len(expected), len(FEATURES))
    assert setups.matrix.dtype == np.float32


def _slow_row(inputs: Inputs, row: int, sign: int) -> list[float]:
    """The features of one setup, one by one."""
    panel, indicators, context, found, catalyst = inputs
    here = [(NAMES[p], int(d)) for r, p, d in zip(found.row, found.pattern, found.direction, strict=True) if r == row]
    session = context.sessions.tolist().index(panel.sessions[row].item())
    values = {name: indicators[name][row] for name in INDICATORS}
    for name in ("market_return_1", "market_return_5", "realised_volatility_20", "breadth", "dispersion"):
        values[name] = getattr(context, name)[session]
    values["market_trend"] = {"bull": 1, "bear": -1, "sideways": 0, None: np.nan}[context.trend[session]]
    values["relative_strength_20"] = relative_strength_20(panel, indicators)[row]
    values["has_catalyst"] = catalyst.has_catalyst[row]
    values["sessions_since_event"] = catalyst.sessions_since_event[row]
    for name in ("market_volatility", "market_driver", "sector_strength_20", "strength_in_sector_20"):
        values[name] = np.nan  # no regime is given
    values |= {name: catalyst.features[name][row] for name in CATALYST_FEATURES if name in catalyst.features}
    values["day_trader_interest"] = np.nan
    values["direction"] = sign
    values["n_same_direction_patterns"] = sum(d == sign for _, d in here)
    values["n_opposite_patterns"] = sum(d == -sign for _, d in here)
    values |= {f"pattern_{name}": _seen([d for n, d in here if n == name], sign) for name in NAMES}
    for name, neutral in NEUTRAL.items():  # in float32, as the matrix is
        values[name] = (np.float32(values[name]) - np.float32(neutral)) * np.float32(sign)
    return [values[name] for name in FEATURES]


def _seen(directions: list[int], sign: int) -> int:
    """A pattern's column: 1 for or without a direction, -1 against, 0 where there is none or both."""
    return {(): 0, (0,): 1, (1,): sign, (-1,): -sign}.get(tuple(directions), 0)


def test_each_column_holds_what_its_name_says() -> None:
    """Every feature of random setups equals the value looked up one by one."""
    inputs = _inputs(random_panel(41))
    setups = build_setups(*inputs)
    for at in np.random.default_rng(41).choice(len(setups), 40, replace=False):
        expected = np.array(_slow_row(inputs, int(setups.row[at]), int(setups.direction[at])), dtype=np.float32)
        np.testing.assert_array_equal(setups.matrix[at], expected, err_msg=f"setup {at}")


def test_a_short_sees_the_market_upside_down() -> None:
    """The short setup of a bar holds the long one's directional features with the other sign, and the rest alike."""
    inputs = _inputs(random_panel(44))
    rows = np.full(2, len(inputs[0]) - 1)
    long, short = feature_rows(*inputs, rows=rows, direction=np.array([1, -1], dtype=np.int8)).matrix
    for position, name in enumerate(FEATURES):
        if name.startswith("pattern_") and name.removeprefix("pattern_") in candlestick.NEUTRAL:
            assert short[position] == long[position], name
        elif name in NEUTRAL or name.startswith("pattern_"):
            np.testing.assert_array_equal(short[position], -long[position], err_msg=name)
        elif name not in {"direction", "n_same_direction_patterns", "n_opposite_patterns"}:
            np.testing.assert_array_equal(short[position], long[position], err_msg=name)


def test_rows_limits_the_setups_and_changes_none() -> None:
    """The setups of one session are those of all sessions that stand in it."""
    inputs = _inputs(random_panel(42))
    panel = inputs[0]
    wanted = panel.rows_at(panel.sessions[50])
    some, every = build_setups(*inputs, rows=wanted), build_setups(*inputs)
    inside = np.isin(every.row, wanted)
    assert 0 < len(some) < len(every)
    np.testing.assert_array_equal(some.row, every.row[inside])
    np.testing.assert_array_equal(some.matrix, every.matrix[inside])


def test_any_bar_can_be_scored_with_or_without_a_pattern() -> None:
    """`feature_rows` keeps the order asked for, repeats included, and has 0 where no pattern stands."""
    inputs = _inputs(random_panel(43))
    without = np.setdiff1d(np.arange(len(inputs[0])), inputs[3].row)[:2]
    rows = np.array([without[1], inputs[3].row[0], without[0], without[1]])
    sign = np.array([1, -1, 1, -1], dtype=np.int8)
    got: Setups = feature_rows(*inputs, rows=rows, direction=sign)
    for at in range(4):
        np.testing.assert_array_equal(got.matrix[at], np.array(_slow_row(inputs, rows[at], sign[at]), dtype=np.float32))
    assert not got.matrix[[0, 2, 3], -len(NAMES) :].any()
    assert got.matrix[1, -len(NAMES) :].any()


def _drawn_flag() -> tuple[Any, ...]:
    """A chart whose last bar triggers a bull flag (see `test_chart_patterns`)."""
    return _inputs(draw((5, 110.0, 3000.0), (4, 108.0, 500.0), (1, 110.0)))


def test_a_chart_pattern_is_a_setup_and_is_counted() -> None:
    """The bar that breaks out of a flag is a long setup; to a short the same flag stands against it."""
    inputs = _drawn_flag()
    last = len(inputs[0]) - 1
    flag, same, against = (
        FEATURES.index(name) for name in ("pattern_bull_flag", "n_same_direction_patterns", "n_opposite_patterns")
    )
    setups = build_setups(*inputs)
    assert [(row, way) for row, way in zip(setups.row, setups.direction, strict=True) if row == last] == [(last, 1)]
    long, short = feature_rows(*inputs, rows=np.array([last, last]), direction=np.array([1, -1], dtype=np.int8)).matrix
    assert (long[flag], short[flag]) == (1, -1)
    assert long[same] == short[against] >= 1
    assert long[against] == short[same] == 0


def test_a_pattern_without_direction_is_a_feature_and_no_setup() -> None:
    """Where only dojis stand there is no setup; asked for all the same, the bar shows them to both sides alike."""
    inputs = _inputs(random_panel(45))
    found = inputs[3]
    only = np.setdiff1d(found.row[found.direction == 0], found.row[found.direction != 0])
    assert len(only)
    assert not np.isin(build_setups(*inputs).row, only).any()
    for way in (1, -1):
        row = feature_rows(*inputs, rows=only[:1], direction=np.array([way], dtype=np.int8)).matrix[0]
        held = {
            name for name, value in zip(FEATURES, row.tolist(), strict=True) if name.startswith("pattern_") and value
        }
        assert held == {f"pattern_{name}" for name in found.names[found.row == only[0]]}
        assert row[FEATURES.index("n_same_direction_patterns")] == row[FEATURES.index("n_opposite_patterns")] == 0


def test_a_chart_pattern_that_triggers_both_ways_says_nothing() -> None:
    """The column of an ABCD up and an ABCD down on one bar is 0, and each side still counts one for and one against."""
    inputs = list(_drawn_flag())
    last = len(inputs[0]) - 1
    twice = np.full(2, NAMES.index("abcd"), dtype=np.int16)
    none = np.full(2, -1, dtype=np.int64)
    inputs[3] = Detections(np.full(2, last), twice, np.array([-1, 1], dtype=np.int8), none, inputs[3].charts)
    row = feature_rows(*inputs, rows=np.array([last]), direction=np.array([1], dtype=np.int8)).matrix[0]
    assert row[FEATURES.index("pattern_abcd")] == 0
    assert row[FEATURES.index("n_same_direction_patterns")] == row[FEATURES.index("n_opposite_patterns")] == 1


def test_every_feature_is_scale_free() -> None:
    """No price, no volume and no other indicator that depends on the unit is among the features."""
    assert len(set(FEATURES)) == len(FEATURES) == 38 + 10 + 61 + len(registry.NAMES)
    assert all(INDICATORS[name].scale_free for name in FEATURES if name in INDICATORS)


@pytest.mark.filterwarnings("error")
def test_an_empty_panel_has_no_setups() -> None:
    """No bars give a matrix of no rows and all columns."""
    setups = build_setups(*_inputs(Panel.from_arrow(BARS_SCHEMA.empty_table())))
    assert setups.matrix.shape == (0, len(FEATURES))
