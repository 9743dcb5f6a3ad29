"""Every chart pattern, and the detections of a whole panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.panel import Floats, Ints
from trading.patterns.chart import abcd, cup_and_handle, double_bottom, flag, flat_top, head_and_shoulders, triangle
from trading.patterns.chart.view import Found, View
from trading.swings import Bars


@dataclass(frozen=True)
class Family:
    """A pattern and its mirror image.

    Attributes:
        long: name of what `find` finds in the panel as it is.
        short: name of what it finds in the panel as a short seller sees it.
        find: written for the long side.
    """

    long: str
    short: str
    find: Callable[[View], Found]


FAMILIES: tuple[Family, ...] = (
    Family("bull_flag", "bear_flag", flag.find),
    Family("flat_top_breakout", "flat_bottom_breakdown", flat_top.find),
    Family("abcd", "abcd", abcd.find),
    Family("cup_and_handle", "inverted_cup_and_handle", cup_and_handle.find),
    Family("double_bottom", "double_top", double_bottom.find),
    Family("inverse_head_and_shoulders", "head_and_shoulders", head_and_shoulders.find),
    Family("ascending_triangle", "descending_triangle", triangle.find_ascending),
    Family("symmetrical_triangle", "symmetrical_triangle", triangle.find_symmetrical),
)

NAMES: tuple[str, ...] = tuple(sorted({name for family in FAMILIES for name in (family.long, family.short)}))
"""Every pattern, ascending."""


@dataclass(frozen=True)
class ChartDetections:
    """Patterns that triggered, sorted by row, then by pattern, then by direction; each array of shape `(n,)`.

    Attributes:
        row: row in the panel at whose close the pattern is known to have triggered, int64.
        pattern: index into the `names` of its detector, int16.
        direction: +1 bullish, -1 bearish, int8.
        start_row: row where the formation began, int64.
        level_usd: the price whose break was the trigger.
        entry_usd: the close of the trigger bar; no order can be filled before the next bar.
        stop_usd: the price that proves the pattern wrong, on the far side of the entry.
        target_usd: where the pattern aims; NaN where a fall would have to end at or below zero.
        names: what `pattern` points into.
    """

    row: Ints
    pattern: npt.NDArray[np.int16]
    direction: npt.NDArray[np.int8]
    start_row: Ints
    level_usd: Floats
    entry_usd: Floats
    stop_usd: Floats
    target_usd: Floats
    names: tuple[str, ...] = NAMES

    def __len__(self) -> int:
        return len(self.row)

    @property
    def pattern_names(self) -> npt.NDArray[np.str_]:
        """The pattern's name of each detection."""
        return np.array(self.names)[self.pattern]


def detect(bars: Bars, atr: Floats) -> ChartDetections:
    """Every chart pattern of every symbol, each reported once, at the bar that triggered it.

    A formation whose trigger bar closed at or beyond the target already is not reported: there is nothing left to
    trade. Of several formations of one pattern with the same trigger, the one that began first is reported.

    Args:
        bars: the panel, restated for splits known by then (`trading.history.as_of`).
        atr: average true range of each bar in USD: `trading.indicators.compute(panel)["atr_14"]`.
    """
    view = View.of(bars, atr)
    with np.errstate(invalid="ignore"):
        parts = [
            collect(side, family.find(side), NAMES.index(name))
            for side, names in ((view, "long"), (view.mirrored, "short"))
            for family in FAMILIES
            for name in [getattr(family, names)]
        ]
    return join(parts, NAMES)


def collect(view: View, found: Found, pattern: int) -> ChartDetections:
    """What was found, in prices as traded; those beyond their target are left out."""
    entry = view.close[found.row]
    left = np.flatnonzero((found.target > entry) & (found.stop < entry))
    sign = view.sign
    target = sign * found.target[left]
    return ChartDetections(
        row=found.row[left],
        pattern=np.full(len(left), pattern, dtype=np.int16),
        direction=np.full(len(left), sign, dtype=np.int8),
        start_row=found.start[left],
        level_usd=sign * found.level[left],
        entry_usd=sign * entry[left],
        stop_usd=sign * found.stop[left],
        target_usd=np.where(target > 0, target, np.nan),
    )


def join(parts: list[ChartDetections], names: tuple[str, ...]) -> ChartDetections:
    """All of them sorted; of equal trigger, pattern and direction the earliest start."""
    row, pattern, direction, start = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("row", "pattern", "direction", "start_row")
    )
    order = np.lexsort((start, direction, pattern, row))
    key = np.stack([row, pattern, direction])[:, order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (key[:, 1:] != key[:, :-1]).any(axis=0)
    kept = order[first]
    prices = {
        name: np.concatenate([getattr(part, name) for part in parts])[kept]
        for name in ("level_usd", "entry_usd", "stop_usd", "target_usd")
    }
    return ChartDetections(row[kept], pattern[kept], direction[kept], start[kept], **prices, names=names)
