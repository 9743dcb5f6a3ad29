"""Segments cover the sessions and end where something known is restated."""

from __future__ import annotations

from datetime import date

from trading.bars.actions import Split
from trading.bars.segments import Segment, segments

DAYS = [date(2010, 1, day) for day in (4, 5, 6, 7, 8)]


def test_a_segment_begins_where_a_split_takes_effect() -> None:
    """A split of the third session divides five into two and three; earlier and later ones divide nothing."""
    splits = [Split("A", day, 2, 1) for day in (date(2009, 12, 1), DAYS[2], date(2010, 2, 1))]
    assert segments(DAYS, splits, ()) == [Segment(DAYS[0], DAYS[1]), Segment(DAYS[2], DAYS[4])]


def test_a_split_between_two_sessions_of_the_window_divides_them() -> None:
    """A split on a day without a bar is known at the next session."""
    assert segments([DAYS[0], DAYS[4]], [Split("A", DAYS[2], 2, 1)], ()) == [
        Segment(DAYS[0], DAYS[0]),
        Segment(DAYS[4], DAYS[4]),
    ]


def test_no_sessions_no_segments() -> None:
    """And a quiet window is one."""
    assert segments([], (), ()) == []
    assert segments(DAYS, (), ()) == [Segment(DAYS[0], DAYS[4])]
