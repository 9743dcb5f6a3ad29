"""Chart patterns on charts drawn by hand: what must fire, with which prices, and what must not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.trading.drawn import PRELUDE, Stroke, draw, found_in, mirrored
from trading.bars.panel import BARS_SCHEMA, Panel
from trading.patterns.chart.registry import FAMILIES, NAMES, Family, detect
from trading.patterns.chart.view import View

CUP: tuple[Stroke, ...] = (
    (10, 90.0),
    (12, 116.0),
    *((6, 116 - 16 * (1 - ((bar - 5) / 5) ** 2)) for bar in range(1, 11)),  # a parabola, 60 bars wide, 16 deep
)
DRAWN: dict[str, tuple[Stroke, ...]] = {
    "bull_flag": ((5, 110.0, 3000.0), (4, 108.0, 500.0), (1, 110.0)),
    "flat_top_breakout": ((5, 110.0), (2, 108.0), (2, 109.875), (2, 108.0), (2, 109.875), (2, 108.0), (2, 112.0)),
    "abcd": ((8, 92.0), (8, 108.0), (4, 100.0), (6, 112.0)),
    "cup_and_handle": (*CUP, (6, 111.0), (5, 118.0)),
    "double_bottom": ((6, 106.0), (12, 80.0), (8, 90.0), (8, 80.0), (8, 92.0)),
    "inverse_head_and_shoulders": (
        (6, 108.0), (10, 88.0), (6, 96.0), (8, 80.0), (8, 96.0), (6, 88.0), (8, 98.0),
    ),
    "ascending_triangle": ((6, 108.0), (10, 80.0), (8, 96.0), (6, 86.0), (6, 96.0), (4, 89.0), (6, 98.0)),
    "symmetrical_triangle": ((6, 108.0), (10, 80.0), (9, 98.0), (7, 85.0), (6, 94.0), (4, 88.0), (6, 98.0)),
}  # fmt: skip

EXPECTED = {
    # name: start, trigger (bars after the prelude's last), level, stop, target
    "bull_flag": (0, 10, 109.25, 107.5, 118.5),
    "flat_top_breakout": (0, 17, 110.5, 107.5, 113.5),
    "abcd": (8, 25, 108.5, 99.5, 116.5),
    "double_bottom": (18, 42, 90.5, 79.5, 101.5),
    "inverse_head_and_shoulders": (16, 51, 96.5, 87.5, 113.5),
}
"""By arithmetic: levels are closes plus the 0.5 that highs reach beyond, lows are closes less 0.5.

Flag: top 110.5, first flag bar's high (110 + 109.5) / 2 + 0.5 = 110.25, so the line falls 0.25 a bar to 109.25 at the
fifth bar; low 107.5; target 107.5 + (110.5 - 99.5). Flat top: 110.5 + (110.5 - 107.5). ABCD: 99.5 + (108.5 - 91.5).
Double bottom: 90.5 + (90.5 - 79.5). Head and shoulders: 96.5 + (96.5 - 79.5).
"""


def _of(panel: Panel, name: str, direction: int = 1) -> list[tuple[int, int, float, float, float]]:
    found = found_in(panel)
    which = (found.names == name) & (found.direction == direction)
    columns = (
        found.start_row[which] - PRELUDE + 1,
        found.row[which] - PRELUDE + 1,
        found.level_usd[which],
        found.stop_usd[which],
        found.target_usd[which],
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawn_pattern_fires_once(name: str) -> None:
    """Each pattern is found in its drawing, once, and at no bar before the drawing's last stroke."""
    panel = draw(*DRAWN[name])
    found = found_in(panel)
    which = found.names == name
    assert which.sum() == 1
    assert found.direction[which].tolist() == [1]
    assert found.row[which][0] >= len(panel) - DRAWN[name][-1][0]
    assert found.entry_usd[which][0] == panel.close[found.row[which][0]]


@pytest.mark.parametrize("name", EXPECTED)
def test_its_bars_and_prices_are_those_of_the_rule(name: str) -> None:
    """Start, trigger, level, stop and target are what the cited measure rule gives for the drawing."""
    assert _of(draw(*DRAWN[name]), name) == [EXPECTED[name]]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.long)
def test_the_mirrored_drawing_fires_the_mirrored_pattern(family: Family[View]) -> None:
    """A drawing upside down fires the short pattern with every price reflected."""
    long, short = family.long, family.short
    up = _of(draw(*DRAWN[long]), long)
    down = _of(mirrored(draw(*DRAWN[long]), 128.0), short, -1)
    assert down == [(start, row, *(256 - price for price in prices)) for start, row, *prices in up]
    assert len(up) == 1


def _without_break(name: str) -> tuple[Stroke, ...]:
    """The drawing less its last stroke, then sideways."""
    strokes = DRAWN[name][:-1]
    return (*strokes, (10, strokes[-1][1]))


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_fires_without_the_break(name: str) -> None:
    """A formation that was never left is not a detection."""
    assert _of(draw(*_without_break(name)), name) == []


MUST_NOT: dict[str, tuple[str, tuple[Stroke, ...]]] = {
    "the flag gives back more than half of the pole": (
        "bull_flag",
        ((5, 110.0, 3000.0), (5, 103.0, 500.0), (1, 108.0)),
    ),
    "the flag trades as much as the pole": ("bull_flag", ((5, 110.0, 3000.0), (4, 108.0, 3000.0), (1, 110.0))),
    "the pole is a slow climb": ("bull_flag", ((40, 108.0, 3000.0), (4, 106.5, 500.0), (1, 108.0))),
    "the flag lasts two bars": ("bull_flag", ((5, 110.0, 3000.0), (2, 108.0, 500.0), (1, 110.0))),
    "the tops are at different prices": (
        "flat_top_breakout",
        ((5, 110.0), (2, 108.0), (2, 109.0), (2, 107.5), (2, 108.5), (2, 107.0), (2, 112.0)),
    ),
    "the pullback holds less than a fifth of the leg": ("abcd", ((8, 92.0), (8, 108.0), (6, 94.0), (8, 112.0))),
    "the pullback is shallow": ("abcd", ((8, 92.0), (8, 116.0), (4, 110.0), (6, 120.0))),
    "price falls below C before it breaks B": (
        "abcd",
        ((8, 92.0), (16, 108.0), (8, 100.0), (8, 107.5), (8, 95.0), (12, 112.0)),
    ),
    "the cup is a V": ("cup_and_handle", ((10, 90.0), (12, 116.0), (30, 100.0), (30, 116.0), (6, 111.0), (5, 118.0))),
    "the handle falls into the lower half": ("cup_and_handle", (*CUP, (6, 106.0), (7, 118.0))),
    "the rims are far apart in price": ("cup_and_handle", (*CUP[:-1], (6, 110.0), (6, 106.0), (5, 114.0))),
    "the second bottom is far lower": ("double_bottom", ((6, 106.0), (12, 80.0), (8, 90.0), (8, 74.0), (10, 92.0))),
    "the bottoms stand a week apart": ("double_bottom", ((6, 106.0), (12, 80.0), (3, 90.0), (3, 80.0), (8, 92.0))),
    "no fall led into the bottoms": (
        "double_bottom",
        ((10, 88.0), (8, 91.0), (8, 80.0), (8, 90.0), (8, 80.0), (8, 92.0)),
    ),
    "the head is no lower than the shoulders": (
        "inverse_head_and_shoulders",
        ((6, 108.0), (10, 84.0), (6, 96.0), (8, 84.0), (8, 96.0), (6, 84.0), (8, 98.0)),
    ),
    "one shoulder is far lower than the other": (
        "inverse_head_and_shoulders",
        ((6, 108.0), (10, 91.0), (6, 96.0), (8, 80.0), (8, 96.0), (6, 84.0), (8, 98.0)),
    ),
    "the bottom of the triangle is flat": (
        "ascending_triangle",
        ((6, 108.0), (10, 84.0), (8, 96.0), (6, 84.0), (6, 96.0), (6, 84.0), (8, 98.0)),
    ),
    "the lines part": (
        "symmetrical_triangle",
        ((6, 104.0), (10, 88.0), (7, 96.0), (8, 84.0), (9, 100.0), (12, 80.0), (12, 106.0)),
    ),
}


@pytest.mark.parametrize("why", MUST_NOT)
def test_a_near_miss_does_not_fire(why: str) -> None:
    """Breaking one rule of a pattern is enough not to be one."""
    name, strokes = MUST_NOT[why]
    assert _of(draw(*strokes), name) == []


def test_a_break_that_went_past_the_target_leaves_nothing_to_trade() -> None:
    """A trigger bar that closes beyond the target is not reported."""
    strokes = DRAWN["double_bottom"]
    assert _of(draw(*strokes[:-1], (6, 88.0), (1, 103.0)), "double_bottom") == []
    assert len(_of(draw(*strokes[:-1], (6, 88.0), (1, 101.0)), "double_bottom")) == 1


def test_a_fall_below_zero_has_no_target() -> None:
    """A measured move that would end below zero dollars is unknown, not negative."""
    panel = mirrored(draw(*DRAWN["double_bottom"]), 56.0)  # the target would be 112 - 101.5 = 10.5
    low = mirrored(draw(*DRAWN["double_bottom"]), 50.5)  # and here -0.5
    for drawn, expected in ((panel, 10.5), (low, np.nan)):
        found = found_in(drawn)
        np.testing.assert_equal(found.target_usd[found.names == "double_top"], [expected])


def test_every_family_is_drawn_here() -> None:
    """No pattern is registered without a drawing that fires it."""
    assert {family.long for family in FAMILIES} == set(DRAWN)
    assert set(NAMES) == {name for family in FAMILIES for name in (family.long, family.short)}


@pytest.mark.filterwarnings("error")
def test_bad_bars_are_survived() -> None:
    """Empty panels, three bars, a price that never moves, NaN, zero and infinite prices: no warning, no detection."""
    empty = Panel.from_arrow(BARS_SCHEMA.empty_table())
    assert len(detect(empty, np.zeros(0))) == 0
    drawn = draw(*DRAWN["double_bottom"])
    short = drawn.take(np.arange(3))
    assert len(found_in(short)) == 0
    for price in (np.nan, 0.0, np.inf, 30.1):
        same = np.full(len(drawn), price)
        flat = replace(drawn, open=same, high=same, low=same, close=same)
        with np.errstate(invalid="ignore"):
            assert len(found_in(flat)) == 0, price
