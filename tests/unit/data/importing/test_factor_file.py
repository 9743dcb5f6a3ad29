"""Factors from a table of their own: which row counts for which day, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from data.importing.archive import open_archive
from data.importing.factor_file import read_factors
from data.importing.layout import Asked
from trading.errors import BadDataError, ConfigurationError

TABLE = """symbol,date,price_factor,split_factor
AAPL,20140606,0.9,0.142857
AAPL,20501231,1.0,1.0
A,20200101,0.5,1.0
"""
"""Apple's split by seven took effect on 2014-06-09, the session after the first row's date."""
BARS = """symbol,date,open,high,low,close,volume
AAPL,2014-06-06,650,651,645,645.57,12497800
AAPL,2014-06-09,92.7,93.88,91.75,93.7,75415000
"""


def _file(folder: Path, text: str, name: str = "factors.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_day_takes_the_first_row_that_is_not_before_it(tmp_path: Path) -> None:
    """The row's own date still has its factors; the day after has the next row's; strangers and late days have none."""
    factors = read_factors(_file(tmp_path, TABLE))
    names = ["AAPL", "AAPL", "AAPL", "A", "ZZZ", None, "AAPL"]
    days = [
        date(2010, 1, 4),
        date(2014, 6, 6),
        date(2014, 6, 9),
        date(2020, 1, 2),
        date(2014, 6, 6),
        date(2014, 6, 6),
        None,
    ]
    found = factors.of(
        pa.chunked_array([pa.array(names, pa.string())]), pa.chunked_array([pa.array(days, pa.date32())])
    )
    assert found.to_pylist() == [
        pytest.approx(0.9 * 0.142857),
        pytest.approx(0.9 * 0.142857),
        1.0,
        None,
        None,
        None,
        None,
    ]


def test_the_bars_carry_the_factors(tmp_path: Path) -> None:
    """An archive of raw prices, read with its factors, hands both on; other factors make it another source."""
    bars = _file(tmp_path, BARS, "bars.csv")
    plain = open_archive(bars, Asked())
    archive = open_archive(bars, Asked(factors=_file(tmp_path, TABLE)))
    ((_, chunks),) = archive.files()
    assert next(chunks).bars.column("factor").to_pylist() == [pytest.approx(0.9 * 0.142857), 1.0]
    assert archive.sha256() != plain.sha256()
    assert open_archive(bars, Asked(factors=_file(tmp_path, TABLE.replace("0.9", "0.8")))).sha256() != archive.sha256()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("symbol,date,price_factor\nA,20200101,1\n", "split_factor"),
        (TABLE.replace("0.5", "0"), "above zero"),
        (TABLE + "A,2020-01-01,0.5,1.0\n", "stands twice"),
        (TABLE.replace("20200101", "yesterday"), "no date"),
    ],
)
def test_a_table_that_cannot_be_trusted_is_refused(tmp_path: Path, table: str, words: str) -> None:
    """A column missing, a factor of zero, a day that stands twice, a date that is none: nothing is stored."""
    with pytest.raises(BadDataError, match=words):
        read_factors(_file(tmp_path, table))


def test_factors_are_refused_where_they_cannot_apply(tmp_path: Path) -> None:
    """Bars that bring factors of their own, and minutes, take none from a file."""
    own = _file(tmp_path, BARS.replace("volume", "volume,cum_adj").replace("00\n", "00,1\n"), "own.csv")
    with pytest.raises(ConfigurationError, match="of their own"):
        open_archive(own, Asked(factors=_file(tmp_path, TABLE)))
    text = (
        "symbol,time,open,high,low,close,volume\nA,2020-01-02T14:30:00Z,1,1,1,1,1\nA,2020-01-02T14:31:00Z,1,1,1,1,1\n"
    )
    with pytest.raises(ConfigurationError, match="are for days"):
        open_archive(_file(tmp_path, text, "minutes.csv"), Asked(factors=_file(tmp_path, TABLE)))


def test_what_the_file_lacks_is_said_of_each_symbol(tmp_path: Path) -> None:
    """A stranger, and a bar after the last factor of a symbol; a bar without symbol or day is another gate's."""
    factors = read_factors(_file(tmp_path, TABLE))
    last = date(2051, 1, 3)
    names = pa.chunked_array([pa.array(["AAPL", "ZZZ", "ZZZ", "AAPL", None, "ZZZ"], pa.string())])
    days = [date(2010, 1, 4), date(2014, 6, 6), date(2014, 6, 9), last, date(2014, 6, 6), None]
    column = pa.chunked_array([pa.array(days, pa.date32())])
    told = factors.lacking(names, column, factors.of(names, column))
    assert {(one.gate, one.symbol, one.rows) for one in told} == {
        ("without_factor", "ZZZ", 2),
        ("factors_end", "AAPL", 1),
    }
