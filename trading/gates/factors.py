"""Factors by which a source adjusts its prices: what changes in them, how exactly, and where nothing does."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Flags, Floats, Ints
from trading.gates.ratios import Reading, ratio_of_decimals, read_ratio
from trading.gates.rounding import SINGLE_PRECISION, factor_errors

SAME_FACTOR = 1e-3
"""A smaller change is rounding, even where the source has many decimals."""
_SPAN = 1 << 24


@dataclass(frozen=True)
class FactorChange:
    """From `session` on, earlier prices times `ratio` can be compared with the later ones, says the source.

    Attributes:
        ratio: the factor before the session over the one from it on.
        error: how far the true ratio may lie from it, relative, by the decimals that the source gives.
        split: new shares for old ones where the source says them in a column of their own.
        dividend_usd: a new share, likewise.
        after: the last session before at which the source still said the earlier factor; it took effect later than
            that. None where it isn't known.
    """

    symbol: str
    session: date
    ratio: float
    error: float = SINGLE_PRECISION
    split: Fraction | None = None
    dividend_usd: float | None = None
    after: date | None = None

    def reading(self, close_before: float) -> Reading:
        """What the ratio stands for.

        Args:
            close_before: USD, of the session before, as printed.
        """
        if self.split is None and self.dividend_usd is None:
            return read_ratio(self.ratio, self.error, close_before)
        rest = self.ratio * float(self.split or 1)
        return Reading(self.split, rest if self.dividend_usd else 1.0, self.dividend_usd)


@dataclass(frozen=True)
class Statements:
    """What a source says of splits and distributions in the rows of a part.

    Attributes:
        changes: sessions for which it says that something happened.
        names: symbols, ascending, of `spoken`.
        spoken: position of a symbol in `names` times a span, plus the day since 1970, of each bar that the source
            compares with the bar before it; ascending.
    """

    changes: tuple[FactorChange, ...] = ()
    names: npt.NDArray[np.str_] = field(default_factory=lambda: np.empty(0, dtype=str))
    spoken: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def of_nothing(self, symbol: str, session: np.datetime64) -> bool:
        """Whether the source says that neither a split nor a distribution took effect at that session."""
        at = int(np.searchsorted(self.names, symbol))
        if at == len(self.names) or self.names[at] != symbol:
            return False
        key = at * _SPAN + int(session.astype("datetime64[D]").astype(np.int64)) + _SPAN // 2
        place = int(np.searchsorted(self.spoken, key))
        if place == len(self.spoken) or self.spoken[place] != key:
            return False
        return (symbol, session.astype("datetime64[D]").item()) not in self._changed

    @cached_property
    def _changed(self) -> frozenset[tuple[str, date]]:
        return frozenset(map(_when, self.changes))


NOTHING_STATED = Statements()


@dataclass(frozen=True)
class Rows:
    """Rows of bars by symbol, then session, with what the source says beside the prices.

    Attributes:
        names: symbols, ascending.
        code: which of them each row is of.
        factor: adjusted price / price; NaN where it isn't known.
        close: USD, as printed.
        split: new shares for an old one, 1 or 0 where none took effect, NaN where the source has no such column.
        dividend: USD a share, NaN likewise.
    """

    names: npt.NDArray[np.str_]
    code: Ints
    session: Days
    factor: Floats
    close: Floats
    split: Floats
    dividend: Floats

    def take(self, rows: Any) -> Self:
        """Some of the rows."""
        columns = (self.code, self.session, self.factor, self.close, self.split, self.dividend)
        return type(self)(self.names, *(column[rows] for column in columns))


ClosesBefore = Callable[[Sequence[str], date], Mapping[str, float]]
"""The last close, USD, of each of some symbols before a session; without those that have none."""


def statements(
    rows: Rows, last: dict[str, tuple[float, float]], closes_before: ClosesBefore | None = None
) -> Statements:
    """What the source says in these rows.

    Args:
        rows: of one part.
        last: factor and its error of each symbol in the rows before; those of these rows are put into it.
        closes_before: asked for symbols of which something took effect at their first row; None where none precede.
    """
    spoken = np.isfinite(rows.split)
    changes = [*_told_outright(rows, closes_before)]
    outright = {(change.symbol, change.session) for change in changes}
    known = np.flatnonzero(np.isfinite(rows.factor) & (rows.factor > 0))
    if len(known):
        found, compared, changed = _factor_changes(rows if len(known) == len(rows.code) else rows.take(known), last)
        spoken[known[compared]] = True
        spoken |= _between_equal(rows, known, compared & ~changed)
        changes += [change for change in found if (change.symbol, change.session) not in outright]
    keys = rows.code[spoken] * _SPAN + rows.session[spoken].astype(np.int64) + _SPAN // 2
    return Statements(tuple(sorted(changes, key=_when)), rows.names, np.sort(keys))


def _when(change: FactorChange) -> tuple[str, date]:
    return change.symbol, change.session


def _told_outright(rows: Rows, closes_before: ClosesBefore | None) -> Iterable[FactorChange]:
    """Rows in which columns of their own name a split or a dividend."""
    with np.errstate(invalid="ignore"):
        splits, paid = (rows.split > 0) & (rows.split != 1), rows.dividend > 0
    events = np.flatnonzero(splits | paid)
    before = _closes_before(rows, events, closes_before)
    for row, close in zip(events.tolist(), before.tolist(), strict=True):
        if not close > 0:
            continue
        split = ratio_of_decimals(float(rows.split[row])) if splits[row] else None
        amount = float(rows.dividend[row]) if paid[row] else None
        ratio = (1 - (amount or 0.0) * float(split or 1) / close) / float(split or 1)
        if ratio > 0:
            name, session = str(rows.names[rows.code[row]]), rows.session[row].item()
            yield FactorChange(name, session, ratio, split=split, dividend_usd=amount)


def _closes_before(rows: Rows, events: Ints, closes_before: ClosesBefore | None) -> Floats:
    """The close before each of the rows; NaN where there is none."""
    closes = rows.close[events - 1].astype(np.float64)
    first = (events == 0) | (rows.code[events - 1] != rows.code[events])
    closes[first] = np.nan
    if closes_before is None:
        return closes
    for session in np.unique(rows.session[events[first]]):
        mine = np.flatnonzero(first & (rows.session[events] == session))
        names = [str(rows.names[rows.code[events[at]]]) for at in mine.tolist()]
        known = closes_before(names, session.item())
        closes[mine] = [known.get(name, math.nan) for name in names]
    return closes


def _between_equal(rows: Rows, known: Ints, unchanged: Flags) -> Flags:
    """Rows without a factor between two that are the same: nothing happened there either.

    Args:
        rows: of one part.
        known: those that have a factor, ascending.
        unchanged: which of those have the factor of the one before.
    """
    at = np.searchsorted(known, np.arange(len(rows.code)))
    after = np.minimum(at, len(known) - 1)
    return np.asarray(unchanged[after] & (at < len(known)) & (rows.code[known[after]] == rows.code))


def _factor_changes(rows: Rows, last: dict[str, tuple[float, float]]) -> tuple[list[FactorChange], Flags, Flags]:
    """Each change of a symbol's factor, which rows have a row before to be compared with, and which of them changed."""
    error = factor_errors(rows.code, rows.factor, rows.close)
    starts = np.flatnonzero(np.diff(rows.code, prepend=-1))
    names = [str(name) for name in rows.names[rows.code[starts]]]
    before, error_before = np.roll(rows.factor, 1), np.roll(error, 1)
    nothing = (math.nan, 0.0)
    before[starts] = [last.get(name, nothing)[0] for name in names]
    error_before[starts] = [last.get(name, nothing)[1] for name in names]
    ends = [*(starts[1:] - 1).tolist(), len(rows.code) - 1]
    last.update({name: (float(rows.factor[end]), float(error[end])) for name, end in zip(names, ends, strict=True)})
    bound = error_before + error
    with np.errstate(invalid="ignore"):
        changed = np.abs(before / rows.factor - 1) > np.maximum(SAME_FACTOR, bound)
    at = np.flatnonzero(changed)
    inside = (np.diff(rows.code, prepend=-1) == 0)[at]
    day_before = rows.session[np.maximum(at - 1, 0)]
    columns = (rows.names[rows.code[at]], rows.session[at], before[at] / rows.factor[at], bound[at], day_before, inside)
    found = [
        FactorChange(symbol=symbol, session=session, ratio=ratio, error=most, after=after if held else None)
        for symbol, session, ratio, most, after, held in zip(*(one.tolist() for one in columns), strict=True)
    ]
    return found, np.isfinite(before), changed
