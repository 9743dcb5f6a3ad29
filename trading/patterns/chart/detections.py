"""What the chart patterns found: when it triggered, and the entry, stop and target that follow."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from trading.arrays import Floats, Ints
from trading.patterns.chart.session_view import SessionView
from trading.patterns.chart.view import Found, View


@dataclass(frozen=True)
class ChartDetections:
    """Patterns that triggered, sorted by row, then by pattern, then by direction; each array of shape `(n,)`.

    Attributes:
        row: row in the panel at whose close the pattern is known to have triggered, int64.
        pattern: index into `vocabulary`, int16.
        direction: +1 bullish, -1 bearish, int8.
        start_row: row where the formation began, int64.
        level_usd: the price whose break was the trigger.
        entry_usd: the close of the trigger bar; no order can be filled before the next bar.
        stop_usd: the price that proves the pattern wrong, on the far side of the entry.
        target_usd: where the pattern aims; NaN where a fall would have to end at or below zero.
        vocabulary: what `pattern` points into.
    """

    row: Ints
    pattern: npt.NDArray[np.int16]
    direction: npt.NDArray[np.int8]
    start_row: Ints
    level_usd: Floats
    entry_usd: Floats
    stop_usd: Floats
    target_usd: Floats
    vocabulary: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def names(self) -> npt.NDArray[np.str_]:
        """The pattern's name of each detection."""
        return np.array(self.vocabulary)[self.pattern]

    def take(self, which: Ints) -> ChartDetections:
        """Those at the given positions."""
        arrays = {f.name: getattr(self, f.name)[which] for f in fields(self) if f.name != "vocabulary"}
        return ChartDetections(**arrays, vocabulary=self.vocabulary)


def collect(view: View | SessionView, found: Found, names: tuple[str, ...], name: str) -> ChartDetections:
    """What was found under `name`, in prices as traded; triggers at or beyond their target are left out."""
    entry = view.close[found.row]
    left = np.flatnonzero((found.target > entry) & (found.stop < entry))
    sign = view.sign
    target = sign * found.target[left]
    return ChartDetections(
        row=found.row[left],
        pattern=np.full(len(left), names.index(name), dtype=np.int16),
        direction=np.full(len(left), sign, dtype=np.int8),
        start_row=found.start[left],
        level_usd=sign * found.level[left],
        entry_usd=sign * entry[left],
        stop_usd=sign * found.stop[left],
        target_usd=np.where(target > 0, target, np.nan),
        vocabulary=names,
    )


def join(parts: list[ChartDetections]) -> ChartDetections:
    """All of them, at least one, sorted; of equal trigger, pattern and direction the earliest start."""
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
    vocabulary = parts[0].vocabulary
    return ChartDetections(row[kept], pattern[kept], direction[kept], start[kept], **prices, vocabulary=vocabulary)
