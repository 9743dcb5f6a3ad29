"""Where formats begin and end: what is recognised, what outranks it, and what no format can tell."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from data.importing.archive import open_archive
from data.importing.layout import Asked
from tests.fakes.bar_files import ROW, YEAR, days_file, minutes_of, taken
from trading.errors import BadDataError, ConfigurationError

NEW_YORK = "America/New_York"
MONDAY = date(2024, 6, 3)


def _form(path: Path, asked: Asked | None = None) -> list[str]:
    forms = [layout.form for layout, _ in open_archive(path, asked or Asked()).layouts]
    return [form.name for form in forms if form is not None]


@pytest.mark.parametrize(
    "head",
    ["Date,Open,High,Low,Close,Volume", "timestamp,open,high,low,close,volume", "time,open,high,low,close,volume",
     "Symbol,Date,Open,High,Low,Close,Volume"],
)  # fmt: skip
def test_names_that_everybody_uses_are_of_nobody(tmp_path: Path, head: str) -> None:
    """Nothing is claimed of the prices, and no finding says that they are adjusted."""
    row = f"A,{{}},{ROW}" if head.startswith("Symbol") else f"{{}},{ROW}"
    (tmp_path / "A.csv").write_text("\n".join([head, *(row.format(day) for day in YEAR)]) + "\n")
    assert (_form(tmp_path / "A.csv"), taken(tmp_path / "A.csv").findings) == ([], {})


def test_what_the_user_says_outranks_the_format(tmp_path: Path) -> None:
    """Nanos of Databento said to be dollars, minutes of NinjaTrader said to be stamped at their start."""
    head = "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol"
    (tmp_path / "D.csv").write_text(f"{head}\n2024-01-02T00:00:00Z,35,2,38,10,12,9,11,1000,A\n")
    assert taken(tmp_path / "D.csv", Asked(price_unit=1.0)).bars.column("close").to_pylist() == [11.0]
    assert open_archive(tmp_path / "D.csv", Asked(price_unit=1.0)).corrections == ()
    rows = [f"{at:%Y%m%d %H%M%S};10;10.5;9.5;10.2;1000" for at in minutes_of(MONDAY, "09:30", "15:59")]
    (tmp_path / "N.Last.txt").write_text("\n".join(rows) + "\n")
    asked = Asked(timezone=NEW_YORK, stamp="start")
    assert taken(tmp_path / "N.Last.txt", asked).bars.column("starts_at")[0].as_py() == datetime(
        2024, 6, 3, 13, 30, tzinfo=UTC
    )


def test_minutes_of_ninjatrader_are_moved_to_their_start(tmp_path: Path) -> None:
    """From 09:31 to 16:00 they are those from 09:30 to 15:59; which zone they have, its file can't tell."""
    rows = [f"{at:%Y%m%d %H%M%S};10;10.5;9.5;10.2;1000" for at in minutes_of(MONDAY, "09:31", "16:00")]
    path = tmp_path / "NTRD.Last.txt"
    path.write_text("\n".join(rows) + "\n")
    with pytest.raises(ConfigurationError, match="--timezone"):
        open_archive(path, Asked())
    got = taken(path, Asked(timezone=NEW_YORK)).bars
    assert got.column("symbol")[0].as_py() == "NTRD"
    assert (got.column("starts_at")[0].as_py(), got.column("starts_at")[389].as_py()) == (
        datetime(2024, 6, 3, 13, 30, tzinfo=UTC), datetime(2024, 6, 3, 19, 59, tzinfo=UTC)
    )  # fmt: skip
    (doubt, _) = open_archive(path, Asked(timezone=NEW_YORK)).guessed
    assert "taken for one of NinjaTrader (the columns; minutes of NinjaTrader moved from their end" in doubt


@pytest.mark.parametrize(("first", "last"), [("09:30", "15:59"), ("04:00", "12:00")])
def test_minutes_that_their_stamps_refute_are_not_moved(tmp_path: Path, first: str, last: str) -> None:
    """Moved from 09:30 to 09:29, a bar would be known a minute early; said to be ends, they are."""
    rows = [f"{at:%Y%m%d %H%M%S};10;10.5;9.5;10.2;1000" for at in minutes_of(MONDAY, first, last)]
    path = tmp_path / "NTRD.Last.txt"
    path.write_text("\n".join(rows) + "\n")
    assert "--stamp start" in taken(path, Asked(timezone=NEW_YORK)).refused["NTRD.Last.txt"]
    assert taken(path, Asked(timezone=NEW_YORK, stamp="end")).bars.num_rows == len(rows)


def test_dates_of_nasdaq_have_the_month_first(tmp_path: Path) -> None:
    """A file of days up to the twelfth could be read either way; its format says which, unless the dates refute it."""
    head = "Date,Close/Last,Volume,Open,High,Low\n"
    days = [day for day in YEAR if day.day <= 12]
    rows = [f"{day:%m/%d/%Y},$10.20,1000,$10.00,$10.50,$9.50" for day in days]
    (tmp_path / "A.csv").write_text(head + "\n".join(rows) + "\n")
    assert taken(tmp_path / "A.csv").bars.column("session").to_pylist() == days
    saved = [f"{day},10.2,1000,10,10.5,9.5" for day in YEAR]  # as a spreadsheet may have saved it
    (tmp_path / "B.csv").write_text(head + "\n".join(saved) + "\n")
    assert taken(tmp_path / "B.csv").bars.column("session").to_pylist() == YEAR


@pytest.mark.parametrize("name", ["HistoricalData_1704229200000.csv", "HistoricalData.csv", "HistoricalData (2).csv"])
def test_a_name_that_is_no_symbol_is_refused(tmp_path: Path, name: str) -> None:
    """Nasdaq.com calls each download so: two symbols would be one."""
    days_file(
        tmp_path / "in" / name, [f"{YEAR[0]:%m/%d/%Y}"], "10,1000,10,10,10", "Date,Close/Last,Volume,Open,High,Low\n"
    )
    with pytest.raises(BadDataError, match=r"says no symbol.*such as AAPL\.csv"):
        open_archive(tmp_path / "in", Asked())


def test_a_file_of_databento_without_symbols_is_refused(tmp_path: Path) -> None:
    """Its name holds none, and its numbers of instruments are of a day."""
    head = "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume\n"
    (tmp_path / "x.csv").write_text(f"{head}1704153600000000000,35,2,38,10000000000,1,1,1,1000\n")
    with pytest.raises(BadDataError, match=r"no column of symbols.*map_symbols"):
        open_archive(tmp_path / "x.csv", Asked())
    said = Asked(columns={"symbol": "instrument_id"})
    assert taken(tmp_path / "x.csv", said).bars.column("open").to_pylist() == [10.0]


def test_times_of_interactive_brokers_have_two_blanks_or_one(tmp_path: Path) -> None:
    """Older versions write 20240102  09:30:00."""
    for blanks in (" ", "  "):
        rows = [f"{at:%Y%m%d}{blanks}{at:%H:%M:%S},{ROW},9,10.1" for at in minutes_of(MONDAY, "09:30", "15:59")]
        path = tmp_path / f"A{len(blanks)}.csv"
        path.write_text("\n".join(["date,open,high,low,close,volume,barCount,average", *rows]) + "\n")
        got = taken(path, Asked(timezone=NEW_YORK))
        assert (got.bars.num_rows, got.unread.num_rows, _form(path, Asked(timezone=NEW_YORK))) == (390, 0, ["ibkr"])


@pytest.mark.parametrize(("hour", "milliseconds"), [("09:30", 34_200_000), ("04:00", 14_400_000)])
def test_minutes_of_lean_count_from_midnight_in_new_york(tmp_path: Path, hour: str, milliseconds: int) -> None:
    """On the day of the file's name, in summer as well; a symbol with a class too."""
    with zipfile.ZipFile(tmp_path / "20240603_trade.zip", "w") as packed:
        rows = [f"{milliseconds + 60_000 * at},100100,101000,100000,100500,90" for at in range(30)]
        packed.writestr("20240603_brk.b_minute_trade.csv", "\n".join(rows) + "\n")
    got = taken(tmp_path / "20240603_trade.zip").bars
    opened = datetime.fromisoformat(f"2024-06-03 {hour}-04:00")
    assert (got.column("starts_at")[0].as_py(), got.column("open")[0].as_py()) == (opened, 10.01)
    assert got.column("symbol")[0].as_py() == "BRK.B"


def test_quotes_and_ticks_of_lean_are_no_bars(tmp_path: Path) -> None:
    """Eleven columns, and four: refused as lines of values, also when the format is said."""
    for name, row in (("quote", "34200000,1,1,1,1,5,1,1,1,1,5"), ("tick", "34200000.5,137450,100,D")):
        path = tmp_path / f"20240603_spy_minute_{name}.csv"
        path.write_text(f"{row}\n{row}\n")
        for form in ("auto", "lean"):
            with pytest.raises(BadDataError, match=r"the first line holds values|no file of LEAN"):
                open_archive(path, Asked(form=form))


@pytest.mark.parametrize(
    ("stem", "symbol"),
    [("NASDAQ_AAPL, 1D", "AAPL"), ("BATS_TVD, 1D (2)", "TVD"), ("NYSE_BRK.B, 1", "BRK.B"),
     ("AMEX_SPY, 1D_ab12c", "SPY"), ("mine", "MINE")],
)  # fmt: skip
def test_the_symbol_in_names_that_tradingview_gives(tmp_path: Path, stem: str, symbol: str) -> None:
    """Exchange, symbol, length; a name that the user gave is the symbol itself."""
    path = days_file(tmp_path / f"{stem}.csv", YEAR, head="time,open,high,low,close,Volume\n")
    got = taken(path)
    assert set(got.bars.column("symbol").to_pylist()) == {symbol}
    assert open_archive(path, Asked()).guessed == ("the symbol is taken from the file's name",)


def test_server_time_of_metatrader_is_asked_for(tmp_path: Path) -> None:
    """Brokers' servers stand in many zones, and the file names none."""
    head = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
    rows = [f"{at:%Y.%m.%d\t%H:%M:%S}\t10\t10.5\t9.5\t10.2\t7\t1000\t2" for at in minutes_of(MONDAY, "16:30", "22:59")]
    path = tmp_path / "AAPL_M1_202406031630_202406032259.csv"
    path.write_text(head + "\n".join(rows) + "\n")
    with pytest.raises(ConfigurationError, match="--timezone"):
        open_archive(path, Asked())
    got = taken(path, Asked(timezone="Europe/Athens")).bars
    assert got.column("starts_at")[0].as_py() == datetime(2024, 6, 3, 13, 30, tzinfo=UTC)
    assert got.column("volume")[0].as_py() == 1000  # <VOL>, not the ticks


def test_several_symbols_side_by_side_are_refused(tmp_path: Path) -> None:
    """Yfinance's table of two symbols has each price twice; also said where the user names its first column."""
    text = "Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume\nTicker,A,B,A,B,A,B,A,B,A,B\nDate,,,,,,,,,,\n"
    (tmp_path / "two.csv").write_text(text + "2024-01-02,1,2,1,2,1,2,1,2,5,6\n")
    for asked in (Asked(), Asked(columns={"time": "Price"})):
        with pytest.raises(BadDataError, match="its second line names 2 symbols"):
            open_archive(tmp_path / "two.csv", asked)


def test_a_folder_holds_several_formats(tmp_path: Path) -> None:
    """Each file is recognised by itself; with a format said, the others are named and refused."""
    days_file(tmp_path / "A.csv", [f"{day:%m/%d/%Y}" for day in YEAR], "10.2,1000,10,10.5,9.5",
              "Date,Close/Last,Volume,Open,High,Low\n")  # fmt: skip
    days_file(tmp_path / "B.csv", YEAR, "10,10.5,9.5,10.2,9,1000", "Date,Open,High,Low,Close,Adjusted_close,Volume\n")
    assert sorted(_form(tmp_path)) == ["eodhd", "nasdaq"]
    assert taken(tmp_path).bars.num_rows == 2 * len(YEAR)
    got = taken(tmp_path, Asked(form="nasdaq"))
    assert (got.bars.num_rows, list(got.refused)) == (len(YEAR), ["B.csv"])
    assert "lacks the column(s) closelast" in got.refused["B.csv"]


def test_a_format_that_was_said_is_another_way_to_read(tmp_path: Path) -> None:
    """The same file, told to be Stooq's, is judged anew."""
    path = days_file(tmp_path / "A.csv", YEAR)
    assert open_archive(path, Asked(form="stooq")).sha256() != open_archive(path, Asked()).sha256()
    assert taken(path, Asked(form="stooq")).findings == {"adjusted_prices": len(YEAR)}
