"""Tables with a column a symbol are named as that, and the line of pandas that is given makes them long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from data.importing.archive import open_archive
from data.importing.layout import Asked
from tests.fakes.bar_files import YEAR, taken
from trading.errors import BadDataError

FIFTEEN = ["AAPL", "MSFT", "NVDA", "GOOG", "AMZN", "META", "TSLA", "BRK.B", "JPM", "V", "C", "O", "H", "L", "T"]
DAYS = YEAR[:20]


def _table(path: Path, names: list[str], number: float = 10.5) -> Path:
    lines = [",".join(["Date", *names])] + [",".join([str(day), *[f"{number}"] * len(names)]) for day in DAYS]
    path.write_text("\n".join(lines) + "\n")
    return path


def _run(said: str, folder: Path) -> None:
    """The line that a message gives, as a user would run it."""
    code = said[said.index("import pandas as pd;") :]
    code = code[: code.index('to_csv("long.csv")') + len('to_csv("long.csv")')]
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=folder, check=True, timeout=60)


@pytest.mark.parametrize("first", ["Date", "", "Unnamed: 0"])
def test_a_column_a_symbol(tmp_path: Path, first: str) -> None:
    """Five such tables become one; V, C, O, H, L and T are symbols there, and no fields."""
    for name, number in {"open": 10.0, "high": 12.0, "low": 9.0, "close": 11.0, "volume": 7}.items():
        path = _table(tmp_path / f"{name}.csv", FIFTEEN, number)
        path.write_text(path.read_text().replace("Date", first, 1))
    with pytest.raises(
        BadDataError, match=r"the table is wide: it has a column a symbol \(AAPL, MSFT, NVDA, …\)"
    ) as why:
        open_archive(tmp_path / "close.csv", Asked())
    _run(str(why.value), tmp_path)
    got = taken(tmp_path / "long.csv")
    assert got.refused == {}
    assert got.bars.num_rows == len(DAYS) * len(FIFTEEN)
    assert set(got.bars.column("symbol").to_pylist()) == set(FIFTEEN)
    assert {row["high"] for row in got.bars.to_pylist()} == {12.0}


@pytest.mark.parametrize("form", ["{s}_{f}", "{f}_{s}", "{s} {f}", "{s}.{f}", "{f} {s}", "{s}-{f}"])
def test_columns_of_a_field_and_a_symbol(tmp_path: Path, form: str) -> None:
    """AAPL_Open, Open_AAPL, AAPL Open, …; a symbol without a row that day has none afterwards."""
    fields = ("Open", "High", "Low", "Close", "Volume")
    path = _table(
        tmp_path / "wide.csv", [form.format(s=symbol, f=name) for symbol in ("AAPL", "MSFT") for name in fields]
    )
    path.write_text(path.read_text() + "2024-02-01" + ",10.5" * 5 + "," * 5 + "\n")
    with pytest.raises(BadDataError, match=r"the table is wide: it has columns for each symbol \(AAPL, MSFT\)") as why:
        open_archive(path, Asked())
    _run(str(why.value), tmp_path)
    got = taken(tmp_path / "long.csv")
    assert (got.refused, got.unread.num_rows, got.bars.num_rows) == ({}, 0, 2 * len(DAYS) + 1)


def test_two_heads_of_yfinance(tmp_path: Path) -> None:
    """`download(["AAPL", "MSFT"]).to_csv()`: fields in the first line, symbols in the second."""
    fields = ("Close", "High", "Low", "Open", "Volume")
    heads = [
        ["Price", *[name for name in fields for _ in "AM"]],
        ["Ticker", *["AAPL", "MSFT"] * 5],
        ["Date", *[""] * 10],
    ]
    rows = [[str(day), *["10.5"] * 8, "7", "7"] for day in DAYS]
    path = tmp_path / "wide.csv"
    path.write_text("\n".join(",".join(line) for line in [*heads, *rows]) + "\n")
    with pytest.raises(BadDataError, match="the table is wide: its second line names 2 symbols") as why:
        open_archive(path, Asked())
    _run(str(why.value), tmp_path)
    got = taken(tmp_path / "long.csv")
    assert (got.refused, got.bars.num_rows) == ({}, 2 * len(DAYS))


@pytest.mark.parametrize(
    "names",
    [["OPEN", "HIGH", "LOW", "CLOSE", "VOLUME", "SMA", "EMA", "RSI", "MACD", "ATR", "ADX", "OBV", "VWAP", "CCI", "MFI"],
     ["O", "H", "L", "C", "V", "VW", "N"]],
)  # fmt: skip
def test_bars_with_columns_in_capitals_are_bars(tmp_path: Path, names: list[str]) -> None:
    """Indicators beside the five are no symbols, and neither are the five by their first letters."""
    assert taken(_table(tmp_path / "A.csv", names)).bars.num_rows == len(DAYS)


def test_a_table_that_lacks_columns_is_not_called_wide(tmp_path: Path) -> None:
    """Closes alone, and words that are no symbols."""
    for names in (["Close"], ["price", "amount", "side"]):
        with pytest.raises(BadDataError, match="no column is"):
            open_archive(_table(tmp_path / "A.csv", names), Asked())
