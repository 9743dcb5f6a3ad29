"""The 61 candlestick patterns of TA-Lib.

A pattern is known at the close of its last candle. Most were never shown to predict anything by themselves; they are
candidates whose outcomes are recorded and measured.

Source: TA-Lib 0.6, group Pattern Recognition (https://ta-lib.org/functions/), with TA-Lib's own default parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import talib

from trading.panel import Ints, Panel

_FUNCTIONS = tuple(sorted(talib.get_function_groups()["Pattern Recognition"]))

NAMES: tuple[str, ...] = tuple(name.removeprefix("CDL").lower() for name in _FUNCTIONS)
"""Every pattern, ascending: TA-Lib's own function name in lower case without `CDL`."""


@dataclass(frozen=True)
class Detections:
    """Patterns that were found, sorted by row, then by pattern.

    Attributes:
        row: row in the panel of the candle that completes the pattern, int64, shape `(n,)`.
        pattern: index into `NAMES`, int16.
        direction: +1 bullish, -1 bearish, int8. TA-Lib gives patterns without a direction (a doji) as +1.
        strength: TA-Lib's own value, int16: 80, 100 or 200 with the sign of the direction.
    """

    row: Ints
    pattern: npt.NDArray[np.int16]
    direction: npt.NDArray[np.int8]
    strength: npt.NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def names(self) -> npt.NDArray[np.str_]:
        """The pattern's name of each detection."""
        return np.array(NAMES)[self.pattern]


def detect(panel: Panel) -> Detections:
    """Every pattern of every symbol, as TA-Lib finds it in that symbol's bars alone.

    Symbols too short for a pattern have none.
    """
    segments = [
        (rows, panel.open[rows], panel.high[rows], panel.low[rows], panel.close[rows])
        for rows in map(slice, panel.offsets[:-1].tolist(), panel.offsets[1:].tolist())
        if rows.stop > rows.start
    ]
    found_rows, found_patterns, found_strengths = [], [], []
    strength = np.zeros(len(panel), dtype=np.int32)
    for pattern, name in enumerate(_FUNCTIONS):
        recognise = getattr(talib, name)
        for rows, open_, high, low, close in segments:
            strength[rows] = recognise(open_, high, low, close)
        hits = np.flatnonzero(strength)
        found_rows.append(hits)
        found_patterns.append(np.full(len(hits), pattern, dtype=np.int16))
        found_strengths.append(strength[hits].astype(np.int16))
    row, pattern_of = np.concatenate(found_rows), np.concatenate(found_patterns)
    order = np.argsort(row, kind="stable")  # patterns were found in ascending order, and a stable sort keeps it
    strengths = np.concatenate(found_strengths)[order]
    return Detections(row[order].astype(np.int64), pattern_of[order], np.sign(strengths).astype(np.int8), strengths)
