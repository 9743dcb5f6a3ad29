"""What a break ends: the stretch of a symbol's bars before it, and what a position held into it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from trading.arrays import Days, Flags, Floats, Ints
from trading.bars.actions import Break, Split
from trading.bars.history import as_of
from trading.bars.panel import Panel, as_day


@dataclass(frozen=True)
class Endings:
    """Where the bars of a panel's symbols end at a break; arrays of shape `(n_symbols,)`.

    Attributes:
        session: of the break, at whose open positions are settled; NaT for a symbol that no break ends.
        before_usd: the last close before the break; NaN likewise.
        after_usd: the first open from the break on, in the shares of that session; NaN likewise.
        explained: whether the source explains the break; see `trading.bars.actions.Break`.
    """

    session: Days
    before_usd: Floats
    after_usd: Floats
    explained: Flags

    @property
    def ended(self) -> Flags:
        """Whether a break ends the symbol's bars."""
        return np.asarray(~np.isnat(self.session))

    def settled(self, symbol: Ints, sign: Floats) -> Floats:
        """What a share is worth to a position of this sign, in USD times the sign; NaN where no break ends the bars.

        An explained break settles at the last close before it. Any other settles at the worse of that and the first
        price after, as accounts do: an unexplained fall is a loss, and a rise that nobody explains is no profit.
        """
        before, after = self.before_usd[symbol] * sign, self.after_usd[symbol] * sign
        return np.where(self.explained[symbol], before, np.minimum(before, after))


def ended_panels(
    bars: Panel, splits: Iterable[Split], breaks: Iterable[Break], session: date
) -> Iterator[tuple[Panel, Endings]]:
    """The history with each symbol's stretch before its latest break, then before the one before that, and so on.

    Each panel is that of `as_of` but for the symbols that `Endings.ended` marks: they have the bars of one stretch, so
    that what is judged beside the market is judged beside all of it. A break counts once a bar of its session or of a
    later one is there.

    Args:
        bars: accepted bars, prices as printed.
        splits: from the data gates.
        breaks: from the data gates.
        session: the last session that is known.
    """
    last, splits = as_day(session), tuple(splits)
    cuts = _cuts(bars, breaks, last)
    plain = [cut for found in cuts.values() for cut in found]
    deepest = max(map(len, cuts.values()), default=0)
    at_depth = [
        {symbol: found[-depth] for symbol, found in cuts.items() if len(found) >= depth}
        for depth in range(1, deepest + 1)
    ]
    return (_ended(bars, splits, plain, of_symbol, last) for of_symbol in at_depth)


def _cuts(bars: Panel, breaks: Iterable[Break], last: np.datetime64) -> dict[str, list[Break]]:
    """By symbol, the breaks with a bar on both sides, ascending; of two at one session the unexplained one counts."""
    cuts: dict[str, dict[date, Break]] = {}
    for cut in sorted(set(breaks), key=lambda one: (one.symbol, one.session, not one.explained)):
        rows = _rows(bars, cut.symbol)
        days = bars.sessions[rows]
        if len(days) and days[0] < as_day(cut.session) <= days[-1] and _first_from(days, cut.session) <= last:
            cuts.setdefault(cut.symbol, {})[cut.session] = cut
    return {symbol: list(found.values()) for symbol, found in cuts.items()}


def _rows(bars: Panel, symbol: str) -> slice:
    position = int(np.searchsorted(bars.symbols, symbol))
    if position == len(bars.symbols) or bars.symbols[position] != symbol:
        return slice(0, 0)
    return slice(int(bars.offsets[position]), int(bars.offsets[position + 1]))


def _first_from(days: Days, session: date) -> np.datetime64:
    first: np.datetime64 = days[np.searchsorted(days, as_day(session))]
    return first


def _ended(
    bars: Panel, splits: tuple[Split, ...], plain: list[Break], of_symbol: dict[str, Break], last: np.datetime64
) -> tuple[Panel, Endings]:
    """The panel in which each of these symbols ends at its cut."""
    keep = np.ones(len(bars), dtype=np.bool_)
    after: dict[str, float] = {}
    for symbol, cut in of_symbol.items():
        rows, day = _rows(bars, symbol), as_day(cut.session)
        keep[rows] = bars.sessions[rows] < day
        after[symbol] = float(bars.open[rows][np.searchsorted(bars.sessions[rows], day)])
    until = {symbol: cut.session for symbol, cut in of_symbol.items()}
    panel = as_of(
        bars.take(np.flatnonzero(keep)),
        [one for one in splits if one.symbol not in until or one.session <= until[one.symbol]],
        [one for one in plain if one.symbol not in until or one.session < until[one.symbol]],
        last,
    )
    ended = [(at, of_symbol[name]) for at, name in enumerate(panel.symbols.tolist()) if name in of_symbol]
    return panel, _endings(panel, ended, after)


def _endings(panel: Panel, ended: list[tuple[int, Break]], after: dict[str, float]) -> Endings:
    count = len(panel.symbols)
    found = Endings(
        np.full(count, np.datetime64("NaT", "D")), np.full(count, np.nan), np.full(count, np.nan),
        np.zeros(count, dtype=np.bool_),
    )  # fmt: skip
    for at, cut in ended:
        found.session[at], found.explained[at] = as_day(cut.session), cut.explained
        found.before_usd[at], found.after_usd[at] = panel.close[panel.offsets[at + 1] - 1], after[cut.symbol]
    return found
