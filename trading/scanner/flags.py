"""What a trader should check before trading a stock in play, and what nobody could have known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np

from trading.arrays import Days
from trading.bars.actions import Break, Split
from trading.bars.intraday import IntradayPanel
from trading.bars.panel import Panel, as_day
from trading.scanner.ranking import InPlay

PENNY_USD = 5.0
"""Source: a share below 5 USD is a penny stock to the SEC (17 CFR 240.3a51-1, paragraph d)."""
ILLIQUID_USD = 1e6
"""Traded in the session. Ours: an order of 10,000 USD is then 1 % of it, what `trading.risk.sizing` allows."""
SPLIT_SESSIONS = 20
"""As long as the usual volume reaches back over a split, it is a restated one."""

UNKNOWN: Mapping[str, str] = {
    "halted": "no source of trading halts is on record",
    "earnings tonight": "the calendar has days of reports and not when they were announced, so none counts before it",
    "sector at the time": "each name counts to the sector that is on record now",
}
"""What no name could be checked for, and why."""


def flags(
    panel: Panel, in_play: Sequence[InPlay], jumps: Iterable[Split | Break], events: Mapping[str, date]
) -> dict[str, tuple[str, ...]]:
    """The warnings of each stock in play, in words; empty where nothing was found.

    Args:
        panel: history as known at the session that was scanned, which is its last.
        in_play: the scan's list.
        jumps: splits and breaks; later ones are ignored.
        events: the day of a report that became knowable after the close of the session and before the question.
    """
    traded = panel.close * panel.volume
    since = _recent(jumps, np.unique(panel.sessions))
    return {
        one.symbol: tuple(_flags_of(one, float(panel.close[one.row]), float(traded[one.row]), since, events))
        for one in in_play
    }


def flags_now(
    bars: IntradayPanel, in_play: Sequence[InPlay], jumps: Iterable[Split | Break], sessions: Days
) -> dict[str, tuple[str, ...]]:
    """Likewise during a session: by the latest price, and by what was traded in the session so far.

    Args:
        bars: minutes that were scanned.
        in_play: the scan's list; its rows are of `bars`.
        jumps: splits and breaks known.
        sessions: the present one and those before it, ascending.
    """
    since = _recent(jumps, sessions)
    begins = bars.session_offsets
    out = {}
    for one in in_play:
        so_far = slice(begins[np.searchsorted(begins, one.row, side="right") - 1], one.row + 1)
        traded = float((bars.close[so_far] * bars.volume[so_far]).sum())
        out[one.symbol] = tuple(_flags_of(one, float(bars.close[one.row]), traded, since, {}))
    return out


def _recent(jumps: Iterable[Split | Break], sessions: Days) -> dict[str, tuple[Split | Break, int]]:
    """The latest jump of each symbol in the last `SPLIT_SESSIONS` sessions, and how many sessions ago it was."""
    if not len(sessions):
        return {}
    return {
        jump.symbol: (jump, len(sessions) - int(np.searchsorted(sessions, as_day(jump.session))) - 1)
        for jump in sorted(jumps, key=lambda jump: jump.session)
        if sessions[max(0, len(sessions) - 1 - SPLIT_SESSIONS)] <= as_day(jump.session) <= sessions[-1]
    }


def _flags_of(
    stock: InPlay,
    close: float,
    traded: float,
    since: Mapping[str, tuple[Split | Break, int]],
    events: Mapping[str, date],
) -> Iterable[str]:
    if close < PENNY_USD:
        yield f"penny: {close:,.2f} USD is below {PENNY_USD:g}"
    if traded < ILLIQUID_USD:
        yield f"illiquid: {traded:,.0f} USD traded, below {ILLIQUID_USD:,.0f}"
    if stock.symbol in since:
        jump, ago = since[stock.symbol]
        kind = "split" if isinstance(jump, Split) else "break in its prices"
        yield f"{kind} {ago} session{'' if ago == 1 else 's'} ago"
    if stock.symbol in events:
        yield f"earnings dated {events[stock.symbol]}: after this close or before it, the hour isn't known"
