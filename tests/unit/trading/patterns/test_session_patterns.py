"""Patterns of a session's minutes: drawn by hand, mirrored, restated, and cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.drawn import draw, found_in
from tests.unit.trading.made_minutes import Minute, hours, minutes, random_minutes
from trading.bars.intraday import IntradayPanel
from trading.errors import ConfigurationError
from trading.indicators.swings import average_true_range
from trading.patterns.chart.detections import ChartDetections
from trading.patterns.chart.registry import SESSION_FAMILIES, SESSION_NAMES, detect, detect_in_sessions

PREVIOUS_CLOSE = 64.0
Bar = tuple[float, float, float, float, int]
"""Open, high, low, close, volume."""
OTHER_SIDE = {one.long: one.short for one in SESSION_FAMILIES} | {one.short: one.long for one in SESSION_FAMILIES}


def drawn(regular: Sequence[Bar], premarket: Sequence[Bar] = (), start: int = 0) -> IntradayPanel:
    """A session of one bar that closes at 64, and a second session of these bars, minute by minute from `start` on."""
    rows: list[Minute] = [("A", 0, 389, 64.0, 64.0, 64.0, PREVIOUS_CLOSE, 100)]
    rows += [("A", 1, number - len(premarket), *bar) for number, bar in enumerate(premarket)]
    rows += [("A", 1, start + number, *bar) for number, bar in enumerate(regular)]
    return minutes(rows)


def _at(price: float, volume: int = 100) -> Bar:
    """A bar of half a dollar around a price it opens and closes at."""
    return (price, price + 0.25, price - 0.25, price, volume)


def _mirrored(panel: IntradayPanel) -> IntradayPanel:
    """All prices reflected about the first session's close: gaps are as large in percent on the other side."""
    double = 2 * PREVIOUS_CLOSE
    return replace(
        panel, open=double - panel.open, high=double - panel.low, low=double - panel.high, close=double - panel.close
    )


def _listed(found: ChartDetections) -> list[tuple[object, ...]]:
    prices = (found.level_usd, found.entry_usd, found.stop_usd, found.target_usd)
    columns = (found.row, found.names, found.direction, found.start_row, *prices)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def _of(panel: IntradayPanel, name: str) -> list[tuple[object, ...]]:
    return [row[3:4] + row[:1] + row[4:] for row in _listed(detect_in_sessions(panel, hours())) if row[1] == name]


GAP = [(67.0, 68.0, 66.5, 67.5, 100), (67.5, 68.25, 67.0, 68.0, 100)]
SURGE = [_at(64.0), _at(65.0), _at(66.0), _at(67.0), _at(68.0)]
REST = [_at(67.5), _at(67.25), _at(67.0)]
BELOW = [(66.0, 66.25, 65.75, 66.0, 1000), *[_at(64.0)] * 10]

DRAWN: dict[str, tuple[IntradayPanel, tuple[float, ...]]] = {
    # start row, trigger row, level, entry, stop, target = entry + 2 x (entry - stop)
    "gap_and_go": (
        drawn([*GAP, (68.0, 69.25, 67.75, 69.0, 100)], premarket=[(66.0, 68.5, 66.0, 67.0, 50)]),
        (2, 4, 68.5, 69.0, 66.5, 74.0),
    ),
    "opening_range_breakout": (
        drawn([_at(64.0), _at(65.0), _at(63.0), _at(64.0), _at(64.0), _at(65.0), (65.0, 66.0, 65.0, 65.75, 100)]),
        (1, 7, 65.25, 65.75, 62.75, 71.75),
    ),
    "vwap_reclaim": (
        # (66 x 1000 + 64 x 1000 + (66.5 + 65.5 + 66) / 3 x 1000) / 3000 = 196 / 3
        drawn([*BELOW, (65.5, 66.5, 65.5, 66.0, 1000)]),
        (2, 12, 196 / 3, 66.0, 63.75, 70.5),
    ),
    "first_pullback": (drawn([*SURGE, *REST, (67.25, 67.75, 67.0, 67.5, 100)]), (1, 9, 67.25, 67.5, 66.75, 69.0)),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawn_pattern_fires_with_the_prices_of_its_rule(name: str) -> None:
    """Each pattern is found once in its drawing, at its bar, with stop and target by arithmetic."""
    panel, expected = DRAWN[name]
    found = _of(panel, name)
    assert len(found) == 1
    np.testing.assert_allclose(np.array(found[0], dtype=float), expected, rtol=1e-12)


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_fires_without_the_last_bar(name: str) -> None:
    """The pattern is not known a minute earlier."""
    panel, _ = DRAWN[name]
    assert _of(panel.take(np.arange(len(panel) - 1)), name) == []


MUST_NOT: dict[str, tuple[str, IntradayPanel]] = {
    "the gap is three percent": (
        "gap_and_go",
        drawn([(66.0, 66.5, 65.5, 66.0, 100), (66.0, 68.0, 66.0, 67.75, 100)]),
    ),
    "the premarket high holds": (
        "gap_and_go",
        drawn([*GAP, (68.0, 69.25, 67.75, 69.0, 100)], premarket=[(66.0, 70.0, 66.0, 67.0, 50)]),
    ),
    "the gap was filled first": (
        "gap_and_go",
        drawn([*GAP, (67.0, 67.0, 64.0, 65.0, 100), (65.0, 69.25, 65.0, 69.0, 100)]),
    ),
    "half an hour has passed": ("gap_and_go", drawn([*GAP, *[_at(67.5)] * 28, (68.0, 69.25, 67.75, 69.0, 100)])),
    "the range is not over": ("opening_range_breakout", drawn([_at(64.0), _at(65.0), _at(66.0), _at(67.0)])),
    "the range was left downwards first": (
        "opening_range_breakout",
        drawn([*[_at(64.0)] * 5, _at(63.0), _at(66.0)]),
    ),
    "it is past half past eleven": ("opening_range_breakout", drawn([*[_at(64.0)] * 120, _at(66.0)])),
    "nine closes were below": ("vwap_reclaim", drawn([*BELOW[:-1], (65.5, 66.5, 65.5, 66.0, 1000)])),
    "nobody trades the reclaim": ("vwap_reclaim", drawn([*BELOW, (65.5, 66.5, 65.5, 66.0, 90)])),
    "the surge is three percent": (
        "first_pullback",
        drawn([_at(64.0), _at(65.0), _at(65.5), _at(65.25), _at(65.0), _at(65.0), _at(65.5)]),
    ),
    "more than half is given back": (
        "first_pullback",
        drawn([*SURGE, _at(67.0), _at(66.0), _at(65.5), _at(66.5)]),
    ),
    "the rest is one bar": ("first_pullback", drawn([*SURGE, _at(67.5), _at(68.0)])),
    "it is the second pullback": (
        "first_pullback",
        drawn([*SURGE, _at(66.0), _at(65.0), _at(69.0), _at(68.5), _at(68.25), _at(68.0), _at(68.5)]),
    ),
    "it is past eleven": ("first_pullback", drawn([*SURGE, *REST, (67.25, 67.75, 67.0, 67.5, 100)], start=82)),
}


@pytest.mark.parametrize("why", MUST_NOT)
def test_a_near_miss_does_not_fire(why: str) -> None:
    """Breaking one rule of a pattern is enough not to be one."""
    name, panel = MUST_NOT[why]
    assert _of(panel, name) == []


def test_every_family_is_drawn_here() -> None:
    """No session pattern is registered without a drawing that fires it."""
    assert {family.long for family in SESSION_FAMILIES} == set(DRAWN)


@pytest.mark.parametrize("name", DRAWN)
def test_the_mirrored_drawing_fires_the_mirrored_pattern(name: str) -> None:
    """A drawing upside down fires the short pattern with every price reflected, and nothing of the long side."""
    panel, expected = DRAWN[name]
    mirrored = _mirrored(panel)
    start, row, *prices = expected
    found = _of(mirrored, OTHER_SIDE[name])
    assert len(found) == 1
    np.testing.assert_allclose(
        np.array(found[0], dtype=float), [start, row, *(128 - price for price in prices)], rtol=1e-12
    )
    assert _of(mirrored, name) == []


def _volatile(seed: int) -> IntradayPanel:
    return random_minutes(seed, symbols=3, sessions=3, holes=0.1)


def _detect(panel: IntradayPanel) -> ChartDetections:
    return detect_in_sessions(panel, hours())


def _cut(detector: Callable[[IntradayPanel], ChartDetections], panel: IntradayPanel, at: np.datetime64) -> None:
    """Fails unless what is known at `at` is the same with and without later bars."""
    rows = np.flatnonzero(panel.closes_at <= at)
    part = [(int(rows[r[0]]), *r[1:3], int(rows[r[3]]), *r[4:]) for r in _listed(detector(panel.known_at(at)))]  # type: ignore[index,call-overload]
    known = [row for row in _listed(detector(panel)) if panel.closes_at[row[0]] <= at]  # type: ignore[index,call-overload]
    assert str(part) == str(known), f"looks beyond {at}"


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), after_s=st.integers(0, 3 * 86_400))
def test_no_session_pattern_looks_ahead(seed: int, after_s: int) -> None:
    """The detections known at a time are the same with and without later bars."""
    _cut(_detect, _volatile(seed), hours().open_at[0] + np.timedelta64(after_s, "s"))


def test_a_planted_look_ahead_is_caught() -> None:
    """A detector that knows the volume of the whole day fails the comparison above."""

    def knows_the_day(panel: IntradayPanel) -> ChartDetections:
        return _detect(replace(panel, volume=panel.volume[::-1].copy()))

    with pytest.raises(AssertionError, match="looks beyond"):
        _cut(knows_the_day, _volatile(3), hours().open_at[1] + np.timedelta64(7200, "s"))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), factor=st.sampled_from([0.25, 2.0, 1024.0]))
def test_patterns_do_not_depend_on_the_unit_of_price(seed: int, factor: float) -> None:
    """Restating every price changes no detection, and its prices by the factor."""
    panel = _volatile(seed)
    prices = {name: getattr(panel, name) * factor for name in ("open", "high", "low", "close")}
    one, other = _detect(panel), _detect(replace(panel, **prices))
    for name in ("row", "pattern", "direction", "start_row"):
        np.testing.assert_array_equal(getattr(other, name), getattr(one, name), err_msg=f"{name} {seed}")
    for name in ("level_usd", "entry_usd", "stop_usd", "target_usd"):
        np.testing.assert_array_equal(getattr(other, name), getattr(one, name) * factor, err_msg=f"{name} {seed}")


def test_random_minutes_hold_every_pattern() -> None:
    """Or the comparisons above would compare little."""
    assert {name for seed in range(8) for name in _detect(_volatile(seed)).names.tolist()} == set(SESSION_NAMES)


@pytest.mark.filterwarnings("error")
def test_bad_bars_are_survived_and_long_ones_refused() -> None:
    """Empty panels, premarket alone, NaN and zero prices give nothing; bars of six minutes have no opening range."""
    nan = float("nan")
    for panel in (minutes([]), drawn([], premarket=[_at(64.0)]), drawn([(nan, nan, nan, nan, 0)] * 30)):
        assert len(_detect(panel)) == 0
    assert len(_detect(drawn([(0.0, 0.0, 0.0, 0.0, 0)] * 30))) == 0
    with pytest.raises(ConfigurationError, match="give shorter bars"):
        _detect(minutes([("A", 0, 0, 1.0, 1.0, 1.0, 1.0, 1)], bar_s=360))


def test_a_flag_of_minutes_is_the_flag_of_days() -> None:
    """The same bars hold the same chart patterns as days and as minutes of one session; a night ends every pattern."""
    days = draw((5, 110.0, 3000.0), (4, 108.0, 500.0), (1, 110.0))
    bars = zip(days.open, days.high, days.low, days.close, days.volume, strict=True)
    rows: list[Minute] = [
        ("A", 1, number, float(open_), float(high), float(low), float(close), int(volume))
        for number, (open_, high, low, close, volume) in enumerate(bars)
    ]
    panel = minutes(rows).session_by_session
    found, expected = detect(panel, average_true_range(panel)), found_in(days)
    assert _listed(found) == _listed(expected)
    assert "bull_flag" in found.names.tolist()
    split = minutes([("A", 1 + (row[2] > 27), *row[2:]) for row in rows]).session_by_session
    assert len(detect(split, average_true_range(split))) == 0
