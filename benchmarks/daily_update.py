"""The whole market, all signals: one new session, and the full history, against pandas and TA-Lib symbol by symbol."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.daily_cycle import PATTERNS, agreement, frame_of, session_work, symbol_by_symbol
from benchmarks.markets import Universe, large, sample
from benchmarks.measure import Table, Timing, timed
from trading.bars.actions import Break, Split
from trading.bars.history import as_of
from trading.cycle.stages import Market, Patterns, regimes_of
from trading.indicators.levels import compute_levels
from trading.indicators.swings import swings
from trading.market.regimes import Regimes
from trading.patterns.chart import registry
from trading.scanner.at_close import large_cap, scan
from trading.views.setups import build_setups

MINOR_ATR = 1.5
CHUNK_ROWS = 300_000
"""Rows whose setups are held at once: about 200 MB."""


@dataclass(frozen=True)
class Signals:
    """What is known of the market after the last session."""

    market: Market
    patterns: Patterns
    regimes: Regimes


def one_session(universe: Universe) -> Signals:
    """All signals after one new session, made of the whole history as it was known then.

    Indicators, patterns, catalysts, market context, the session's setups and its scan are those of
    `benchmarks.daily_cycle.session_work`; levels and regimes are added.
    """
    market, patterns = session_work(universe)
    panel, atr = market.panel, market.indicators["atr_14"]
    compute_levels(panel, swings(panel, atr, MINOR_ATR))
    found = regimes_of(market, patterns)
    found.at(universe.last)
    return Signals(market, patterns, found)


def full_history(universe: Universe) -> tuple[int, int]:
    """All signals of every session: those of `one_session`, and the scan and the setups of each session before.

    Returns:
        How many setups there were and how many stocks in play, over all sessions.
    """
    signals = one_session(universe)
    market, patterns = signals.market, signals.patterns
    panel = market.panel
    jumps: list[Split | Break] = [*universe.splits, *universe.breaks]
    in_play: int = sum(
        len(
            scan(
                panel, market.indicators, market.context, patterns.catalyst, session=session, rules=large_cap(),
                jumps=jumps,
            ).in_play
        )
        for session in market.context.sessions
    )  # fmt: skip
    setups = 0
    for first in range(0, len(panel), CHUNK_ROWS):
        rows = np.arange(first, min(first + CHUNK_ROWS, len(panel)), dtype=np.int64)
        made = build_setups(
            panel, market.indicators, market.context, patterns.detections, patterns.catalyst, rows=rows,
            regime=signals.regimes,
        )  # fmt: skip
        setups += len(made.row)
    return setups, in_play


def _row(table: Table, work: str, timing: Timing, peer: Timing) -> None:
    table.add(work, timing, seconds=timing.median_s, peer_seconds=peer.median_s, ratio=peer.median_s / timing.median_s)


def run() -> Table:
    """The table of this benchmark; `ratio` says how many times as long the loop over the symbols takes."""
    universe = large()
    table = Table("daily_update", "all signals of a market, the loop over its symbols indicators and candlesticks only")
    if universe is None:
        table.notes.append("on the bundled sample: set INPLAY_SHARED to the folder that holds data/ for a whole market")
        universe = sample()
    panel = as_of(universe.bars, universe.splits, universe.breaks, universe.last)
    table.notes.append(
        f"{universe.words}, {len(np.unique(panel.sessions))} sessions, as printed; {len(PATTERNS)} candlesticks"
    )
    theirs = symbol_by_symbol(frame_of(panel))
    signals = one_session(universe)
    table.notes.append(agreement(signals.market, signals.patterns, theirs))
    table.notes.append(f"the last session: {signals.regimes.at(universe.last).words}")
    table.notes.append(f"{len(signals.patterns.detections.charts):,} chart patterns of {len(registry.NAMES)} kinds")
    del theirs, signals
    peer = timed(lambda: symbol_by_symbol(frame_of(panel)), repeats=1, warm_up=False)
    day = timed(lambda: one_session(universe), repeats=3, warm_up=False)
    counted: list[tuple[int, int]] = []
    full = timed(lambda: counted.append(full_history(universe)), repeats=1, warm_up=False)

    table.notes.append(f"the full history holds {counted[0][0]:,} setups and {counted[0][1]:,} stocks in play")
    _row(table, "one new session, whole history behind it", day, peer)
    _row(table, "the full history, every session scanned, every bar a setup", full, peer)
    _row(table, "pandas and TA-Lib by symbol", peer, peer)
    return table
