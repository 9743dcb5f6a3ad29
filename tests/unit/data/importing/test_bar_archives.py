"""Archives of bars: what is in which column, and what time it was."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.feeds.source import Chunk
from data.importing.archive import open_archive
from data.importing.layout import Asked, lay_out
from data.importing.times import time_format_of
from trading.errors import BadDataError, ConfigurationError

HEAD = "symbol,date,open,high,low,close,volume\n"


def _only(path: Path, asked: Asked | None = None) -> Chunk:
    archive = open_archive(path, asked or Asked())
    ((_, chunks),) = archive.files()
    tables = list(chunks)
    return Chunk(pa.concat_tables([c.bars for c in tables]), pa.concat_tables([c.unread for c in tables]))


def _file(tmp_path: Path, text: str, name: str = "bars.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "names",
    ["symbol,date,open,high,low,close,volume", "Ticker;Date;Open;High;Low;Close;Volume",
     "<TICKER>,<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>"],
)  # fmt: skip
def test_names_as_archives_use_them_are_certain(names: str) -> None:
    """Nothing is guessed for names that mean one thing."""
    layout = lay_out(names.replace(";", ",").split(","), Asked())
    assert set(layout.columns) == {"symbol", "open", "high", "low", "close", "volume"}
    assert layout.guessed == ()


def test_what_is_only_likely_is_said() -> None:
    """A column called `last` may be the close; the user is asked."""
    layout = lay_out(["sym", "t", "o", "h", "l", "last", "v"], Asked())
    assert "'last' is taken for the close" in layout.guessed


def test_a_missing_column_is_named() -> None:
    """Without a low there are no bars; the columns that there are, are listed."""
    with pytest.raises(BadDataError, match=r"no column is low; the columns are 'date', 'open'"):
        lay_out(["date", "open", "high", "close", "volume", "symbol"], Asked())


def test_a_first_line_of_values_is_no_header() -> None:
    """The first bar isn't lost as a name."""
    with pytest.raises(BadDataError, match="the first line holds values"):
        lay_out(["AAPL", "2020-01-02", "1.0", "1.0", "1.0", "1.0", "100"], Asked())


def test_columns_can_be_named_by_position(tmp_path: Path) -> None:
    """A file without names is read once it is said which column is which."""
    path = _file(tmp_path, "2020-01-02,A,10,11,9,10,5\n")
    names = ("time", "symbol", "open", "high", "low", "close", "volume")
    asked = Asked(columns={name: f"f{at}" for at, name in enumerate(names)}, header=False)
    assert _only(path, asked).bars.to_pylist()[0]["session"] == date(2020, 1, 2)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [("2020-01-31", "%Y-%m-%d"), ("20200131", "%Y%m%d"), ("01/31/2020", "%m/%d/%Y"), ("31/01/2020", "%d/%m/%Y"),
     ("2020-01-31 09:30", "%Y-%m-%d %H:%M"), ("20200131 093000", "%Y%m%d %H%M%S"), ("1580481000", "epoch seconds"),
     ("2020-01-31T14:30:00Z", "%Y-%m-%dT%H:%M:%S%z")],
)  # fmt: skip
def test_the_format_of_times_is_found(text: str, pattern: str) -> None:
    """Each of the usual ways to write a day is recognised by itself."""
    assert time_format_of(pa.array([text, text])).pattern == pattern


def test_a_date_that_can_be_read_in_two_ways_is_not_guessed() -> None:
    """The 3rd of April and the 4th of March look alike; with the 13th among them they don't."""
    with pytest.raises(ConfigurationError, match=r"can be read as %m/%d/%Y or %d/%m/%Y.*--time-format"):
        time_format_of(pa.array(["03/04/2020", "05/06/2020"]))
    assert time_format_of(pa.array(["03/04/2020", "03/13/2020"])).pattern == "%m/%d/%Y"


def test_a_file_that_changes_between_day_first_and_month_first_is_refused(tmp_path: Path) -> None:
    """6,000 rows say 31/01/2020, the last 01/31/2020: 05/04 of the same hand would be read as another day.

    Nothing of such a file is taken; whoever says the format has only the unreadable row refused.
    """
    rows = "".join(f"S{n},31/01/2020,10,11,9,10,5\n" for n in range(6_000)) + "Z,01/31/2020,10,11,9,10,5\n"
    path = _file(tmp_path, HEAD + rows)
    with pytest.raises(BadDataError, match=r"'01/31/2020' can only be %m/%d/%Y.*--time-format"):
        _only(path)
    got = _only(path, Asked(time_format="%d/%m/%Y"))
    assert (got.bars.num_rows, got.unread.column("gate").to_pylist()) == (6_000, ["unreadable_time"])


@pytest.mark.parametrize(
    "texts",
    [("2020-01-31 00:00:00-05:00", "2020-07-31 00:00:00-04:00"), ("2020-01-31T05:00:00Z", "2020-07-31T04:00:00Z"),
     ("2020-01-31T00:00:00Z", "2020-07-31T00:00:00Z"), ("1580446800", "1596168000")],
)  # fmt: skip
def test_a_day_may_begin_at_midnight_of_new_york(tmp_path: Path, texts: tuple[str, str]) -> None:
    """As Yahoo and Alpaca write daily bars, in winter and in summer; another time of day is no daily bar."""
    rows = "".join(f"A,{text},10,11,9,10,5\n" for text in texts)
    path = _file(tmp_path, HEAD + rows)
    assert open_archive(path, Asked()).timeframe == "1d"
    assert _only(path).bars.column("session").to_pylist() == [date(2020, 1, 31), date(2020, 7, 31)]
    _file(tmp_path, HEAD + rows + f"B,{texts[0].replace('05', '06').replace('00:00:00Z', '01:00:00Z')},10,11,9,10,5\n")
    if "1580" not in texts[0]:
        assert _only(path, Asked(timeframe="1d")).unread.column("gate").to_pylist() == ["time_of_day"]


def test_an_hour_that_the_clock_skips_or_repeats_is_ambiguous(tmp_path: Path) -> None:
    """2:30 of 2020-03-08 doesn't exist in New York, 1:30 of 2020-11-01 does twice; noon is plain."""
    times = ("2020-03-08 02:30", "2020-11-01 01:30", "2020-03-09 12:00")
    path = _file(tmp_path, HEAD + "".join(f"A,{at},10,11,9,10,5\n" for at in times))
    got = _only(path, Asked(timezone="America/New_York", timeframe="1m"))
    assert got.unread.column("gate").to_pylist() == ["ambiguous_time"] * 2
    assert got.bars.column("starts_at").to_pylist() == [datetime(2020, 3, 9, 16, tzinfo=UTC)]


def test_a_row_that_is_no_bar_is_kept_with_its_text(tmp_path: Path) -> None:
    """A volume that is no number is refused with what stood there; 5.0 shares are five."""
    path = _file(tmp_path, HEAD + "A,2020-01-02,10,11,9,10,many\nA,2020-01-03,10,11,9,10,5.0\n")
    got = _only(path)
    assert got.unread.column("gate").to_pylist() == ["not_a_number"]
    assert "volume=many" in got.unread.column("raw")[0].as_py()
    assert got.bars.column("volume").to_pylist() == [5]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [("2020-01-31 09:30:00.000", "%Y-%m-%d %H:%M:%S.%f"), ("2020-01-31T14:30:00.5Z", "%Y-%m-%dT%H:%M:%S.%f%z"),
     ("2020-01-31T14:30Z", "%Y-%m-%dT%H:%M%z"), ("1/31/2020 9:30 AM", "%m/%d/%Y %I:%M %p")],
)  # fmt: skip
def test_less_usual_times_are_found(text: str, pattern: str) -> None:
    """Parts of a second, a zone without seconds, and the twelve hours of a spreadsheet."""
    assert time_format_of(pa.array([text, text])).pattern == pattern


TYPED = {
    "days as numbers": ("date", pa.array([20200102, 20200103])),
    "epochs": ("date", pa.array([1577923200, 1578009600])),
    "epochs beside missing ones": ("date", pa.array([1577923200.0, 1578009600.0])),
    "categories": ("date", pa.array(["2020-01-02", "2020-01-03"]).dictionary_encode()),
    "categories of symbols": ("symbol", pa.array(["A", "A"]).dictionary_encode()),
    "prices as large text": ("open", pa.array(["10", "10"], pa.large_string())),
}


@pytest.mark.parametrize("kind", TYPED)
def test_a_parquet_file_may_hold_its_columns_in_other_types(tmp_path: Path, kind: str) -> None:
    """As pandas and others write them: each is read as what it says."""
    got = _only(_parquet(tmp_path, *TYPED[kind]))
    assert got.bars.column("session").to_pylist() == [date(2020, 1, 2), date(2020, 1, 3)]
    assert got.bars.select(["symbol", "open"]).to_pylist() == [{"symbol": "A", "open": 10.0}] * 2


def _parquet(tmp_path: Path, name: str, column: pa.Array[Any]) -> Path:
    days = [date(2020, 1, 2), date(2020, 1, 3)]
    columns = {
        "symbol": ["A", "A"],
        "date": days,
        **{key: [10, 10] for key in ("open", "high", "low", "close", "volume")},
        "unused": [["a", "list"], []],
    }
    table = pa.table({**columns, name: column})
    pq.write_table(table, tmp_path / "bars.parquet")
    return tmp_path / "bars.parquet"


def test_columns_that_can_be_no_bar_are_an_error_or_refused_rows(tmp_path: Path) -> None:
    """A list for a price is an error that names the column; a volume past 2^53 is refused, row by row."""
    with pytest.raises(BadDataError, match="the column 'open' holds list"):
        _only(_parquet(tmp_path, "open", pa.array([[1.0], [2.0]])))
    huge = _only(_parquet(tmp_path, "volume", pa.array([2**64 - 1, 5], pa.uint64())))
    assert (huge.bars.num_rows, huge.unread.column("gate").to_pylist()) == (1, ["volume_not_whole"])


def test_a_file_in_another_encoding_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """Windows-1252 and UTF-16: which byte it was and how to convert it."""
    path = tmp_path / "bars.csv"
    for data in ((HEAD + "Caf\u00e9,2020-01-02,10,11,9,10,5\n").encode("cp1252"), HEAD.encode("utf-16")):
        path.write_bytes(data)
        with pytest.raises(BadDataError, match=r"is no UTF-8 text \(byte .*iconv"):
            open_archive(path, Asked())


def test_a_day_that_does_not_exist_is_set_aside(tmp_path: Path) -> None:
    """The 30th of February doesn't become the 1st of March."""
    rows = "".join(f"A,2020-02-{day:02d},10,11,9,10,5\n" for day in (26, 27, 28, 30))
    got = _only(_file(tmp_path, HEAD + rows))
    assert got.bars.num_rows == 3
    assert got.unread.column("gate").to_pylist() == ["unreadable_time"]
    assert "2020-02-30" in got.unread.column("raw")[0].as_py()


def test_minutes_need_a_time_zone(tmp_path: Path) -> None:
    """09:30 in New York in January is 14:30 UTC; without a zone nobody knows."""
    rows = "A,2020-01-31 09:30:00,10,11,9,10,5\nA,2020-01-31 09:31:00,10,11,9,10,5\n"
    path = _file(tmp_path, HEAD + rows)
    with pytest.raises(ConfigurationError, match="say no time zone"):
        open_archive(path, Asked())
    got = _only(path, Asked(timezone="America/New_York")).bars
    assert got.column("starts_at")[0].as_py() == datetime(2020, 1, 31, 14, 30, tzinfo=UTC)


def test_longer_bars_are_not_taken_for_minutes(tmp_path: Path) -> None:
    """Five minutes apart throughout: refused, since a bar's length decides when it is known."""
    rows = "".join(f"A,2020-01-31 09:{minute},10,11,9,10,5\n" for minute in (30, 35, 40))
    with pytest.raises(BadDataError, match="300 s long"):
        open_archive(_file(tmp_path, HEAD + rows), Asked(timezone="UTC"))


def test_a_zip_of_files_per_symbol_is_read(tmp_path: Path) -> None:
    """The symbol is the member's name, and the price is what the member says."""
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for symbol, close in (("BRK.B", 300), ("T", 20)):
            archive.writestr(f"d/{symbol}.csv", f"date,open,high,low,close,volume\n2020-01-31,9,900,9,{close},5\n")
    files = open_archive(path, Asked()).files()
    rows = [row for _, chunks in files for chunk in chunks for row in chunk.bars.to_pylist()]
    assert [(row["symbol"], row["close"]) for row in rows] == [("BRK.B", 300.0), ("T", 20.0)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "is empty"), ("just words\nand more\n", "no column delimiter"), ("a,b\n1,2\n", "no column is")],
)
def test_a_file_that_is_none_says_why(tmp_path: Path, text: str, reason: str) -> None:
    """An empty file, prose, and another table are three different errors."""
    with pytest.raises(BadDataError, match=reason):
        open_archive(_file(tmp_path, text), Asked())
