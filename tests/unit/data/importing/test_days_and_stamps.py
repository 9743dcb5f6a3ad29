"""Rules over a whole file: bars of weeks, dates a day off, and minutes that are stamped at their end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from data.importing.archive import open_archive
from data.importing.layout import Asked
from tests.fakes.bar_files import ROW, YEAR, days_file, minutes_of, taken
from trading.errors import BadDataError

NEW_YORK = "America/New_York"
LONG = "Symbol,Date,Open,High,Low,Close,Volume\n"
DAY = timedelta(days=1)


def _months(count: int, step: int) -> list[date]:
    return [date(2010 + at * step // 12, at * step % 12 + 1, 1) for at in range(count)]


@pytest.mark.parametrize(
    ("days", "length"),
    [([date(2024, 1, 1) + timedelta(days=7 * n) for n in range(53)], 7), (_months(40, 1), 31), (_months(20, 3), 91),
     (_months(8, 12), 365)],
)  # fmt: skip
@pytest.mark.parametrize("asked", [Asked(), Asked(timeframe="1d")])
def test_weeks_months_quarters_and_years_are_no_days(
    tmp_path: Path, days: list[date], length: int, asked: Asked
) -> None:
    """A week stamped on its Monday would be known four sessions before its Friday, whatever the user says."""
    got = taken(days_file(tmp_path / "A.csv", days), asked)
    assert (got.bars.num_rows, f"the bars are {length} days long" in got.refused["A.csv"]) == (0, True)


def test_days_of_a_stock_that_seldom_trades_are_days_when_the_user_says_so(tmp_path: Path) -> None:
    """Uneven distances of a week and more: asked about, and taken with --timeframe 1d."""
    days = [YEAR[at] for at in (0, 6, 9, 20, 26, 27, 40, 47, 60, 68, 90, 99, 130, 141, 170, 200, 230)]
    path = days_file(tmp_path / "A.csv", days)
    assert "Say --timeframe 1d" in taken(path).refused["A.csv"]
    assert taken(path, Asked(timeframe="1d")).bars.num_rows == len(days)


@pytest.mark.parametrize("days", [[1, 8, 15], [5, 12, 19], [31, 59, 88]])
def test_three_weeks_or_months_are_asked_about(tmp_path: Path, days: list[int]) -> None:
    """Three rows a week or a month apart, Mondays that are holidays among them, may be days: that has to be said."""
    stamps = [date(2024, 1, 1) + timedelta(days=day - 1) for day in days]
    path = days_file(tmp_path / "A.csv", stamps)
    assert "Say --timeframe 1d if they are days" in taken(path).refused["A.csv"]
    assert taken(path, Asked(timeframe="1d")).bars.num_rows == len(days)


def test_weeks_of_one_symbol_among_days_are_named(tmp_path: Path) -> None:
    """A table of days holds one symbol of weekly bars."""
    rows = [f"DAYS,{day},{ROW}" for day in YEAR] + [f"WEEKS,{day},{ROW}" for day in YEAR if day.weekday() == 1]
    (tmp_path / "all.csv").write_text(LONG + "\n".join(rows) + "\n")
    assert "WEEKS have bars a week" in taken(tmp_path / "all.csv").refused["all.csv"]


@pytest.mark.parametrize(("off", "words"), [(-1, "a day early"), (1, "a day late")])
@pytest.mark.parametrize("count", [5, 20, 252])
def test_dates_that_are_all_a_day_off_are_refused_whole(tmp_path: Path, off: int, words: str, count: int) -> None:
    """Sundays and no Fridays, or Saturdays and no Mondays; a week of rows is enough."""
    path = days_file(tmp_path / "A.csv", [day + off * DAY for day in YEAR[4 : 4 + count]])  # from Monday the 8th
    assert words in taken(path).refused["A.csv"]


def test_dates_off_in_one_symbol_are_named(tmp_path: Path) -> None:
    """The other symbol's Fridays don't hide them."""
    rows = [f"GOOD,{day},{ROW}" for day in YEAR] + [f"EARLY,{day - DAY},{ROW}" for day in YEAR]
    (tmp_path / "all.csv").write_text(LONG + "\n".join(rows) + "\n")
    assert "EARLY have bars on Sundays" in taken(tmp_path / "all.csv").refused["all.csv"]


def test_a_file_a_day_tells_it_by_all_files_together(tmp_path: Path) -> None:
    """One file a session, each dated a day early: none tells it alone."""
    for day in YEAR[4:14]:
        (tmp_path / f"{day}.csv").write_text(f"{LONG}A,{day - DAY},{ROW}\n")
    with pytest.raises(BadDataError, match="Of all files together: its days have bars on Sundays"):
        taken(tmp_path)


def test_days_of_the_exchange_and_days_of_every_day_are_no_such_pattern(tmp_path: Path) -> None:
    """A year of sessions, one of every day (a coin among stocks), and two days apart by half a year."""
    every = [date(2024, 1, 1) + timedelta(days=n) for n in range(366)]
    for days in (YEAR, every, [YEAR[0], YEAR[120]]):
        assert taken(days_file(tmp_path / "A.csv", days)).bars.num_rows == len(days)


ENDS = [at for day in YEAR[100:105] for at in minutes_of(day, "09:31", "16:00")]


def test_minutes_stamped_at_their_end_are_asked_about_and_moved(tmp_path: Path) -> None:
    """The first of 09:31 begins at 09:30, the last of 16:00 at 15:59; said to be starts they stay."""
    path = days_file(tmp_path / "A.csv", ENDS)
    assert "--stamp end if they are" in taken(path, Asked(timezone=NEW_YORK)).refused["A.csv"]
    moved = taken(path, Asked(timezone=NEW_YORK, stamp="end")).bars.column("starts_at").to_pylist()
    assert moved[0] == datetime(2024, 5, 24, 13, 30, tzinfo=UTC)
    assert moved[389] == datetime(2024, 5, 24, 19, 59, tzinfo=UTC)
    stay = taken(path, Asked(timezone=NEW_YORK, stamp="start")).bars.column("starts_at").to_pylist()
    assert stay[0] == datetime(2024, 5, 24, 13, 31, tzinfo=UTC)


def test_ends_of_extended_hours_and_of_a_half_day_tell_it_too(tmp_path: Path) -> None:
    """A stamp of 20:00; and 13:00 on the day after Thanksgiving."""
    whole = [at for day in YEAR[100:103] for at in minutes_of(day, "04:01", "20:00")]
    half = ENDS + minutes_of(date(2024, 11, 29), "09:31", "13:00")
    for stamps in (whole, half):
        assert "--stamp end" in taken(days_file(tmp_path / "A.csv", stamps), Asked(timezone=NEW_YORK)).refused["A.csv"]


def test_minutes_with_a_closing_print_are_stamped_at_their_start(tmp_path: Path) -> None:
    """09:30 and 16:00 in each session: the auction's print has a minute of its own."""
    stamps = [at for day in YEAR[100:105] for at in minutes_of(day, "09:30", "16:00")]
    assert taken(days_file(tmp_path / "A.csv", stamps), Asked(timezone=NEW_YORK)).bars.num_rows == len(stamps)


@pytest.mark.parametrize("second", [1, 59])
def test_times_off_the_minute_are_said(tmp_path: Path, second: int) -> None:
    """09:30:01 and 09:30:59 of every minute: refused with what they are; within their minute with --stamp end."""
    stamps = [at.replace(second=second) for at in minutes_of(YEAR[100], "09:30", "15:59")]
    path = days_file(tmp_path / "A.csv", stamps)
    with pytest.raises(BadDataError, match=f"stand {second} s after the minute"):
        open_archive(path, Asked(timezone=NEW_YORK))
    got = taken(path, Asked(timezone=NEW_YORK, stamp="end")).bars.column("starts_at").to_pylist()
    assert (got[0], got[-1]) == (datetime(2024, 5, 24, 13, 30, tzinfo=UTC), datetime(2024, 5, 24, 19, 59, tzinfo=UTC))


def test_a_fraction_of_a_second_is_off_the_minute(tmp_path: Path) -> None:
    """09:31:00.500 is no start of a minute, and is set aside with its text."""
    stamps = [f"{at}.000" for at in minutes_of(YEAR[100], "09:30", "15:59")]
    stamps[1] = stamps[1].replace(".000", ".500")
    got = taken(days_file(tmp_path / "A.csv", stamps), Asked(timezone=NEW_YORK))
    assert (got.bars.num_rows, got.unread.column("gate").to_pylist()) == (389, ["off_minute"])


def test_ticks_are_shorter_than_a_minute(tmp_path: Path) -> None:
    """Every ten seconds."""
    path = days_file(tmp_path / "A.csv", minutes_of(YEAR[100], "09:30", "10:30", 10))
    with pytest.raises(BadDataError, match="shorter than a minute"):
        open_archive(path, Asked(timezone=NEW_YORK))


def test_days_before_the_calendar_are_said_by_a_name_of_their_own(tmp_path: Path) -> None:
    """1988 and 1989 are before the calendar's first session, 1990-01-02; what follows is taken."""
    days = [date(1988, 1, 4) + timedelta(days=n) for n in range(760) if n % 7 < 5]
    got = taken(days_file(tmp_path / "A.csv", days))
    assert set(got.unread.column("gate").to_pylist()) == {"before_calendar"}
    assert got.unread.num_rows == sum(day < date(1990, 1, 2) for day in days)
    assert "begins on 1990-01-02" in got.unread.column("reason")[0].as_py()
