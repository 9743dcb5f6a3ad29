"""Gate for stretches of bars in another unit: they leave by a factor, and come back by its inverse."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np

from trading.arrays import Flags, Floats
from trading.bars.panel import Panel
from trading.gates.jumps import MEDIAN_BARS, USUAL_MOVES, over_median, over_usual

UNITS = (10.0, 100.0, 1000.0)
"""Ratios of units, such as pence for pounds. That a source confused them is a guess, and the reason says so."""
LONGEST_IN_A_UNIT = 20
"""Bars. A month of sessions: a price hardly falls to a tenth and comes back to within the noise of those sessions, and
public complaints tell of stretches of one to some ten days."""
LONGEST_AT_A_FACTOR = 5
"""Bars, at a factor that is no ratio of units, such as another currency's: a week. A company may well halve and recover
in a month."""
LEAST_FACTOR = math.log(1.7)
"""Of the logarithm. A smaller step is within what news do to a price."""
NOISE = 0.1
"""Of the logarithm: how far a price may be from where the factor puts it, for one session; it grows with the root of
the sessions. The bar that comes back has to undo the step within as much."""
USUAL_VOLUME = 2.0
"""Times the median, in shares and in dollars: a crash and its recovery are traded on more."""
NEWS_VOLUME = 5.0
"""Times the median, in shares or dollars, whichever is less: the same for a ratio of units."""


@dataclass(frozen=True)
class UnitRun:
    """Bars in another unit.

    Attributes:
        first: row of the panel.
        end: the row that is back.
        factor: that they are times the bars around them.
        unit: whether that is a ratio of units.
    """

    first: int
    end: int
    factor: float
    unit: bool

    @property
    def reason(self) -> str:
        """In words."""
        count = self.end - self.first
        kind = "a ratio of units" if self.unit else "no usual ratio of units"
        return (
            f"{count} bars are {self.factor:.4g} times the bars before and after them, which agree, without the volume "
            f"of news: another unit or currency, a guess ({kind})"
        )


def unit_runs(panel: Panel, judged: Flags, stated: Collection[tuple[str, date]] = ()) -> list[UnitRun]:
    """The stretches of two bars and more that are in another unit and over, ascending; none overlaps another.

    Args:
        panel: bars of earlier sessions included.
        judged: rows that may be found to be wrong, shape `(n_rows,)`; a stretch has to end before a row of the panel.
        stated: symbol and session at which a source names a split or a distribution: such a step is none of units.
    """
    before = panel.shifted(panel.close)
    with np.errstate(invalid="ignore", divide="ignore"):
        step = np.log(panel.open / before)
    left = np.flatnonzero(judged & (np.abs(np.nan_to_num(step)) > LEAST_FACTOR))
    if not len(left):
        return []
    symbol = panel.symbol_index[left]
    found: list[UnitRun] = []
    for row, at in zip(left.tolist(), symbol.tolist(), strict=True):
        if found and row <= found[-1].end:
            continue
        end = _back(panel, row, int(panel.offsets[at + 1]), step)
        if end is None or not judged[row:end].all() or _named(panel, at, (row, end), stated):
            continue
        run = UnitRun(row, end, math.exp(step[row]), is_unit(step[row]))
        if _quiet(panel, run, int(panel.offsets[at])):
            found.append(run)
    return found


def is_unit(step: float) -> bool:
    """Whether a step, of the logarithm, is about a ratio of units."""
    return min(abs(abs(step) - math.log(unit)) for unit in UNITS) <= NOISE


def _back(panel: Panel, row: int, last: int, step: Floats) -> int | None:
    """The first row after `row` that undoes its step, where all bars between stay at the factor; None if none does."""
    left = float(step[row])
    longest = LONGEST_IN_A_UNIT if is_unit(left) else LONGEST_AT_A_FACTOR
    for end in range(row + 1, min(row + longest + 1, last)):
        allowed = NOISE * math.sqrt(end - row + 1)
        came_back = abs(step[end] + left) <= NOISE and abs(math.log(panel.open[end] / panel.close[row - 1])) <= allowed
        if came_back:
            return end if end > row + 1 else None
        if abs(step[end]) > LEAST_FACTOR / 2 or abs(_off(panel, end, row, left)) > allowed:
            return None
    return None


def _off(panel: Panel, end: int, row: int, left: float) -> float:
    """How far the close at `end` is from where the step puts it, of the logarithm."""
    return math.log(panel.close[end] / panel.close[row - 1]) - left


def _named(panel: Panel, symbol: int, rows: tuple[int, int], stated: Collection[tuple[str, date]]) -> bool:
    name = str(panel.symbols[symbol])
    return any((name, panel.sessions[row].item()) in stated for row in rows)


def _quiet(panel: Panel, run: UnitRun, start: int) -> bool:
    """Whether no bar of the run has the volume of news; unknown volume is none for a ratio of units.

    At another factor the step must be far beyond what the symbol does by itself, too.
    """
    rows = slice(max(start, run.first - MEDIAN_BARS), run.first)
    shares, dollars = panel.volume[rows], panel.volume[rows] * panel.close[rows]
    inside = range(run.first, run.end)
    of_shares = [over_median(float(panel.volume[row]), shares) for row in inside]
    of_dollars = [over_median(float(panel.volume[row] * panel.close[row]), dollars) for row in inside]
    if run.unit:
        least = np.fmin(of_shares, of_dollars)
        return bool(not (least >= NEWS_VOLUME).any())
    most = np.array([of_shares, of_dollars])
    return bool((most < USUAL_VOLUME).all()) and over_usual(panel, run.first, start) > USUAL_MOVES
