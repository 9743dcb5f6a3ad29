"""Dates as digits, with months by name in several languages, and as tables of other programs spoil them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.calendar import sessions_between
from data.importing.archive import open_archive
from data.importing.layout import Asked
from tests.fakes.bar_files import HEAD, ROW, YEAR, days_file, taken
from trading.errors import BadDataError, ConfigurationError

GERMAN = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]
GERMAN_SHORT = ["Jan", "Feb", "Mrz", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"]
FRENCH = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
FRENCH_SHORT = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."]
SPANISH = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]
ITALIAN_SHORT = ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"]
DUTCH = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
]
POLISH = [
    "stycznia",
    "lutego",
    "marca",
    "kwietnia",
    "maja",
    "czerwca",
    "lipca",
    "sierpnia",
    "września",
    "października",
    "listopada",
    "grudnia",
]
PORTUGUESE = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
]
SWEDISH = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
]


def _sessions(tmp_path: Path, texts: list[str], asked: Asked | None = None) -> list[date]:
    got = taken(days_file(tmp_path / "A.csv", [f'"{text}"' for text in texts]), asked)
    assert (got.refused, got.unread.num_rows) == ({}, 0)
    return got.bars.column("session").to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "form",
    ["%Y%m%d", "%Y%m%d.0", "%Y%m%d.00", "%d%m%Y", "%m%d%Y", "%d%m%Y.0", "%y%m%d", "%d%m%y", "%m%d%y", "%y%m%d.0",
     "%Y%j", "%Y-%j", "%Y%m%d%H%M%S.0", "%y-%m-%d", "%d-%m-%y", "%Y年%m月%d日",
     "%d %B %Y", "%B %d, %Y", "%b %d, %Y", "%d-%b-%y", "%d-%B-%Y", "%d/%b/%Y", "%d%b%Y", "%b-%d-%Y", "%Y-%b-%d",
     "%b %d %y", "%A, %B %d, %Y", "%a %b %d %Y", "%d. %B %Y", "%d %B, %Y", "%b. %d, %Y", "%dth of %B %Y"],
)  # fmt: skip
@pytest.mark.parametrize("upper", [False, True])
def test_a_year_of_dates_is_read(tmp_path: Path, form: str, upper: bool) -> None:  # noqa: FBT001
    """Each has one reading that makes 252 sessions of 2024; `.0` is what a table of floats leaves."""
    texts = [day.strftime(form) for day in YEAR]
    if upper and "th of" not in form:
        texts = [text.upper() for text in texts]
    assert _sessions(tmp_path, texts) == YEAR


@pytest.mark.parametrize(("form", "lost"), [("%d%m%Y", "0"), ("%m%d%Y", "0"), ("%y%m%d", "0")])
def test_zeros_that_a_number_lost_are_put_back(tmp_path: Path, form: str, lost: str) -> None:
    """2012024 is the 2nd of January 2024 and no 20th, beside 12012024; 40102 is 2004-01-02."""
    days = [day.item() for day in sessions_between(date(2004, 1, 2), date(2009, 12, 31))]
    texts = [day.strftime(form).lstrip(lost) for day in days]
    assert _sessions(tmp_path, texts) == days


@pytest.mark.parametrize("form", ["%d%m%Y", "%m%d%Y"])
def test_the_same_with_a_format_that_is_said(tmp_path: Path, form: str) -> None:
    """`--time-format '%d%m%Y'` too."""
    texts = [day.strftime(form).removeprefix("0") for day in YEAR[:6]]
    assert _sessions(tmp_path, texts, Asked(time_format=form)) == YEAR[:6]


def test_digits_with_two_readings_are_asked_about_and_the_flag_works(tmp_path: Path) -> None:
    """Days below the 13th can be months: each of the formats that are named reads them."""
    days = [date(2024, 2, 5), date(2024, 2, 6), date(2024, 2, 7), date(2024, 2, 8)]
    path = days_file(tmp_path / "A.csv", [f"{day:%d%m%Y}" for day in days])
    with pytest.raises(ConfigurationError, match=r"'05022024' can be read as %d%m%Y or %m%d%Y.*'%d%m%Y'"):
        open_archive(path, Asked())
    assert taken(path, Asked(time_format="%d%m%Y")).bars.column("session").to_pylist() == days
    short = days_file(tmp_path / "B.csv", [f"{day:%y%m%d}" for day in days])
    with pytest.raises(ConfigurationError, match=r"'240205' can be read as .*--time-format '%y%m%d'"):
        open_archive(short, Asked())
    assert taken(short, Asked(time_format="%y%m%d")).bars.column("session").to_pylist() == days


def test_two_digits_of_a_year_are_told_by_the_weekends(tmp_path: Path) -> None:
    """240102, 240103, … are no 24ths of January 2002, 2003, …: some of those are Sundays."""
    assert _sessions(tmp_path, [f"{day:%y%m%d}" for day in YEAR[:21]]) == YEAR[:21]


def test_numbers_too_short_for_a_time_are_no_bars_of_1970(tmp_path: Path) -> None:
    """A running number is shown as what it is."""
    with pytest.raises(BadDataError, match="times such as '1' are in no known format; write it as yyyy-mm-dd"):
        open_archive(days_file(tmp_path / "A.csv", range(1, 40)), Asked())


def test_serial_days_of_one_month_stay_refused(tmp_path: Path) -> None:
    """40101 to 40130 are days of October and November 2009 to a spreadsheet, and 2004-01-01 to -30 to nobody else."""
    with pytest.raises(BadDataError, match="'40101' are a spreadsheet's serial days"):
        open_archive(days_file(tmp_path / "A.csv", range(40_101, 40_131)), Asked())


def test_dates_as_numbers_in_parquet_are_read(tmp_path: Path) -> None:
    """As integers, and as floats beside a missing one."""
    prices = dict.fromkeys(("open", "high", "low", "close"), [10.5] * 20)
    numbers = [int(f"{day:%Y%m%d}") for day in YEAR[:20]]
    for name, dates in (("I", pa.array(numbers)), ("F", pa.array([float(n) for n in numbers]))):
        pq.write_table(pa.table({"date": dates, **prices, "volume": [7] * 20}), tmp_path / f"{name}.parquet")
        assert taken(tmp_path / f"{name}.parquet").bars.column("session").to_pylist() == YEAR[:20]


@pytest.mark.parametrize(
    ("form", "months"),
    [("{d}. {m} {y}", GERMAN), ("{d:02}-{m}-{y}", GERMAN_SHORT), ("Di., {d}. {m}. {y}", GERMAN_SHORT),
     ("{d} {m} {y}", FRENCH), ("{d} {m} {y}", FRENCH_SHORT), ("mar. {d} {m} {y}", FRENCH_SHORT),
     ("{d} de {m} de {y}", SPANISH), ("{d} {m} {y}", ITALIAN_SHORT), ("mar {d} {m} {y}", ITALIAN_SHORT),
     ("{d} {m} {y}", DUTCH), ("{d} {m} {y}", POLISH), ("{d} de {m} de {y}", PORTUGUESE), ("{d} {m} {y}", SWEDISH)],
)  # fmt: skip
def test_months_of_other_languages_are_read(tmp_path: Path, form: str, months: list[str]) -> None:
    """The names stand for their months, whatever this machine's language is; `mar.` before a date is a Tuesday."""
    texts = [form.format(d=day.day, m=months[day.month - 1], y=day.year) for day in YEAR]
    assert _sessions(tmp_path, texts) == YEAR


def test_a_month_that_comes_late_is_read(tmp_path: Path) -> None:
    """`Jan` and `Feb` are German and English; `Mrz` behind the first 5,000 rows is read as well."""
    texts = [f"{d:%d}-{GERMAN_SHORT[d.month - 1]}-{d:%Y}" for d in [YEAR[0]] * 6_000 + YEAR[40:60]]
    head = HEAD.replace("Date", "Symbol,Date")
    path = tmp_path / "many.csv"
    path.write_text(head + "".join(f"S{at},{text},{ROW}\n" for at, text in enumerate(texts)))
    got = taken(path)
    assert (got.refused, got.unread.num_rows) == ({}, 0)
    assert got.bars.column("session").to_pylist()[-20:] == YEAR[40:60]


def test_a_format_that_is_said_reads_months_of_other_languages(tmp_path: Path) -> None:
    """`strptime` itself knows those of this machine's language alone."""
    texts = [f"{d.day}. {GERMAN[d.month - 1]} {d.year}" for d in YEAR]
    assert _sessions(tmp_path, texts, Asked(time_format="%d. %B %Y")) == YEAR
    texts = [f"{d.day}-{FRENCH_SHORT[d.month - 1]}-{d.year}" for d in YEAR]
    assert _sessions(tmp_path, texts, Asked(time_format="%d-%b-%Y")) == YEAR


def test_a_month_that_nobody_knows_is_shown_as_it_stands(tmp_path: Path) -> None:
    """Russian names aren't read: one sentence."""
    with pytest.raises(BadDataError, match=r"times such as '2 января 2024' are in no known format; write it as yyyy"):
        open_archive(days_file(tmp_path / "A.csv", [f"{day.day} января 2024" for day in YEAR[:20]]), Asked())


@pytest.mark.parametrize("form", ["%Y%m%d %H%M", "%Y%m%d %H%M%S", "%d%m%Y %H%M", "%d %B %Y %H:%M", "%d-%b-%y %I:%M %p"])
@pytest.mark.parametrize("lost", [False, True])
def test_minutes_with_such_dates_and_clocks_are_read(tmp_path: Path, form: str, lost: bool) -> None:  # noqa: FBT001
    """930 is half past nine, and 0930 no three minutes past nine."""
    stamps = [datetime(2024, 1, 30, at // 60, at % 60, tzinfo=UTC) for at in range(240, 1_000)]
    texts = [f"{at.strftime(form)}" for at in stamps]
    if lost:
        texts = [text.replace(" 0", " ") for text in texts]
    got = taken(days_file(tmp_path / "A.csv", texts), Asked(timezone="UTC"))
    assert (got.refused, got.unread.num_rows) == ({}, 0)
    assert got.bars.column("starts_at").to_pylist() == stamps
