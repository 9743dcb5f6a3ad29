"""Buy and hold: what the universe itself returned, in equal weights, without costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np

from trading.arrays import Floats
from trading.bars.actions import Break, Split
from trading.bars.history import as_of
from trading.bars.panel import Panel, as_day


def equal_weight(
    bars: Panel, splits: Iterable[Split], breaks: Iterable[Break], sessions: Sequence[date], start_equity: float
) -> list[float]:
    """Equity at the close of each session of equal amounts put into every symbol at the open of the first.

    Every symbol with a bar in the first session takes part to the end: one that stops printing stays at its last close,
    one whose history breaks (a spin-off, lost bars) stays at its last close before the break. Nothing is rebalanced,
    dividends and costs are left out.

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
    held = closes[:, panel.symbol_index[members]]
    last = np.maximum.accumulate(np.where(np.isfinite(held), np.arange(len(days))[:, None], 0), axis=0)
    growth = held[last, np.arange(held.shape[1])] / panel.open[members]
    return [start_equity * float(value) for value in growth.mean(axis=1)]
