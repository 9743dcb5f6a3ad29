"""Candlestick patterns."""

from __future__ import annotations

import numpy as np
import talib

from tests.unit.trading.made_bars import random_panel, table, weekdays
from trading.bars.panel import BARS_SCHEMA, Panel
from trading.patterns.candlestick import NAMES, NEUTRAL, detect

WITHOUT_DIRECTION = {
    "CDLDOJI", "CDLDRAGONFLYDOJI", "CDLGRAVESTONEDOJI", "CDLLONGLEGGEDDOJI", "CDLRICKSHAWMAN", "CDLTAKURI",
    "CDLHIGHWAVE", "CDLSHORTLINE", "CDLSPINNINGTOP",
}  # fmt: skip
"""The functions of whose sign TA-Lib's source says that it means neither bullish nor bearish."""


def test_all_61_patterns_of_ta_lib_are_there() -> None:
    """The names are TA-Lib's, lower case, ascending, none missing."""
    assert len(NAMES) == 61
    assert list(NAMES) == sorted(NAMES)
    assert {f"CDL{name.upper()}" for name in NAMES} == set(talib.get_function_groups()["Pattern Recognition"])


def test_detections_equal_ta_lib_on_each_symbol_alone() -> None:
    """Same rows, patterns and strengths as 61 calls a symbol, sorted; the direction is the sign where it means one."""
    panel = random_panel(11, (240, 30, 3, 1, 120))
    expected = []
    for start, end in zip(panel.offsets[:-1], panel.offsets[1:], strict=True):
        bars = [values[start:end] for values in (panel.open, panel.high, panel.low, panel.close)]
        for pattern, name in enumerate(NAMES):
            for row, strength in enumerate(getattr(talib, f"CDL{name.upper()}")(*bars)):
                if strength:
                    direction = 0 if f"CDL{name.upper()}" in WITHOUT_DIRECTION else int(np.sign(strength))
                    expected.append((int(start + row), pattern, direction, int(strength)))
    got = detect(panel)
    columns = (got.row.tolist(), got.pattern.tolist(), got.direction.tolist(), got.strength.tolist())
    assert list(zip(*columns, strict=True)) == sorted(expected)
    assert len(expected) > 100, "the random bars must hold patterns, or this proves nothing"


def test_the_patterns_without_direction_are_those_of_ta_lib() -> None:
    """No more and no fewer than TA-Lib's source names, and each is a pattern there is."""
    assert {f"CDL{name.upper()}" for name in NEUTRAL} == WITHOUT_DIRECTION
    assert set(NAMES) >= NEUTRAL


def test_a_doji_has_strength_and_no_direction() -> None:
    """A candle that closes where it opened is TA-Lib's +100 and bullish to nobody."""
    days = weekdays(12)
    rows = [("A", day, 50.0 + i, 51.5 + i, 49.5 + i, 51.0 + i, 100) for i, day in enumerate(days[:11])]
    rows += [("A", days[11], 61.0, 62.0, 60.0, 61.0, 100)]
    found = detect(Panel.from_arrow(table(rows)))
    doji = (found.row == 11) & (found.names == "doji")
    assert (found.direction[doji].tolist(), found.strength[doji].tolist()) == ([0], [100])


def test_a_drawn_bullish_engulfing_is_found() -> None:
    """A small black candle followed by a white one that holds its body is a bullish engulfing at the second candle."""
    days = weekdays(12)
    rows = [("A", day, 50.0 - i, 50.6 - i, 48.9 - i, 49.2 - i, 100) for i, day in enumerate(days[:10])]
    rows += [("A", days[10], 40.0, 40.5, 39.0, 39.5, 100), ("A", days[11], 39.2, 41.6, 38.8, 41.2, 100)]
    found = detect(Panel.from_arrow(table(rows)))
    drawn = (found.row == 11) & (found.names == "engulfing")
    assert found.direction[drawn].tolist() == [1]


def test_no_bars_have_no_patterns() -> None:
    """An empty panel gives empty arrays of the declared types."""
    found = detect(Panel.from_arrow(BARS_SCHEMA.empty_table()))
    assert len(found) == 0
    assert [found.row.dtype, found.pattern.dtype, found.direction.dtype, found.strength.dtype] == [
        np.int64, np.int16, np.int8, np.int16,
    ]  # fmt: skip
