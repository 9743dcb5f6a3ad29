"""Buy and hold: what the universe itself returned, in equal weights, without costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np

from trading.arrays import Days, Floats
from trading.bars.actions import Break, Split
from trading.bars.history import as_of
from trading.bars.panel import Panel, as_day

BENCHMARK = "equal-weight buy and hold"
"""Its name in reports."""


def equal_weight(
    bars: Panel, splits: Iterable[Split], breaks: Iterable[Break], sessions: Sequence[date], start_equity: float
) -> list[float]:
    """Equity at the close of each session of equal amounts put into every symbol at the open of the first.

    Every symbol with a bar in the first session takes part to the end: one that stops printing stays at its last close,
    one whose history breaks stays at its last close before the break where the source explains that (a spin-off), and
    at the worse of that and the first price after it where nobody knows what happened, as a position does. Nothing is
    rebalanced, dividends and costs are left out.

    Args:
        bars: accepted bars, prices as printed.
        splits: from the data gates.
        breaks: from the data gates.
        sessions: ascending.
        start_equity: in any unit.
    """
    panel = as_of(bars, splits, (), sessions[-1])
    days = np.array(sessions, dtype="datetime64[D]")
    members = panel.rows_at(as_day(sessions[0]))
    closes: Floats = np.full((len(days), len(panel.symbols)), np.nan)
    inside = np.flatnonzero(np.isin(panel.sessions, days))
    closes[np.searchsorted(days, panel.sessions[inside]), panel.symbol_index[inside]] = panel.close[inside]
    for cut in breaks:
        if cut.session <= sessions[0]:
            continue
        at = np.flatnonzero(panel.symbols == cut.symbol)
        closes[np.ix_(days >= as_day(cut.session), at)] = np.nan
        if not cut.explained and len(at):
            _settle(closes, panel, int(at[0]), cut, days)
    held = closes[:, panel.symbol_index[members]]
    last = np.maximum.accumulate(np.where(np.isfinite(held), np.arange(len(days))[:, None], 0), axis=0)
    growth = held[last, np.arange(held.shape[1])] / panel.open[members]
    return [start_equity * float(value) for value in growth.mean(axis=1)]


def _settle(closes: Floats, panel: Panel, symbol: int, cut: Break, days: Days) -> None:
    """The symbol is worth the first price after an unexplained break from then on, where that is less than before."""
    start, end = panel.offsets[symbol : symbol + 2]
    row = int(start + np.searchsorted(panel.sessions[start:end], as_day(cut.session)))
    if start < row < end and panel.open[row] < panel.close[row - 1]:
        closes[days >= as_day(cut.session), symbol] = panel.open[row]
