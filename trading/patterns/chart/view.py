"""A panel as one direction sees it, so that each pattern is written once, for the long side.

The short side sees every price negated: a falling price rises, a high is a low. Rules therefore compare differences of
prices with other differences (ranges, heights), never prices with percentages, and a bear flag is a bull flag seen from
the other side by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trading.arrays import Flags, Floats, Ints
from trading.indicators.swings import Bars, Swings, swings

MINOR_ATR, MAJOR_ATR = 1.0, 2.5
"""Ranges of a turn: the small ones inside a consolidation, and those of the formation itself."""


@dataclass(frozen=True)
class View:
    """The bars of a panel times `sign`. All arrays but the swings have shape `(n_rows,)`.

    Attributes:
        sign: +1 long, -1 short.
        begin: first row of each row's symbol; `end`: one past its last.
        high: the higher end of the bar as seen; `low` the other.
        volume: shares, never negated; `atr` likewise.
        minor: turns of `MINOR_ATR` ranges; `major`: of `MAJOR_ATR`.
    """

    sign: int
    begin: Ints
    end: Ints
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    atr: Floats
    minor: Swings
    major: Swings

    @classmethod
    def of(cls, bars: Bars, atr: Floats) -> View:
        """The panel as a buyer sees it."""
        lengths = np.diff(bars.offsets)
        return cls(
            sign=1,
            begin=np.repeat(bars.offsets[:-1], lengths),
            end=np.repeat(bars.offsets[1:], lengths),
            high=bars.high,
            low=bars.low,
            close=bars.close,
            volume=bars.volume,
            atr=atr,
            minor=swings(bars, atr, MINOR_ATR),
            major=swings(bars, atr, MAJOR_ATR),
        )

    @property
    def mirrored(self) -> View:
        """The panel as the other side sees it."""
        return View(
            sign=-self.sign,
            begin=self.begin,
            end=self.end,
            high=-self.low,
            low=-self.high,
            close=-self.close,
            volume=self.volume,
            atr=self.atr,
            minor=self.minor.mirrored,
            major=self.major.mirrored,
        )

    def around(self, values: Floats, rows: Ints, first: int, last: int) -> Floats:
        """The values `first` to `last` bars from each row, NaN outside its symbol; shape `(n, last - first + 1)`."""
        at = rows[:, None] + np.arange(first, last + 1)
        inside = (at >= self.begin[rows][:, None]) & (at < self.end[rows][:, None])
        seen: Floats = np.where(inside, values[np.where(inside, at, 0)], np.nan)
        return seen

    def sequences(self, turns: Swings, count: int, last_side: int) -> list[Swings]:
        """Every `count` successive turns of one symbol that end with a high (+1) or a low (-1).

        Returns:
            All first turns, all second turns and so on: `count` items of equal length.
        """
        last = np.arange(count - 1, len(turns))
        last = last[turns.side[last] == last_side]
        first = last - count + 1
        last = last[self.begin[turns.row[first]] == self.begin[turns.row[last]]]
        return [turns.take(last - back) for back in range(count - 1, -1, -1)]


@dataclass(frozen=True)
class Found:
    """What a pattern's `find` answers: prices as seen by the view, each array of shape `(n,)`.

    Attributes:
        start: row where the formation began.
        row: row at whose close it triggered.
        level: the price whose break was the trigger.
        stop: the price that proves it wrong.
        target: where it aims.
    """

    start: Ints
    row: Ints
    level: Floats
    stop: Floats
    target: Floats


@dataclass(frozen=True)
class Line:
    """A straight line a formation, value `price` at row `row`, rising `slope` a bar; each of shape `(n,)`."""

    row: Ints
    price: Floats
    slope: Floats

    @classmethod
    def level(cls, row: Ints, price: Floats) -> Line:
        """A horizontal line."""
        return cls(row, price, np.zeros(len(row)))

    @classmethod
    def through(cls, first: Swings, second: Swings) -> Line:
        """The line from one turn to a later one."""
        return cls(first.row, first.price, (second.price - first.price) / (second.row - first.row))

    def at(self, row: Ints) -> Floats:
        """The line's price at `row`, shape `(n,)`."""
        price: Floats = self.price + self.slope * (row - self.row)
        return price

    def take(self, which: Ints | Flags) -> Line:
        """Those at the given positions."""
        return Line(self.row[which], self.price[which], self.slope[which])


def first_break(view: View, after: Swings, line: Line, floor: Floats, within: int) -> tuple[Ints, Ints]:
    """Formations whose line was broken, and where.

    The trigger is the first close above `line` after the turn `after`, at most `within` bars later. A formation is
    dropped when price fell below `floor` first, or broke the line before the turn was known: then nobody could have
    drawn it.

    Returns:
        Positions of the formations that triggered, and the row of each.
    """
    ahead = np.arange(1, within + 1)
    price = line.at(after.row)[:, None] + line.slope[:, None] * ahead
    above = view.around(view.close, after.row, 1, within) > price
    failed = view.around(view.low, after.row, 1, within) < floor[:, None]
    at = (above | failed).argmax(axis=1)
    every = np.arange(len(at))
    row = after.row + 1 + at
    hit = np.flatnonzero(above[every, at] & ~failed[every, at] & (row >= after.known_row))
    return hit, row[hit]
