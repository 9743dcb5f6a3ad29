"""Splits and dividends in columns of their own: what vendors write, and what isn't one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.importing.actions import read_dividends, read_splits
from data.importing.archive import open_archive
from data.importing.layout import Asked
from data.importing.number_texts import NumberStyle
from tests.fakes.bar_files import ROW, YEAR, Got, days_file, taken
from trading.errors import BadDataError, ConfigurationError

STYLE = NumberStyle()


@pytest.mark.parametrize(
    ("text", "shares"),
    [("2:1", 2), ("4/1", 4), ("2.0", 2), ("0.1", 0.1), ("1:10", 0.1), ("3-for-2", 1.5), ("7 for 1", 7), ("3:2", 1.5),
     ("1-to-8", 0.125), ("2.000000/1.000000", 2), ("", 0), ("0", 0), ("1", 1), (" 20:1 ", 20), ("1 FOR 4", 0.25)],
)  # fmt: skip
def test_a_split_is_new_shares_for_an_old_one(text: str, shares: float) -> None:
    """A ratio says new shares first; 0, 1 and nothing say that none took effect."""
    values, odd = read_splits(pa.chunked_array([[text]]), STYLE)
    assert (values[0].as_py(), odd.tolist()) == (pytest.approx(shares), [False])


@pytest.mark.parametrize("text", ["-", "N/A", "nan", "None"])
def test_what_is_not_known_is_no_statement(text: str) -> None:
    """Neither that something took effect nor that nothing did."""
    for read in (read_splits, read_dividends):
        values, odd = read(pa.chunked_array([[text, ""]]), STYLE)
        assert (values.to_pylist(), odd.tolist()) == ([None, 0.0], [False, False])


@pytest.mark.parametrize("text", ["two", "2:0", "-2", "2:1:1", "1/2/2024"])
def test_what_is_no_ratio_is_told(text: str) -> None:
    """Its bar is set aside: whether a split took effect would be lost."""
    values, odd = read_splits(pa.chunked_array([[text, "2"]]), STYLE)
    assert (values.to_pylist(), odd.tolist()) == ([None, 2.0], [True, False])


def test_dividends_are_usd_a_share() -> None:
    """With a dollar sign or without; a negative one, and a text, are none."""
    values, odd = read_dividends(pa.chunked_array([["$0.60", "0.0000", "", "1.25", "-1", "much"]]), STYLE)
    assert values.to_pylist() == [0.6, 0.0, 0.0, 1.25, None, None]
    assert odd.tolist() == [False, False, False, False, True, True]


def test_columns_of_numbers_are_read_as_they_are() -> None:
    """As Parquet has them, a missing value among them."""
    values, odd = read_splits(pa.chunked_array([[None, 2.0, float("nan"), 0.05]]), STYLE)
    assert (values.to_pylist(), odd.any()) == ([0.0, 2.0, 0.0, 0.05], np.False_)


SHAPES = {
    "Alpha Vantage": ("timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient",
                      "{day},{row},{close},1000,{paid},{split}"),
    "Yahoo": ("Date,Open,High,Low,Close,Volume,Dividends,Stock Splits", "{day},{row},1000,{paid},{split}"),
    "Tiingo": ("date,open,high,low,close,volume,adjClose,divCash,splitFactor",
               "{day},{row},1000,{close},{paid},{split}"),
    "Quandl": ("Date,Open,High,Low,Close,Volume,Ex-Dividend,Split Ratio", "{day},{row},1000,{paid},{split}"),
    "other": ("Date,Open,High,Low,Close,Volume,Dividend,Split", "{day},{row},1000,{paid},{split}"),
}  # fmt: skip


def _file(path: Path, shape: str, splits: dict[date, object], paid: dict[date, object], nothing: str = "0.0") -> Path:
    head, form = SHAPES[shape]
    rows = [
        form.format(day=day, row="10,10.5,9.5,10.2", close=10.2, paid=paid.get(day, nothing),
                    split=splits.get(day, nothing))
        for day in YEAR
    ]  # fmt: skip
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def _events(got: Got, name: str) -> dict[date, float]:
    rows = zip(got.bars.column("session").to_pylist(), got.bars.column(name).to_pylist(), strict=True)
    return {day: value for day, value in rows if value not in {0.0, 1.0}}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("nothing", ["0.0", ""])
def test_each_vendor_s_columns_become_splits_and_dividends(tmp_path: Path, shape: str, nothing: str) -> None:
    """A 2-for-1 split and 0.60 USD on one day, a 1-for-8 split, and 0.25 USD; no day between them says nothing."""
    splits = {YEAR[120]: 2.0, YEAR[200]: 0.125}
    paid = {YEAR[120]: 0.6, YEAR[180]: 0.25}
    got = taken(_file(tmp_path / "A.csv", shape, dict(splits), dict(paid), nothing))
    assert (_events(got, "split"), _events(got, "dividend")) == (splits, paid)
    assert got.bars.column("split").null_count == got.bars.column("dividend").null_count == 0


def test_ratios_as_texts_and_an_unreadable_one(tmp_path: Path) -> None:
    """Spreadsheets hold 2:1; the bar whose split can't be read is set aside with its text."""
    splits: dict[date, object] = {YEAR[10]: "2:1", YEAR[20]: "about two"}
    got = taken(_file(tmp_path / "A.csv", "other", splits, {}, ""))
    assert _events(got, "split") == {YEAR[10]: 2.0}
    assert got.unread.column("reason").to_pylist() == ["the split can't be read"]
    assert "split=about two" in got.unread.column("raw")[0].as_py()


@pytest.mark.parametrize(("column", "of"), [("split", 0.25), ("dividend", 1.2)])
def test_a_column_that_names_something_every_day_is_another(tmp_path: Path, column: str, of: float) -> None:
    """A factor of all days, or a yearly dividend in each row, is no event; left out, the file is read."""
    every: dict[date, object] = dict.fromkeys(YEAR, of)
    path = _file(tmp_path / "A.csv", "other", every if column == "split" else {}, every if column != "split" else {})
    assert f"--column {column}=none" in taken(path).refused["A.csv"]
    got = taken(path, Asked(columns={column: "none"}))
    assert got.bars.num_rows == len(YEAR)
    assert column not in got.bars.column_names
    assert f"not used: {column.title()}" in open_archive(path, Asked(columns={column: "none"})).words


def test_a_payer_of_each_week_is_one(tmp_path: Path) -> None:
    """Funds pay weekly: a fifth of the days."""
    paid: dict[date, object] = {day: 0.31 for day in YEAR if day.weekday() == 3}
    assert len(_events(taken(_file(tmp_path / "A.csv", "other", {}, paid)), "dividend")) == len(paid)


def test_other_names_are_said(tmp_path: Path) -> None:
    """`--column split=RATIO`; a field that there isn't is named with those that there are."""
    path = days_file(tmp_path / "A.csv", YEAR, ROW + ",1", "Date,Open,High,Low,Close,Volume,RATIO\n")
    assert "split" not in taken(path).bars.column_names
    assert "split" in taken(path, Asked(columns={"split": "RATIO"})).bars.column_names
    with pytest.raises(ConfigurationError, match="adjusted_close, split, dividend"):
        open_archive(path, Asked(columns={"splits": "RATIO"}))


def test_files_with_and_without_such_columns_are_one_source(tmp_path: Path) -> None:
    """Parquet beside CSV; each has what it brings."""
    day = np.array(YEAR[:5])
    table = {"Date": day, "Open": [10.0] * 5, "High": [10.5] * 5, "Low": [9.5] * 5, "Close": [10.2] * 5,
             "Volume": [1000] * 5, "splits": [0.0, 0.0, 2.0, 0.0, None]}  # fmt: skip
    pq.write_table(pa.table(table), tmp_path / "B.parquet")
    days_file(tmp_path / "A.csv", YEAR)
    bars = {name: next(chunks).bars for name, chunks in open_archive(tmp_path, Asked()).files()}
    assert "split" not in bars["A.csv"].column_names
    assert bars["B.parquet"].column("split").to_pylist() == [0.0, 0.0, 2.0, 0.0, 0.0]


YAHOO = "Date,Open,High,Low,Close,Adj Close,Volume\n"


def test_known_adjustments_are_said_once_and_not_where_the_file_says_otherwise(tmp_path: Path) -> None:
    """Yahoo's closes are adjusted for splits; those of a file whose factor halves at a split aren't Yahoo's."""
    plain = [f"{day},10,10.5,9.5,10.2,{10.2 * 0.98:.4f},1000" for day in YEAR]
    halved = [f"{day},10,10.5,9.5,10.2,{5.1 if at < 100 else 10.2},1000" for at, day in enumerate(YEAR)]
    for name, rows, told in (("A.csv", plain, {"adjusted_prices": len(YEAR)}), ("B.csv", halved, {})):
        (tmp_path / name).write_text(YAHOO + "\n".join(rows) + "\n")
        assert taken(tmp_path / name).findings == told
    named = _file(tmp_path / "C.csv", "Yahoo", {YEAR[100]: 4.0}, {})
    assert taken(named).findings == {}  # the gates compare the split with the prices


def test_dividends_that_may_be_in_the_prices_are_asked_about(tmp_path: Path) -> None:
    """Downloads without an adjusted close have them in their prices, unless made with auto_adjust=False."""
    path = _file(tmp_path / "A.csv", "Yahoo", {}, {YEAR[3]: 0.24})
    assert any("--column dividend=none" in doubt for doubt in open_archive(path, Asked()).guessed)
    without = open_archive(path, Asked(columns={"dividend": "none"})).guessed
    assert not any("dividend" in doubt for doubt in without)


def test_a_file_of_factors_beside_such_columns_is_refused(tmp_path: Path) -> None:
    """Two sources of one thing: nobody can say which counts."""
    factors = tmp_path / "factors.csv"
    factors.write_text("symbol,date,price_factor,split_factor\nA,20501231,1,1\n")
    path = _file(tmp_path / "A.csv", "other", {}, {})
    with pytest.raises((BadDataError, ConfigurationError), match=r"'Split', 'Dividend'.*Leave --factors"):
        open_archive(path, Asked(factors=factors))
