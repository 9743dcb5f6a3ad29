"""Each file says for itself how it is to be read, and all of its rows may refute what its first ones looked like."""

from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.importing.archive import open_archive
from data.importing.layout import Asked
from tests.fakes.bar_files import HEAD, ROW, YEAR, days_file, minutes_of, taken
from trading.errors import BadDataError, ConfigurationError

NEW_YORK = Asked(timezone="America/New_York")
MONDAY = date(2024, 6, 3)
SESSION = minutes_of(MONDAY, "09:30", "15:59")


def test_bars_of_five_minutes_and_an_hour_are_named_beside_minutes(tmp_path: Path) -> None:
    """Of three files that look alike the minutes are taken; 300 and 3,600 s are said."""
    days_file(tmp_path / "in" / "AONE.csv", SESSION)
    days_file(tmp_path / "in" / "BFIV.csv", minutes_of(MONDAY, "09:30", "15:55", 300))
    days_file(tmp_path / "in" / "CHOU.csv", minutes_of(MONDAY, "09:30", "15:30", 3600))
    got = taken(tmp_path / "in", NEW_YORK)
    assert got.bars.num_rows == 390
    assert "300 s long" in got.refused["BFIV.csv"]
    assert "3,600 s long" in got.refused["CHOU.csv"]


@pytest.mark.parametrize("step_s", [120, 300, 900, 1800, 3600])
def test_longer_bars_are_no_minutes_though_the_user_says_so(tmp_path: Path, step_s: int) -> None:
    """A year's worth of sessions at multiples of two minutes or more is no chance."""
    stamps = [at for day in YEAR[:8] for at in minutes_of(day, "09:30", "15:30", step_s)]
    with pytest.raises(BadDataError, match=f"{step_s:,} s long"):
        taken(days_file(tmp_path / "A.csv", stamps), Asked(timezone="America/New_York", timeframe="1m"))


def test_minutes_of_a_stock_that_seldom_trades_are_minutes(tmp_path: Path) -> None:
    """No two neighbours are a minute apart, but their distances have no other common measure."""
    stamps = [at for at in SESSION if at.minute % 7 in {0, 3}]
    assert taken(days_file(tmp_path / "A.csv", stamps), NEW_YORK).bars.num_rows == len(stamps)


def test_one_symbol_of_five_minutes_in_a_table_of_minutes_is_named(tmp_path: Path) -> None:
    """Its bars would be known four minutes early."""
    rows = [f"{at},{name},{ROW}" for name, step in (("AAA", 60), ("FIVE", 300)) for at in
            [at for day in YEAR[:2] for at in minutes_of(day, "09:30", "15:55", step)]]  # fmt: skip
    path = tmp_path / "all.csv"
    path.write_text("Date,Symbol,Open,High,Low,Close,Volume\n" + "\n".join(rows) + "\n")
    assert "FIVE (300 s)" in taken(path, NEW_YORK).refused["all.csv"]


def test_a_file_whose_day_and_month_may_change_places_is_asked_about_alone(tmp_path: Path) -> None:
    """Beside a file that tells its order, one with days 1 to 12 only is refused; with its format it is read."""
    days_file(tmp_path / "in" / "US.csv", [f"{day:%m/%d/%Y}" for day in YEAR])
    days_file(tmp_path / "in" / "ZUK.csv", [f"{day:%d/%m/%Y}" for day in YEAR if day.day <= 12])
    got = taken(tmp_path / "in")
    assert got.bars.num_rows == len(YEAR)
    assert "--time-format '%m/%d/%Y' or --time-format '%d/%m/%Y'" in got.refused["ZUK.csv"]
    read = taken(tmp_path / "in" / "ZUK.csv", Asked(time_format="%d/%m/%Y"))
    assert read.bars.column("session").to_pylist() == [day for day in YEAR if day.day <= 12]


def test_each_file_has_its_own_order_of_day_and_month(tmp_path: Path) -> None:
    """Each tells it by days past the twelfth: both are read, to the same days."""
    days_file(tmp_path / "in" / "A.csv", [f"{day:%m-%d-%Y}" for day in YEAR])
    days_file(tmp_path / "in" / "B.csv", [f"{day:%d-%m-%Y}" for day in YEAR])
    assert taken(tmp_path / "in").bars.column("session").to_pylist() == YEAR * 2


def test_what_the_first_rows_do_not_tell_is_asked_of_the_others(tmp_path: Path) -> None:
    """3,000 symbols on the 1st of February fill what is read first; the 13th, far below, tells the order."""
    rows = [f"S{n},{day},{ROW}" for day in ("02/01/2024", "02/02/2024", "02/13/2024") for n in range(3_000)]
    path = tmp_path / "long.csv"
    path.write_text("Symbol,Date,Open,High,Low,Close,Volume\n" + "\n".join(rows) + "\n")
    got = taken(path).bars.column("session").unique().to_pylist()
    assert got == [date(2024, 2, 1), date(2024, 2, 2), date(2024, 2, 13)]


def test_a_table_that_begins_with_one_minute_of_many_symbols_is_of_minutes(tmp_path: Path) -> None:
    """3,000 bars at 09:30 look like days stamped at the open, until 09:31."""
    rows = [f"S{n},2024-06-03 09:{minute},{ROW}" for minute in (30, 31) for n in range(3_000)]
    path = tmp_path / "long.csv"
    path.write_text("Symbol,Date,Open,High,Low,Close,Volume\n" + "\n".join(rows) + "\n")
    assert taken(path, NEW_YORK).bars.column("starts_at")[-1].as_py() == datetime(2024, 6, 3, 13, 31, tzinfo=UTC)


def test_the_length_is_that_of_all_times_not_of_rows_that_survive(tmp_path: Path) -> None:
    """Minutes without one readable volume are refused row by row for that, and are minutes all the same."""
    archive = open_archive(days_file(tmp_path / "A.csv", SESSION, "10,10.5,9.5,10.2,many"), NEW_YORK)
    assert archive.timeframe == "1m"


def test_a_file_of_names_alone_is_empty_and_the_others_go_in(tmp_path: Path) -> None:
    """It comes first by name, and decides nothing."""
    days_file(tmp_path / "in" / "AAWW.csv", [])
    for name in ("MSFT", "NVDA"):
        days_file(tmp_path / "in" / f"{name}.csv", YEAR)
    got = taken(tmp_path / "in")
    assert got.bars.num_rows == 2 * len(YEAR)
    assert "empty" in got.refused["AAWW.csv"]


def test_files_of_other_columns_and_delimiters_lie_in_one_folder(tmp_path: Path) -> None:
    """Each layout is a line of what is asked about; days beside mostly minutes are named."""
    folder = tmp_path / "in"
    days_file(folder / "A.csv", YEAR)
    days_file(folder / "B.csv", YEAR, ROW.replace(",", ";"), "day;o;h;l;last;v\n".replace("day", "Day"))
    (folder / "B.csv").write_text((folder / "B.csv").read_text().replace(",", ";"))
    archive = open_archive(folder, Asked())
    assert archive.words.startswith("1d bars in 2 file(s)\n  1 such as")
    assert "'last' is taken for the close" in archive.guessed
    assert taken(folder).bars.num_rows == 2 * len(YEAR)
    days_file(folder / "C.csv", [f"{at}-04:00" for at in SESSION])
    assert "60 s long, and those of most files days" in taken(folder).refused["C.csv"]


def test_a_folder_of_many_files_alike_is_one_line(tmp_path: Path) -> None:
    """Two hundred files, one layout, one line."""
    for number in range(200):
        days_file(tmp_path / "in" / f"S{number}.csv", YEAR[:5])
    archive = open_archive(tmp_path / "in", Asked())
    assert (archive.words.count("\n"), archive.words[:24]) == (0, "1d bars in 200 file(s): ")


@pytest.mark.parametrize("kind", ["gzip of two members", "carriage returns", "a mark at the start", "quoted", "sep="])
def test_files_as_programs_write_them(tmp_path: Path, kind: str) -> None:
    """Packed in two steps, with Windows' line ends, a byte-order mark, quoted values, or a spreadsheet's first line."""
    text = HEAD + "".join(f"{day},{ROW}\n" for day in YEAR)
    path = tmp_path / "A.csv"
    if kind == "gzip of two members":
        path = tmp_path / "A.csv.gz"
        path.write_bytes(gzip.compress(text[:3_000].encode()) + gzip.compress(text[3_000:].encode()))
    elif kind == "carriage returns":
        path.write_bytes(text.replace("\n", "\r\n").encode())
    elif kind == "a mark at the start":
        path.write_text("\ufeff" + text)
    elif kind == "quoted":
        path.write_text("\n".join('"' + line.replace(",", '","') + '"' for line in text.splitlines()) + "\n")
    else:
        path.write_text("sep=,\n" + text)
    got = taken(path)
    assert got.bars.column("session").to_pylist() == YEAR
    assert got.unread.num_rows == 0


def test_a_line_of_totals_and_a_quoted_line_end_are_rows_of_their_own(tmp_path: Path) -> None:
    """The summary is set aside with its text; a note over two lines belongs to its bar."""
    path = days_file(tmp_path / "A.csv", YEAR[:20], ROW + ',"seen\ntwice"', HEAD.strip() + ",Note\n")
    path.write_text(path.read_text() + "Total,,,,,20000,\nTotal\n")
    got = taken(path)
    assert got.bars.num_rows == 20
    assert sorted(got.unread.column("gate").to_pylist()) == ["malformed_row", "unreadable_time"]


def test_utf_16_is_named_with_the_way_out(tmp_path: Path) -> None:
    """It is told from other encodings by its mark."""
    path = tmp_path / "A.csv"
    path.write_bytes((HEAD + f"2024-01-02,{ROW}\n").encode("utf-16"))
    with pytest.raises(BadDataError, match=r"is UTF-16.*iconv -f UTF-16"):
        open_archive(path, Asked())


def test_a_zip_of_thousands_of_files_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its directory is not read again for each member."""
    path = tmp_path / "all.zip"
    opened: list[object] = []
    with zipfile.ZipFile(path, "w") as packed:
        for number in range(300):
            packed.writestr(f"S{number}.csv", HEAD + f"2024-01-02,{ROW}\n2024-01-03,{ROW}\n")
    real = zipfile.ZipFile.__init__

    def counted(self: zipfile.ZipFile, *given: Any) -> None:
        opened.append(given)
        real(self, *given)

    monkeypatch.setattr(zipfile.ZipFile, "__init__", counted)
    assert taken(path).bars.num_rows == 600
    assert len(opened) == 1


@pytest.mark.parametrize(
    ("head", "column"),
    [("Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume", {"time": "Price"}),
     ("Date,Open,High,Low,Close,Volume,Open.1,High.1,Low.1,Close.1,Volume.1", {}),
     ("Date,Open,High,Low,Close,close,Volume", {})],
)  # fmt: skip
def test_a_column_that_stands_twice_is_named(tmp_path: Path, head: str, column: dict[str, str]) -> None:
    """Two tickers side by side, as yfinance and pandas write them, and two spellings: nobody knows which is meant."""
    path = tmp_path / "two.csv"
    path.write_text(head + "\n" + ",".join(["2024-01-02", *["10"] * head.count(",")]) + "\n")
    with pytest.raises(BadDataError, match=r"stands 2 times.*one long table"):
        open_archive(path, Asked(columns=column))


def test_a_column_that_stands_twice_and_is_not_used_does_not_matter(tmp_path: Path) -> None:
    """Two notes; and a close that is named by the user, beside one of another spelling."""
    path = days_file(tmp_path / "A.csv", YEAR, ROW + ",x,y", HEAD.strip() + ",note,note\n")
    assert taken(path).bars.num_rows == len(YEAR)
    path = days_file(tmp_path / "B.csv", YEAR, ROW + ",99", HEAD.strip() + ",close\n")
    assert taken(path, Asked(columns={"close": "Close"})).bars.column("close")[0].as_py() == 10.2


def test_said_in_another_way_it_is_another_source(tmp_path: Path) -> None:
    """A file that was refused is judged anew when the user says how to read it."""
    path = days_file(tmp_path / "A.csv", YEAR)
    plain = open_archive(path, Asked()).sha256()
    assert open_archive(path, Asked(price_unit=0.01)).sha256() != plain
    assert open_archive(path, Asked(timeframe="1d")).sha256() != plain
    assert open_archive(path, Asked()).sha256() == plain


def test_one_bar_at_the_open_does_not_tell_its_length(tmp_path: Path) -> None:
    """A day stamped at its open, or the first minute: the user says."""
    path = days_file(tmp_path / "A.csv", ["2024-01-02 09:30"])
    with pytest.raises(ConfigurationError, match="--timeframe 1d, or how long"):
        open_archive(path, NEW_YORK)
    assert taken(path, Asked(timeframe="1d")).bars.column("session").to_pylist() == [date(2024, 1, 2)]


def test_a_day_is_stamped_when_its_session_opens_or_closes(tmp_path: Path) -> None:
    """09:30 and 16:00 in New York as epoch, summer and winter; the day is the session's."""
    for clock in (timedelta(hours=9.5), timedelta(hours=16), timedelta()):
        stamps = [_epoch(day, clock) for day in YEAR]
        for asked in (Asked(), Asked(timeframe="1d")):
            assert taken(days_file(tmp_path / "A.csv", stamps), asked).bars.column("session").to_pylist() == YEAR
    path = days_file(tmp_path / "A.csv", [_epoch(day, timedelta(hours=9.5)) for day in YEAR])
    with pytest.raises(BadDataError, match="the bars are days: each is stamped at 09:30"):
        open_archive(path, Asked(timeframe="1m"))


def _epoch(day: date, clock: timedelta) -> int:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - of this helper alone

    return int((datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("America/New_York")) + clock).timestamp())


def test_days_stamped_in_the_evening_are_refused_without_a_hint_that_damages(tmp_path: Path) -> None:
    """20:00 in New York is the next day in UTC: nobody knows whose day it is, and minutes they are not."""
    stamps = [_epoch(day, timedelta(hours=18)) for day in YEAR]
    with pytest.raises(BadDataError, match="a day long and are stamped at 18:00") as error:
        open_archive(days_file(tmp_path / "A.csv", stamps), Asked())
    assert "--timeframe 1m" not in str(error.value)
