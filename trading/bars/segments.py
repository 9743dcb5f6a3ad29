"""Spans of sessions over which nothing known is restated, so that one analysis holds for each session in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from trading.bars.actions import Break, Split


@dataclass(frozen=True)
class Segment:
    """Neighbouring sessions, first and last included.

    Within them no split and no break takes effect. What is computed at a session depends on that session and earlier
    ones only, so values at each of them on the history up to `last` are those on the history up to the session itself.
    """

    first: date
    last: date


def segments(sessions: Sequence[date], splits: Iterable[Split], breaks: Iterable[Break]) -> list[Segment]:
    """The segments of `sessions` (ascending), which they cover without overlap; none without a session."""
    restated = sorted({split.session for split in splits} | {cut.session for cut in breaks})
    found: list[Segment] = []
    at = 0
    while at < len(sessions):
        first = last = sessions[at]
        until = next((day for day in restated if day > first), None)
        while at < len(sessions) and (until is None or sessions[at] < until):
            last = sessions[at]
            at += 1
        found.append(Segment(first, last))
    return found
