"""Where in a bar its stamp is, and on whose clock, from the hours of a session."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from adapters.calendar import session_hours
from data.importing.clocks import Instants
from data.importing.stamping import on_another_clock, stamped_at_the_end, stamped_at_the_start

HOURS = session_hours(date(2024, 7, 1), date(2024, 7, 12))  # the third is a half-day, the fourth a holiday


def _stamps(bar_s: int, *, first_s: int = 0, ends: bool = False) -> Instants:
    """Of the regular sessions, from `first_s` after the open on."""
    found = []
    for opens, closes in zip(HOURS.open_at, HOURS.close_at, strict=True):
        starts = np.arange(opens + np.timedelta64(first_s, "s"), closes, np.timedelta64(bar_s, "s"))
        found.append(np.minimum(starts + np.timedelta64(bar_s, "s"), closes) if ends else starts)
    return np.concatenate(found).astype("datetime64[s]")


@pytest.mark.parametrize("bar_s", [60, 300, 1_800])
def test_starts_and_ends_of_regular_sessions_are_told_apart(bar_s: int) -> None:
    """Nine sessions, one of them a half-day: starts stand at 09:30, ends at the close."""
    starts, ends = _stamps(bar_s), _stamps(bar_s, ends=True)
    assert stamped_at_the_end(ends) == "9 of 9 sessions have one at the close, such as 16:00, and 0 at 09:30"
    assert stamped_at_the_start(starts) == "9 of 9 sessions have one at 09:30, and 0 at the close, such as 16:00"
    assert (stamped_at_the_end(starts), stamped_at_the_start(ends)) == ("", "")


def test_a_closing_print_beside_starts_tells_neither() -> None:
    """Minutes from 09:30 on, and one of the closing auction at 16:00."""
    both = np.union1d(_stamps(60), _stamps(60, ends=True))
    assert (stamped_at_the_end(both), stamped_at_the_start(both)) == ("", "")


def test_the_ends_of_the_day_tell_at_once() -> None:
    """No minute begins at 20:00 in New York, and none ends at 04:00; in July they are midnight and 08:00 UTC."""
    eight, four = (np.array([at], dtype="datetime64[s]") for at in ("2024-07-02T00:00", "2024-07-01T08:00"))
    assert "some stand at 20:00" in stamped_at_the_end(np.union1d(_stamps(60), eight))
    assert "some stand at 04:00" in stamped_at_the_start(np.union1d(_stamps(60, ends=True), four))


@pytest.mark.parametrize("bar_s", [60, 300, 1_800])
@pytest.mark.parametrize(("shift_h", "said"), [(-5, "04:30 to 11:00"), (-1, "08:30 to 15:00"), (1, "10:30 to 17:00")])
def test_a_regular_session_on_another_clock_is_told(bar_s: int, shift_h: int, said: str) -> None:
    """Minutes of New York said to be of London lie between 04:30 and 11:00; where they belong, nothing is said."""
    stamps = _stamps(bar_s)
    assert on_another_clock(stamps, bar_s) == ""
    assert on_another_clock(stamps + np.timedelta64(bar_s, "s"), bar_s) == ""
    assert f"from {said} in New York" in on_another_clock(stamps + np.timedelta64(shift_h, "h"), bar_s)


def test_extended_hours_and_a_single_day_are_of_no_other_clock() -> None:
    """From 04:00 to 20:00 with gaps; a hundred minutes of one session."""
    rng = np.random.default_rng(2)
    wide = np.concatenate([
        np.sort(rng.choice(np.arange(one, two, np.timedelta64(60, "s")), 300, replace=False))
        for one, two in zip(HOURS.premarket_at, HOURS.end_at, strict=True)
    ]).astype("datetime64[s]")  # fmt: skip
    assert on_another_clock(wide, 60) == ""
    assert on_another_clock(_stamps(60)[:100], 60) == ""
