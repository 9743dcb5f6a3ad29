"""The 61 candlestick patterns of TA-Lib.

A pattern is known at the close of its last candle. Most were never shown to predict anything by themselves; they are
candidates whose outcomes are recorded and measured. Some have no direction: TA-Lib's sign says nothing there, or only
whether the candle was white.

Source: TA-Lib 0.6, group Pattern Recognition (https://ta-lib.org/functions/), with TA-Lib's own default parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.arrays import Ints
from trading.bars.panel import Panel

NAMES: tuple[str, ...] = (
    "2crows", "3blackcrows", "3inside", "3linestrike", "3outside", "3starsinsouth", "3whitesoldiers", "abandonedbaby",
    "advanceblock", "belthold", "breakaway", "closingmarubozu", "concealbabyswall", "counterattack", "darkcloudcover",
    "doji", "dojistar", "dragonflydoji", "engulfing", "eveningdojistar", "eveningstar", "gapsidesidewhite",
    "gravestonedoji", "hammer", "hangingman", "harami", "haramicross", "highwave", "hikkake", "hikkakemod",
    "homingpigeon", "identical3crows", "inneck", "invertedhammer", "kicking", "kickingbylength", "ladderbottom",
    "longleggeddoji", "longline", "marubozu", "matchinglow", "mathold", "morningdojistar", "morningstar", "onneck",
    "piercing", "rickshawman", "risefall3methods", "separatinglines", "shootingstar", "shortline", "spinningtop",
    "stalledpattern", "sticksandwich", "takuri", "tasukigap", "thrusting", "tristar", "unique3river",
    "upsidegap2crows", "xsidegap3methods",
)  # fmt: skip
"""Every pattern, ascending: TA-Lib's own function name in lower case without `CDL`. Written out, since features stand
in this order, and to ask TA-Lib for it loads pandas. A test holds it against TA-Lib."""

NEUTRAL: frozenset[str] = frozenset(
    {
        "doji", "dragonflydoji", "gravestonedoji", "longleggeddoji", "rickshawman", "takuri",
        "highwave", "shortline", "spinningtop",
    }
)  # fmt: skip
"""Patterns without a direction. Of the first six TA-Lib's source says "always positive (1 to 100) but this does not
mean it is bullish", of the last three "positive when white or negative when black; it does not mean bullish or
bearish".

Source: the comments in `src/ta_func/ta_CDL*.c` of https://github.com/TA-Lib/ta-lib. A doji star is none of them: it is
bullish after a black candle and bearish after a white one.
"""

_DIRECTED = np.array([name not in NEUTRAL for name in NAMES])


@dataclass(frozen=True)
class Detections:
    """Patterns that were found, sorted by row, then by pattern.

    Attributes:
        row: row in the panel of the candle that completes the pattern, int64, shape `(n,)`.
        pattern: index into `NAMES`, int16.
        direction: +1 bullish, -1 bearish, 0 for those in `NEUTRAL`, int8.
        strength: TA-Lib's own value, int16: 80, 100 or 200 with TA-Lib's own sign, whatever the direction.
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
    import talib  # noqa: PLC0415  loads pandas, and whoever reads what was found needs neither

    segments = [
        (rows, panel.open[rows], panel.high[rows], panel.low[rows], panel.close[rows])
        for rows in map(slice, panel.offsets[:-1].tolist(), panel.offsets[1:].tolist())
        if rows.stop > rows.start
    ]
    found_rows, found_patterns, found_strengths = [], [], []
    strength = np.zeros(len(panel), dtype=np.int32)
    for pattern, name in enumerate(NAMES):
        recognise = getattr(talib, f"CDL{name.upper()}")
        for rows, open_, high, low, close in segments:
            strength[rows] = recognise(open_, high, low, close)
        hits = np.flatnonzero(strength)
        found_rows.append(hits)
        found_patterns.append(np.full(len(hits), pattern, dtype=np.int16))
        found_strengths.append(strength[hits].astype(np.int16))
    row, pattern_of = np.concatenate(found_rows), np.concatenate(found_patterns)
    order = np.argsort(row, kind="stable")  # patterns were found in ascending order, and a stable sort keeps it
    strengths, patterns = np.concatenate(found_strengths)[order], pattern_of[order]
    direction = (np.sign(strengths) * _DIRECTED[patterns]).astype(np.int8)
    return Detections(row[order].astype(np.int64), patterns, direction, strengths)
