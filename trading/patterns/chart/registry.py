"""Every chart pattern, and the detections of a whole panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from trading.arrays import Floats
from trading.bars.intraday import IntradayPanel
from trading.bars.session_hours import SessionHours
from trading.errors import ConfigurationError
from trading.indicators.swings import Bars
from trading.patterns.chart import (
    abcd,
    cup_and_handle,
    double_bottom,
    first_pullback,
    flag,
    flat_top,
    gap_and_go,
    head_and_shoulders,
    opening_range,
    triangle,
    vwap_reclaim,
)
from trading.patterns.chart.detections import ChartDetections, collect, join
from trading.patterns.chart.session_view import SessionView
from trading.patterns.chart.view import Found, View

_View = TypeVar("_View", View, SessionView)


@dataclass(frozen=True)
class Family(Generic[_View]):
    """A pattern and its mirror image.

    Attributes:
        long: name of what `find` finds in the panel as it is.
        short: name of what it finds in the panel as a short seller sees it.
        find: written for the long side.
    """

    long: str
    short: str
    find: Callable[[_View], Found]


FAMILIES: tuple[Family[View], ...] = (
    Family("bull_flag", "bear_flag", flag.find),
    Family("flat_top_breakout", "flat_bottom_breakdown", flat_top.find),
    Family("abcd", "abcd", abcd.find),
    Family("cup_and_handle", "inverted_cup_and_handle", cup_and_handle.find),
    Family("double_bottom", "double_top", double_bottom.find),
    Family("inverse_head_and_shoulders", "head_and_shoulders", head_and_shoulders.find),
    Family("ascending_triangle", "descending_triangle", triangle.find_ascending),
    Family("symmetrical_triangle", "symmetrical_triangle", triangle.find_symmetrical),
)
"""Patterns of any bars: days, or minutes of one session."""

SESSION_FAMILIES: tuple[Family[SessionView], ...] = (
    Family("gap_and_go", "gap_down_and_go", gap_and_go.find),
    Family("opening_range_breakout", "opening_range_breakdown", opening_range.find),
    Family("vwap_reclaim", "vwap_loss", vwap_reclaim.find),
    Family("first_pullback", "first_bounce", first_pullback.find),
)
"""Patterns of a session's minutes."""

NAMES: tuple[str, ...] = tuple(sorted({name for family in FAMILIES for name in (family.long, family.short)}))
"""Every pattern of `detect`, ascending."""

SESSION_NAMES: tuple[str, ...] = tuple(
    sorted({name for family in SESSION_FAMILIES for name in (family.long, family.short)})
)
"""Every pattern of `detect_in_sessions`, ascending."""


def detect(bars: Bars, atr: Floats) -> ChartDetections:
    """Every chart pattern of every symbol, each reported once, at the bar that triggered it.

    A formation whose trigger bar closed at or beyond the target already is not reported: there is nothing left to
    trade. Of several formations of one pattern with the same trigger, the one that began first is reported.

    Args:
        bars: a daily panel, restated for splits known by then (`trading.bars.history.as_of`), or an intraday one, for
            example `panel.regular.session_by_session`.
        atr: average true range of each bar in USD: `trading.indicators.daily.compute(panel)["atr_14"]`, or for bars
            that are not days `trading.indicators.swings.average_true_range(bars)`.
    """
    view = View.of(bars, atr)
    with np.errstate(invalid="ignore"):  # missing prices compare as false: they trigger nothing
        parts = [collect(view, family.find(view), NAMES, family.long) for family in FAMILIES]
        view = view.mirrored
        parts += [collect(view, family.find(view), NAMES, family.short) for family in FAMILIES]
    return join(parts)


def detect_in_sessions(bars: IntradayPanel, hours: SessionHours) -> ChartDetections:
    """Every session pattern of every symbol and session; `vocabulary` is `SESSION_NAMES`.

    Args:
        bars: bars of at most five minutes, restated for splits: an overnight split looks like a gap. With their
            premarket where gap and go is to break its high; a session that is missing makes the close before it the
            previous one.
        hours: of every session in `bars`.

    Raises:
        ConfigurationError: when the bars are longer than the opening range.
        BadDataError: when `hours` lacks a session of `bars`.
    """
    if bars.bar_s > opening_range.RANGE_S:
        raise ConfigurationError(
            f"the opening range takes {opening_range.RANGE_S} s, and the bars {bars.bar_s} s; give shorter bars"
        )
    view = SessionView.of(bars, hours)
    with np.errstate(invalid="ignore"):
        parts = [collect(view, family.find(view), SESSION_NAMES, family.long) for family in SESSION_FAMILIES]
        view = view.mirrored
        parts += [collect(view, family.find(view), SESSION_NAMES, family.short) for family in SESSION_FAMILIES]
    return join(parts)
