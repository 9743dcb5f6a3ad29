"""How long bars within a session are, and when they begin, from their stamps."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from adapters.bars.files import BAR_S, Timeframe
from adapters.calendar import session_hours
from data.importing.clocks import Instants
from data.importing.lengths import length_within_session, starts_of
from trading.errors import BadDataError

HOURS = session_hours(date(2024, 7, 1), date(2024, 7, 12))  # the third is a half-day, the fourth a holiday


def _stamps(bar_s: int, *, first_s: int = 0, ends: bool = False) -> Instants:
    """Of the regular sessions, from `first_s` after the open on."""
    found = []
    for opens, closes in zip(HOURS.open_at, HOURS.close_at, strict=True):
        starts = np.arange(opens + np.timedelta64(first_s, "s"), closes, np.timedelta64(bar_s, "s"))
        found.append(np.minimum(starts + np.timedelta64(bar_s, "s"), closes) if ends else starts)
    return np.concatenate(found).astype("datetime64[s]")


@pytest.mark.parametrize(("name", "bar_s"), BAR_S.items())
@pytest.mark.parametrize("ends", [False, True])
def test_the_length_is_the_step_within_a_day(name: Timeframe, bar_s: int, *, ends: bool) -> None:
    """Nights are no multiple of an hour from 09:30 on; an end of a half-day isn't either."""
    assert length_within_session(_stamps(bar_s, ends=ends), asked=None, stamp="end" if ends else None) == name


@pytest.mark.parametrize("bar_s", [1_800, 3_600])
def test_hours_of_the_clock_begin_with_a_shorter_one(bar_s: int) -> None:
    """09:30 to 10:00, then 10:00, 11:00, …: an hour long, by most of the distances."""
    opens = HOURS.open_at.astype("datetime64[s]")
    stamps = np.unique(np.concatenate([opens, _stamps(bar_s, first_s=1_800)]))
    assert length_within_session(stamps, asked=None, stamp=None) == {1_800: "30m", 3_600: "1h"}[bar_s]


def test_minutes_with_gaps_are_minutes() -> None:
    """A third of them was traded."""
    every = _stamps(60)
    some = np.sort(np.random.default_rng(1).choice(every, len(every) // 3, replace=False))
    assert length_within_session(some, asked=None, stamp=None) == "1m"


@pytest.mark.parametrize("asked", ["1m", "2m", "15m", "1h"])
def test_what_they_are_not_is_refused(asked: Timeframe) -> None:
    """Bars of five minutes, whatever the user calls them; the sentence says which they are."""
    with pytest.raises(BadDataError, match=r"300 s long.*--timeframe 5m"):
        length_within_session(_stamps(300), asked=asked, stamp=None)


@pytest.mark.parametrize("bar_s", [180, 240, 1_200, 2_700, 7_200])
def test_lengths_that_are_not_kept_are_named(bar_s: int) -> None:
    """Three, four, twenty and forty-five minutes, and two hours."""
    with pytest.raises(BadDataError, match=f"{bar_s:,} s"):
        length_within_session(_stamps(bar_s), asked=None, stamp=None)


@pytest.mark.parametrize("bar_s", BAR_S.values())
def test_an_end_is_a_length_after_its_start(bar_s: int) -> None:
    """Or less where the session ended: the last hour from 09:30 on is half an hour long."""
    ends = _stamps(bar_s, ends=True)
    assert starts_of(np.append(ends, np.datetime64("NaT")), bar_s)[:-1].tolist() == _stamps(bar_s).tolist()


@pytest.mark.parametrize(("bar_s", "way"), [(300, "Say --timeframe 5m if"), (1_800, "Say --timeframe 30m if")])
def test_a_few_bars_are_not_called_minutes(bar_s: int, way: str) -> None:
    """Five bars of five minutes, taken for minutes, would be known four minutes early: their own length comes first."""
    with pytest.raises(BadDataError, match=way):
        length_within_session(_stamps(bar_s)[:5], asked=None, stamp=None)


@pytest.mark.parametrize("bar_s", [180, 14_400])
def test_a_few_bars_of_a_length_that_is_not_kept_get_a_warning(bar_s: int) -> None:
    """What may be minutes with few trades may be a longer bar as well."""
    with pytest.raises(BadDataError, match="only if each covers one minute"):
        length_within_session(_stamps(bar_s)[:2], asked=None, stamp=None)
