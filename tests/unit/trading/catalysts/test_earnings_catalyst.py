"""Catalysts are used only when they were knowable."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.trading.made_bars import closes
from trading.bars.panel import BARS_SCHEMA, Panel
from trading.catalysts.earnings import Catalyst, covered_at, earnings_catalyst
from trading.errors import BadDataError

# Monday 2010-01-04 to Friday 2010-01-15.
PANEL = Panel.from_arrow(pa.concat_tables([closes("A", [10.0] * 10), closes("B", [20.0] * 10)]))


def _events(*rows: tuple[str, date]) -> pa.Table:
    symbols, days = zip(*rows, strict=True) if rows else ((), ())
    return pa.table({"symbol": pa.array(symbols, pa.string()), "event_date": pa.array(days, pa.date32())})


LAST_QUARTER = date(2009, 10, 22)
"""A report before the panel: the source follows the company, and nothing in the panel comes of it."""


def _of_a(events: pa.Table) -> tuple[list[float], list[float]]:
    got = earnings_catalyst(PANEL, pa.concat_tables([_events(("A", LAST_QUARTER)), events]))
    return got.has_catalyst[:10].tolist(), got.sessions_since_event[:10].tolist()


def test_an_event_counts_from_the_session_after_its_day_for_three_sessions() -> None:
    """An event of Thursday 7th is unknown on the 7th, a catalyst on the 8th, 11th and 12th, and over on the 13th."""
    has, since = _of_a(_events(("A", date(2010, 1, 7))))
    assert has[2:] == [0, 0, 1, 1, 1, 0, 0, 0]
    np.testing.assert_equal(since, [np.nan] * 4 + [1, 2, 3, 4, 5, 6])


def test_an_event_of_a_weekend_counts_from_monday() -> None:
    """Saturday 9th is knowable at the close of Monday 11th: one session since."""
    has, since = _of_a(_events(("A", date(2010, 1, 9))))
    assert has[4:7] == [0, 1, 1]
    assert since[5] == 1


def test_the_latest_of_several_events_counts_whatever_their_order() -> None:
    """Events of the 5th and 12th, listed backwards, next to another symbol's."""
    _, since = _of_a(_events(("B", date(2010, 1, 13)), ("A", date(2010, 1, 12)), ("A", date(2010, 1, 5))))
    np.testing.assert_equal(since, [np.nan, np.nan, 1, 2, 3, 4, 5, 1, 2, 3])


def test_what_nobody_covers_is_unknown() -> None:
    """A symbol outside the source has NaN, not 0; one that it follows and that reported nothing has 0."""
    got = earnings_catalyst(PANEL, _events(("A", LAST_QUARTER)))
    assert np.isnan(got.has_catalyst[10:]).all()
    assert np.isnan(got.sessions_since_event[10:]).all()
    assert got.has_catalyst[2:10].tolist() == [0.0] * 8


def test_a_source_covers_a_company_from_the_day_after_its_first_report_for_135_days() -> None:
    """Nothing is known of A before its first report; 135 days after one, on the 14th, it is followed for the last day.

    A report of 2009-09-01 is 135 days old on Thursday 2010-01-14. What comes later changes nothing before.
    """
    first = earnings_catalyst(PANEL, _events(("A", date(2010, 1, 7)))).has_catalyst[:10]
    np.testing.assert_equal(first, [np.nan] * 4 + [1, 1, 1, 0, 0, 0])
    for events in ([], [("A", date(2010, 1, 15))]):
        last = earnings_catalyst(PANEL, _events(("A", date(2009, 9, 1)), *events)).has_catalyst[:10]
        np.testing.assert_equal(last, [np.nan, np.nan, 0, 0, 0, 0, 0, 0, 0, np.nan])


@pytest.mark.parametrize("seed", range(5))
def test_each_bar_is_covered_as_the_day_of_its_session_would_say(seed: int) -> None:
    """Whether a bar knows of catalysts is `covered_at` of its session, for any calendar of a year and a half."""
    rng = np.random.default_rng(seed)
    panel = Panel.from_arrow(pa.concat_tables([closes(name, [10.0] * 150) for name in "ABC"]))
    days = np.datetime64("2009-06-01") + rng.integers(0, 500, 6)
    events = _events(*zip(rng.choice(list("ABCZ"), 6).tolist(), days.tolist(), strict=True))
    has = earnings_catalyst(panel, events).has_catalyst
    late = panel.sessions >= np.unique(panel.sessions)[2]
    told = [
        name in covered_at(events, day)
        for name, day in zip(panel.row_symbols.tolist(), panel.sessions.tolist(), strict=True)
    ]
    assert np.isfinite(has[late]).tolist() == np.array(told)[late].tolist()


def test_the_first_sessions_are_unknown() -> None:
    """An event before the panel could still be a catalyst in its first two sessions, so silence there is not 0."""
    has, _ = _of_a(_events(("A", date(2009, 12, 31))))
    np.testing.assert_equal(has[:3], [np.nan, np.nan, 0.0])


def test_a_later_event_changes_nothing_before_it() -> None:
    """Adding tomorrow's event leaves every earlier row as it was."""
    early, late = _events(("A", date(2010, 1, 6))), _events(("A", date(2010, 1, 6)), ("A", date(2010, 1, 12)))
    for left, right in zip(_of_a(early), _of_a(late), strict=True):
        np.testing.assert_equal(left[:7], right[:7])


def test_odd_input_is_survived_or_refused() -> None:
    """No events, no bars: empty answers. A missing column: a clear error."""
    assert _of_a(_events())[0][2:] == [0.0] * 8
    empty: Catalyst = earnings_catalyst(Panel.from_arrow(BARS_SCHEMA.empty_table()), _events(("A", date(2010, 1, 6))))
    assert len(empty.has_catalyst) == len(empty.sessions_since_event) == 0
    with pytest.raises(BadDataError, match="event_date"):
        earnings_catalyst(PANEL, pa.table({"symbol": ["A"]}))
