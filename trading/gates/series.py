"""Gates that look at a stretch of bars, later ones included: they warn, and withhold nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from trading.arrays import Flags, Floats, Ints
from trading.bars.panel import Panel
from trading.gates.findings import Finding

SPIKE = 0.25
"""Of the logarithm of the close: this far from the bars before and after, the market's move taken off."""
SPIKE_BACK = 0.2
"""The next bar is back where it was, to this fraction of the spike."""
SPIKE_MOVES = 10.0
"""A spike is this many times the usual move of the symbol between two closes."""
MARKET_SYMBOLS = 3
USUAL_BARS = 15
STALE_REPEATS = 3
"""Repeats in a row of a bar without a range; one with a range that repeats to the share is a copy the first time."""
SILENT_BARS = 20
UNIT_STEP = (50.0, 200.0)
"""Of the median volume: a step from shares to lots of a hundred, or back, and what else there may be around it."""
UNIT_BARS = 10
"""Bars after a step that must all lie beyond all of the `USUAL_BARS` before it."""
UNIT_PRICE = 0.2
"""Of the logarithm of the close; a larger step is a split, another company or news, which other gates see."""


def series_findings(panel: Panel, judged: Flags) -> Iterator[Finding]:
    """What is odd about the stretches that end in a judged bar, by gate.

    Args:
        panel: bars of earlier sessions included, about 25 a symbol.
        judged: rows that are new; what they complete is told, once. Shape `(n_rows,)`.
    """
    if not len(panel):
        return
    yield from _spikes(panel, judged)
    yield from _runs(panel, judged, _copies(panel), "stale_bars", "repeat(s) of the bar before in every value")
    silent = _long(panel, _as_before(panel, panel.volume == 0) & (panel.volume == 0), SILENT_BARS - 1)
    yield from _runs(panel, judged, silent, "silent_series", "more session(s) in which no share was traded")
    yield from _unit_steps(panel, judged)


def _finding(panel: Panel, gate: str, row: int, rows: int, detail: str) -> Finding:
    symbol = str(panel.symbols[np.searchsorted(panel.offsets, row, side="right") - 1])
    return Finding(
        gate=gate,
        severity="warning",
        symbol=symbol,
        session=panel.sessions[row].item(),
        rows=rows,
        detail=f"{detail}; kept",
    )


def _spikes(panel: Panel, judged: Flags) -> Iterator[Finding]:
    """A close that leaves both neighbours and the market, told when the bar after it comes in."""
    log = np.log(panel.close)
    same = _same_symbol(panel)
    move = np.where(same, log - np.roll(log, 1), np.nan)
    days, at = np.unique(panel.sessions, return_inverse=True)
    market = _medians(move, at, len(days))[at]
    own = move - market
    back = np.flatnonzero(judged & same & (np.abs(own) > SPIKE * (1 - SPIKE_BACK)))
    rows = back - 1
    for row in rows[np.abs(np.nan_to_num(own[rows])) > SPIKE].tolist():
        if abs(own[row] + own[row + 1]) > SPIKE_BACK * abs(own[row]):
            continue
        first = int(panel.offsets[np.searchsorted(panel.offsets, row, side="right") - 1])
        before = own[max(first + 1, row - USUAL_BARS) : row]
        if len(before) < USUAL_BARS or abs(own[row]) < SPIKE_MOVES * np.nanmedian(np.abs(before)):
            continue
        closes = ", ".join(f"{value:g}" for value in panel.close[row - 1 : row + 2])
        detail = f"three closes are {closes}; the market moved {market[row]:+.1%} and {market[row + 1]:+.1%}"
        yield _finding(panel, "price_spike", row, 1, detail)


def _medians(values: Floats, group: Ints, groups: int) -> Floats:
    """The median of each group; 0 where fewer than `MARKET_SYMBOLS` have a value, which make no market."""
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(group[known].astype(np.int32), kind="stable")]
    ends = np.cumsum(np.bincount(group[order], minlength=groups))
    medians = np.zeros(groups)
    for at, (start, end) in enumerate(zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True)):
        if end - start >= MARKET_SYMBOLS:
            medians[at] = np.median(values[order[start:end]])
    return medians


def _same_symbol(panel: Panel) -> Flags:
    """Rows whose row before is of the same symbol."""
    same = np.ones(len(panel), dtype=np.bool_)
    same[panel.offsets[:-1][np.diff(panel.offsets) > 0]] = False
    return same


def _as_before(panel: Panel, flags: Flags) -> Flags:
    """Rows whose row before, of the same symbol, has the flag."""
    return np.asarray(_same_symbol(panel) & np.roll(flags, 1))


def _copies(panel: Panel) -> Flags:
    """Bars that repeat the one before: with a range at once, without one from the third repeat in a row on."""
    same = _same_symbol(panel) & (panel.volume > 0)
    for values in (panel.open, panel.high, panel.low, panel.close, panel.volume):
        same &= values == np.roll(values, 1)
    return np.asarray((same & (panel.high > panel.low)) | _long(panel, same, STALE_REPEATS))


def _long(panel: Panel, flags: Flags, least: int) -> Flags:
    """Of the flags those that stand in runs of at least `least`; a run never spans two symbols."""
    run = _run_numbers(panel, flags)
    lengths = np.bincount(run[flags], minlength=1) if flags.any() else np.zeros(1, dtype=np.int64)
    return np.asarray(flags & (lengths[np.minimum(run, len(lengths) - 1)] >= least))


def _run_numbers(panel: Panel, flags: Flags) -> Ints:
    """The same number for flagged rows that follow each other in one symbol."""
    starts = flags & ~_as_before(panel, flags)
    numbers: Ints = np.cumsum(starts)
    return numbers


def _runs(panel: Panel, judged: Flags, flags: Flags, gate: str, words: str) -> Iterator[Finding]:
    """One finding for each run of flags, about its judged rows."""
    rows = np.flatnonzero(flags & judged)
    if not len(rows):
        return
    run = _run_numbers(panel, flags)[rows]
    first = np.flatnonzero(np.diff(run, prepend=-1))
    for row, count in zip(rows[first].tolist(), np.diff([*first, len(rows)]).tolist(), strict=True):
        yield _finding(panel, gate, row, count, f"{count} {words}, from {panel.sessions[row]} on")


def _unit_steps(panel: Panel, judged: Flags) -> Iterator[Finding]:
    """The usual volume becomes a hundredfold or a hundredth, for good, while the price stays."""
    last = UNIT_BARS - 1
    if len(panel) < USUAL_BARS + UNIT_BARS:
        return
    with np.errstate(divide="ignore", invalid="ignore"):
        step = panel.volume / np.roll(panel.volume, 1)
        move = np.abs(np.log(panel.close / np.roll(panel.close, 1)))
    index = panel.symbol_index
    rows = np.flatnonzero(((step > 5) | (step < 1 / 5)) & (move < UNIT_PRICE))  # noqa: PLR2004 - a cheap first look
    rows = rows[(rows >= USUAL_BARS) & (rows + last < len(panel))]
    rows = rows[(index[rows - USUAL_BARS] == index[rows + last]) & judged[rows + last]]
    windows = sliding_window_view(panel.volume, USUAL_BARS + UNIT_BARS)[rows - USUAL_BARS]
    before, after = windows[:, :USUAL_BARS], windows[:, USUAL_BARS:]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.median(after, axis=1) / np.median(before, axis=1)
    least, most = UNIT_STEP
    up = (after.min(axis=1) > before.max(axis=1)) & (ratio >= least) & (ratio <= most)
    down = (after.max(axis=1) < before.min(axis=1)) & (ratio <= 1 / least) & (ratio >= 1 / most)
    for row, by in zip(rows[up | down].tolist(), ratio[up | down].tolist(), strict=True):
        detail = f"the median volume of {UNIT_BARS} bars is {by:.3g} times that of the {USUAL_BARS} before"
        yield _finding(panel, "volume_unit_change", row, UNIT_BARS, detail)
