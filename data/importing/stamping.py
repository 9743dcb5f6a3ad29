"""Where in a bar its stamp is, and on whose clock: what the hours of a session say."""

from __future__ import annotations

import numpy as np

from data.importing.clocks import CLOSE_S, EARLY_CLOSE_S, OPEN_S, Instants, clock_of, in_new_york
from data.importing.lengths import USUAL_SHARE, clock_words
from trading.arrays import Ints

SELDOM_SHARE = 0.05
BEFORE_HOURS_S, AFTER_HOURS_END_S = 14_400, 72_000
FEWEST_DAYS = 3


def stamped_at_the_end(distinct: Instants) -> str:
    """Why minutes seem to be stamped at their end; empty where they don't.

    Args:
        distinct: stamps of a file, UTC, ascending.
    """
    clock, days = _in_sessions(distinct)
    if (clock == AFTER_HOURS_END_S).any():
        return "some stand at 20:00 in New York, when the last minute of a day has ended"
    opening, closing, sessions = _at_the_edges(clock, days)
    if _nearly_all_and_hardly_any(closing, opening, sessions):
        return f"{closing} of {sessions} sessions have one at the close, such as 16:00, and {opening} at 09:30"
    return ""


def stamped_at_the_start(distinct: Instants) -> str:
    """Why bars seem to be stamped at their start, or in another time zone; empty where they don't.

    Args:
        distinct: stamps of a file, UTC, ascending.
    """
    clock, days = _in_sessions(distinct)
    if (clock == BEFORE_HOURS_S).any():
        return "some stand at 04:00 in New York, when no bar of the day has ended"
    opening, closing, sessions = _at_the_edges(clock, days)
    if _nearly_all_and_hardly_any(opening, closing, sessions):
        return f"{opening} of {sessions} sessions have one at 09:30, and {closing} at the close, such as 16:00"
    return ""


def _in_sessions(distinct: Instants) -> tuple[Ints, Instants]:
    """Seconds after midnight in New York, and the day there."""
    local = in_new_york(distinct)
    return clock_of(local), local.astype("datetime64[D]")


def _at_the_edges(clock: Ints, days: Instants) -> tuple[int, int, int]:
    """Sessions with a stamp at 09:30, with one at 16:00 or at the close of a half-day, and all of them."""
    regular = (clock >= OPEN_S) & (clock <= CLOSE_S)
    closing = np.unique(days[clock == CLOSE_S])
    later = np.unique(days[regular & (clock > EARLY_CLOSE_S)])
    early = np.setdiff1d(np.unique(days[clock == EARLY_CLOSE_S]), later) if len(closing) else closing
    opening = len(np.unique(days[clock == OPEN_S]))
    return opening, len(np.union1d(closing, early)), len(np.unique(days[regular]))


def _nearly_all_and_hardly_any(many: int, few: int, sessions: int) -> bool:
    return many > 0 and many >= USUAL_SHARE * sessions and few <= SELDOM_SHARE * sessions


def on_another_clock(distinct: Instants, bar_s: int) -> str:
    """Why the hours seem to be those of a regular session on another clock; empty where they don't.

    Args:
        distinct: stamps of a file, UTC, ascending.
        bar_s: length of a bar in seconds.
    """
    clock, days = _in_sessions(distinct)
    starts = np.flatnonzero(np.diff(days.astype(np.int64), prepend=-1))
    first, last = np.minimum.reduceat(clock, starts), np.maximum.reduceat(clock, starts)
    whole = last + bar_s - first == CLOSE_S - OPEN_S
    if whole.sum() < max(FEWEST_DAYS, USUAL_SHARE * len(starts)):
        return ""
    values, counts = np.unique(first[whole], return_counts=True)
    usual = int(values[counts.argmax()])
    if usual in {OPEN_S, OPEN_S + bar_s}:  # the second: stamped at their end, which is told otherwise
        return ""
    return (
        f"the bars of {int(whole.sum())} of {len(starts)} days span six and a half hours, as a regular session does, "
        f"from {clock_words(usual)} to {clock_words(usual + CLOSE_S - OPEN_S)} in New York"
    )
