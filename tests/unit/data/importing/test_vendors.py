"""Ten bars as each vendor and platform exports them: all of the files say the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from cli.importing.bars import FormatName
from data.importing.archive import open_archive
from data.importing.layout import Asked
from data.importing.vendors import FORMATS, NAMES
from tests.fakes.bar_files import Got, taken
from trading.errors import BadDataError

FILES = Path(__file__).parents[3] / "data" / "formats"
DAYS = [date(2024, 1, day) for day in (2, 3, 4, 5, 8, 9, 10, 11, 12, 16)]
MINUTES = [datetime(2024, 1, 2, 14, 30, tzinfo=UTC) + timedelta(minutes=at) for at in range(10)]
NEW_YORK = "America/New_York"

RECOGNISED = [
    ("yahoo", "yahoo/AAPL.csv", DAYS, ""),
    ("yahoo", "yahoo/history/AAPL.csv", DAYS, ""),
    ("yahoo", "yahoo/table/download.csv", DAYS, ""),
    ("stooq", "stooq/aapl.us.txt", DAYS, ""),
    ("alphavantage", "alphavantage/daily_adjusted_AAPL.csv", DAYS, ""),
    ("polygon", "polygon/2024-01.csv", DAYS, ""),
    ("polygon", "polygon/aggregates/AAPL.csv", MINUTES, ""),
    ("alpaca", "alpaca/AAPL.csv", DAYS, ""),
    ("alpaca", "alpaca/frame/bars.csv", MINUTES, ""),
    ("ibkr", "ibkr/AAPL.csv", MINUTES, ""),
    ("ibkr", "ibkr/days/AAPL.csv", DAYS, ""),
    ("tradingview", "tradingview/NASDAQ_AAPL, 1D.csv", DAYS, ""),
    ("tradingview", "tradingview/minutes/BATS_AAPL, 1.csv", MINUTES, ""),
    ("ninjatrader", "ninjatrader/AAPL.Last.txt", MINUTES, NEW_YORK),
    ("ninjatrader", "ninjatrader/days/AAPL.Last.txt", DAYS, ""),
    ("metatrader", "metatrader/AAPL_M1_202401020930_202401020939.csv", MINUTES, NEW_YORK),
    ("metatrader", "metatrader/days/AAPL_Daily_202401020000_202401160000.csv", DAYS, ""),
    ("metatrader", "metatrader/version4/AAPL1440.csv", DAYS, ""),
    ("lean", "lean/aapl.zip", DAYS, ""),
    ("lean", "lean/minute/20240102_trade.zip", MINUTES, ""),
    ("databento", "databento/xnas-itch-20240102.ohlcv-1m.csv", MINUTES, ""),
    ("databento", "databento/pretty/xnas-itch-202401.ohlcv-1d.csv", DAYS, ""),
    ("nasdaq", "nasdaq/AAPL.csv", DAYS, ""),
    ("tiingo", "tiingo/AAPL.csv", DAYS, ""),
    ("eodhd", "eodhd/AAPL.csv", DAYS, ""),
]
SAID_ONLY = [
    ("alphavantage", "alphavantage/intraday/intraday_1min_AAPL.csv", MINUTES, ""),
    ("googlefinance", "googlefinance/AAPL.csv", DAYS, ""),
]
ADJUSTED = {"yahoo", "stooq", "ibkr", "tradingview", "nasdaq", "googlefinance"}


def _tell_the_ten_bars(got: Got, when: list[date] | list[datetime]) -> None:
    """Open 100 USD and one more each bar, high 1.25 above, low 0.75 below, close 0.50 above, a thousand shares more."""
    assert got.refused == {}
    assert got.unread.num_rows == 0
    time = "starts_at" if isinstance(when[0], datetime) else "session"
    bars = got.bars.sort_by(time)
    assert bars.column(time).to_pylist() == when
    assert set(bars.column("symbol").to_pylist()) == {"AAPL"}
    wanted = [(100 + at, 101.25 + at, 99.25 + at, 100.5 + at, 1_000_000 + 1_000 * at) for at in range(10)]
    columns = [bars.column(name).to_pylist() for name in ("open", "high", "low", "close", "volume")]
    assert list(zip(*columns, strict=True)) == [pytest.approx(row, rel=1e-12) for row in wanted]


@pytest.mark.parametrize(("name", "file", "when", "zone"), RECOGNISED)
def test_a_format_is_recognised_and_read(name: str, file: str, when: list[date], zone: str) -> None:
    """By its header, or by the form of its lines where it has none."""
    asked = Asked(timezone=zone)
    forms = [layout.form for layout, _ in open_archive(FILES / file, asked).layouts]
    assert [form.name for form in forms if form is not None] == [name]
    got = taken(FILES / file, asked)
    _tell_the_ten_bars(got, when)
    found = {gate: rows for gate, rows in got.findings.items() if gate != "other_spelling"}
    assert found == ({"adjusted_prices": 10} if name in ADJUSTED else {})


@pytest.mark.parametrize(("name", "file", "when", "zone"), RECOGNISED + SAID_ONLY)
def test_a_format_that_is_said_is_read(name: str, file: str, when: list[date], zone: str) -> None:
    """The same bars, and nothing about a file without names of columns is a guess then."""
    asked = Asked(timezone=zone, form=name)
    _tell_the_ten_bars(taken(FILES / file, asked), when)
    assert not any("a file without names" in doubt for doubt in open_archive(FILES / file, asked).guessed)


@pytest.mark.parametrize("wrong", NAMES[1:])
def test_a_format_that_does_not_fit_is_one_sentence(wrong: str) -> None:
    """What is lacking, and what the file seems to be; none of its rows is taken."""
    other = "eodhd/AAPL.csv" if wrong in ("ninjatrader", "lean", "databento", "metatrader", "polygon", "alpaca") else ""
    file = other or "databento/xnas-itch-20240102.ohlcv-1m.csv"
    with pytest.raises(BadDataError, match="this is no file of") as told:
        open_archive(FILES / file, Asked(form=wrong))
    assert f"say --format {file.split('/')[0]}" in str(told.value)


def test_every_format_has_a_file_here() -> None:
    """Ten rows each, from the documented form of its vendor."""
    assert {name for name, *_ in RECOGNISED + SAID_ONLY} == {form.name for form in FORMATS} == set(NAMES[1:])
    assert {path.name for path in FILES.iterdir()} == set(NAMES[1:])


def test_the_command_line_takes_every_format() -> None:
    """`--format` lists them by name."""
    assert get_args(FormatName) == NAMES


def test_columns_that_are_not_read_are_listed() -> None:
    """What a format is known to have is no exception."""
    words = open_archive(FILES / "tiingo" / "AAPL.csv", Asked()).words
    assert "as Tiingo has it" in words
    assert "splits and dividends from 'adjClose', 'splitFactor', 'divCash'" in words
    assert "not used: adjHigh, adjLow, adjOpen, adjVolume" in words


@pytest.mark.parametrize(
    ("file", "words"),
    [("lean/aapl.zip", "prices of LEAN that count in 0.0001 USD are dollars"),
     ("databento/xnas-itch-20240102.ohlcv-1m.csv", "prices of Databento that count in 1e-09 USD are dollars")],
)  # fmt: skip
def test_what_a_format_changes_in_all_rows_is_said(file: str, words: str) -> None:
    """It goes on record with the import."""
    assert words in open_archive(FILES / file, Asked()).corrections
