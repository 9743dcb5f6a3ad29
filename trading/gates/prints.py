"""Gates for prints that no trade at the market can have been: a far high or low, a far open, a whole bar beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from trading.arrays import Flags, Floats, Ints
from trading.bars.panel import Panel
from trading.gates.jumps import FEWEST_BARS, MEDIAN_BARS, over_median
from trading.gates.unit_runs import is_unit

FARTHEST_PRINT = 0.6
"""A trade this far from its reference price was cancelled as clearly erroneous after the crash of 2010-05-06.

Source: Findings regarding the market events of May 6, 2010 (report of the staffs of the CFTC and SEC), section on the
broken trades: executions more than 60 % away from the reference price.
"""
NEWS_VOLUME = 5.0
"""From this multiple of the median volume on, a print far from the others is believed."""
BACK = 0.1
"""Of the logarithm: a price this near to that of before a far one is back."""
GLITCH = math.log(1.7)
"""A bar whose open and close both lie this far from the close before and the open after is in another unit."""


@dataclass(frozen=True)
class Prints:
    """Rows of a panel with odd prints.

    Attributes:
        unsupported: too far on too little volume.
        unknown: as far, where too few bars came before to say what volume is usual: the first days of a listing.
        glitches: whole bars far from the bars on both sides, which agree with each other.
    """

    unsupported: Ints
    unknown: Ints
    glitches: Ints


def odd_prints(panel: Panel, judged: Flags) -> Prints:
    """The odd rows among those that are judged; a glitch only once the bar after it is there.

    Args:
        panel: bars of earlier sessions included.
        judged: shape `(n_rows,)`.
    """
    before = np.where(_has_before(panel), np.roll(panel.close, 1), np.nan)
    highest, lowest = np.maximum(panel.open, panel.close), np.minimum(panel.open, panel.close)
    with np.errstate(invalid="ignore"):
        far = (panel.high > (1 + FARTHEST_PRINT) * highest) | (panel.low < (1 - FARTHEST_PRINT) * lowest)
        back = np.abs(np.log(panel.close / before)) <= BACK
        far |= back & (panel.open > (1 + FARTHEST_PRINT) * np.maximum(panel.close, before))
        far |= back & (panel.open < (1 - FARTHEST_PRINT) * np.minimum(panel.close, before))
    rows = np.flatnonzero(far & judged)
    bars_before = np.minimum(rows - panel.offsets[panel.symbol_index[rows]], MEDIAN_BARS)
    supported = np.array([_volume_ratio(panel, row, count) for row, count in _pairs(rows, bars_before)]) >= NEWS_VOLUME
    unknown = bars_before < FEWEST_BARS
    return Prints(rows[~unknown & ~supported.astype(np.bool_)], rows[unknown], _glitches(panel, judged, before))


def _glitches(panel: Panel, judged: Flags, before: Floats) -> Ints:
    after = np.roll(np.where(_has_before(panel), panel.open, np.nan), -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        opened, closed = np.log(panel.open / before), np.log(panel.close / before)
        up = (opened > GLITCH) & (closed > GLITCH) & (np.log(panel.low / before) > GLITCH / 2)
        down = (opened < -GLITCH) & (closed < -GLITCH) & (np.log(panel.high / before) < -GLITCH / 2)
        back = np.abs(np.log(after / before)) <= BACK
    rows = np.flatnonzero((up | down) & back & judged)
    counts = np.minimum(rows - panel.offsets[panel.symbol_index[rows]], MEDIAN_BARS)
    found: list[int] = []
    for row, count in _pairs(rows, counts):
        was_glitch = bool(found) and found[-1] == row - 1
        if not was_glitch and not _news_ratio(panel, row, count) >= NEWS_VOLUME:
            found.append(row)
    return np.asarray(found, dtype=np.int64)


def _pairs(rows: Ints, counts: Ints) -> list[tuple[int, int]]:
    return list(zip(rows.tolist(), counts.tolist(), strict=True))


def _has_before(panel: Panel) -> Flags:
    """Rows that follow another one of their symbol."""
    follows = np.ones(len(panel), dtype=np.bool_)
    follows[panel.offsets[:-1][np.diff(panel.offsets) > 0]] = False
    return follows


def _volume_ratio(panel: Panel, row: int, bars_before: int) -> float:
    """NaN, which supports nothing, where the bars before were silent."""
    return over_median(float(panel.volume[row]), panel.volume[row - bars_before : row])


def _news_ratio(panel: Panel, row: int, bars_before: int) -> float:
    """In dollars; where a ratio of units parts the bar from the one before, in shares if that is less.

    A source that takes cents for dollars and keeps the shares makes a hundredfold of the dollars too.
    """
    dollars = _dollar_ratio(panel, row, bars_before)
    if not is_unit(math.log(panel.open[row] / panel.close[row - 1])):
        return dollars
    return float(np.fmin(dollars, _volume_ratio(panel, row, bars_before)))


def _dollar_ratio(panel: Panel, row: int, bars_before: int) -> float:
    before = slice(row - bars_before, row)
    return over_median(float(panel.close[row] * panel.volume[row]), panel.close[before] * panel.volume[before])
