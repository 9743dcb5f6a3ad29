"""The scanner: which stocks are in play at the close of a session, why, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np

from trading.arrays import Days, Floats, Ints
from trading.bars.actions import Break, Split
from trading.bars.panel import Panel, as_date, as_day
from trading.catalysts.earnings import Catalyst
from trading.market.context import MarketContext
from trading.scanner.ranking import Candidates, InPlay, Scan, ranked
from trading.scanner.rules import ScannerRules, large_cap, ross_cameron

__all__ = ["InPlay", "Scan", "ScannerRules", "large_cap", "recent_jumps", "ross_cameron", "scan"]


def scan(
    panel: Panel,
    indicators: Mapping[str, Floats],
    context: MarketContext,
    catalyst: Catalyst,
    *,
    session: date | np.datetime64,
    rules: ScannerRules,
    jumps: Iterable[Split | Break] = (),
    float_shares: Mapping[str, float] | None = None,
) -> Scan:
    """Every symbol of the panel is in play or counted under the reason why it is not.

    Args:
        panel: history as known at `session`.
        indicators: `trading.indicators.daily.compute(panel)`.
        context: of the panel; its sessions say how long ago a split or break was.
        catalyst: of the panel.
        session: the session that has just closed.
        rules: what is asked for.
        jumps: splits and breaks from the data gates; later ones are ignored.
        float_shares: free float by symbol where it is known; a name without one passes that rule.
    """
    day = as_day(session)
    quiet = recent_jumps(jumps, context.sessions, day, rules.quiet_sessions)
    found = _candidates(panel, indicators, catalyst, panel.rows_at(day), both_directions=rules.both_directions)
    in_play, excluded = ranked(found, rules, float_shares or {}, quiet)
    stale = len(panel.symbols) - len(found.rows)
    if stale:
        excluded["stale: no bar in this session"] = stale
    return Scan(as_date(day), in_play, dict(sorted(excluded.items())))


def _candidates(
    panel: Panel, indicators: Mapping[str, Floats], catalyst: Catalyst, rows: Ints, *, both_directions: bool
) -> Candidates:
    symbols = panel.symbols[panel.symbol_index[rows]]
    change, gap = indicators["return_1"][rows], indicators["gap_pct"][rows]
    move = np.maximum(np.abs(change), np.abs(gap)) if both_directions else np.maximum(change, gap)
    return Candidates(
        rows=rows,
        symbols=symbols,
        close=panel.close[rows],
        dollar_volume=panel.close[rows] * panel.volume[rows],
        change=change,
        gap=gap,
        move=move,
        volume_ratio=indicators["volume_ratio_20"][rows],
        has_catalyst=catalyst.has_catalyst[rows],
        sessions_since_event=catalyst.sessions_since_event[rows],
    )


def recent_jumps(jumps: Iterable[Split | Break], sessions: Days, day: np.datetime64, quiet_sessions: int) -> list[str]:
    """Symbols with a split or break in `day` or in the `quiet_sessions` sessions before it."""
    known = sessions[sessions <= day]
    if len(known) == 0:
        return []
    since = known[max(0, len(known) - 1 - quiet_sessions)]
    return sorted({jump.symbol for jump in jumps if since <= as_day(jump.session) <= day})
