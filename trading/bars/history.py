"""History as it was known at the close of a session: no later bar, no later split, no later break."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pyarrow as pa

from trading.arrays import Days
from trading.bars.actions import Break, Split
from trading.bars.panel import Panel, as_day


def as_of(
    bars: pa.Table | Panel, splits: Iterable[Split], breaks: Iterable[Break], session: date | np.datetime64
) -> Panel:
    """The panel that a decision at the close of `session` may look at.

    Bars of later sessions are absent. A symbol starts at its latest break known by then. Bars before a split known by
    then are restated in new shares: price divided by the factor, volume multiplied by it. All else is as printed.

    Args:
        bars: accepted bars, prices as printed. Pass a Panel when this is called for each session: sorting a table
            costs far more than the cut.
        splits: from the data gates; a split that is listed twice counts once.
        breaks: from the data gates.
        session: the last session that is known.

    Returns:
        A new panel; symbols without a bar in it are left out. `bars` is untouched.
    """
    panel = bars if isinstance(bars, Panel) else Panel.from_arrow(bars)
    last = as_day(session)
    first = _first_sessions(panel, breaks, last)
    known = (panel.sessions <= last) & (panel.sessions >= np.repeat(first, np.diff(panel.offsets)))
    history = panel.take(np.flatnonzero(known))
    for split in sorted(set(splits)):
        if as_day(split.session) <= last:
            _restate(history, split)
    return history


def _position(panel: Panel, symbol: str) -> int | None:
    position = int(np.searchsorted(panel.symbols, symbol))
    found = position < len(panel.symbols) and panel.symbols[position] == symbol
    return position if found else None


def _first_sessions(panel: Panel, breaks: Iterable[Break], last: np.datetime64) -> Days:
    """The session each symbol's history starts at, shape `(n_symbols,)`."""
    first = np.full(len(panel.symbols), np.datetime64("0001-01-01", "D"))
    for cut in breaks:
        session = as_day(cut.session)
        position = _position(panel, cut.symbol)
        if position is not None and session <= last:
            first[position] = max(first[position], session)
    return first


def _restate(history: Panel, split: Split) -> None:
    """Bars before the split are in new shares afterwards; `history` owns its arrays, so this works in place."""
    position = _position(history, split.symbol)
    if position is None:
        return
    start, end = history.offsets[position : position + 2]
    count = np.searchsorted(history.sessions[start:end], as_day(split.session))
    before = slice(start, start + count)
    for prices in (history.open, history.high, history.low, history.close):
        prices[before] = prices[before] * split.denominator / split.numerator
    history.volume[before] = history.volume[before] * split.numerator / split.denominator
