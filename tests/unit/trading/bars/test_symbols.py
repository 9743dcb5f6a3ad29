"""One spelling of each security: as vendors, brokers and people write them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from trading.bars.symbols import spelt, symbol_of, symbols_of


@pytest.mark.parametrize(
    ("symbol", "texts"),
    [
        ("BRK.B", "BRK.B brk.b BRK-B BRK/B BRK_B BRK-B.US brk.b.us NYSE:BRK.B nyse:brk/b $BRK.B"),
        ("BAC.PRL", "BAC.PRL BAC-PL BAC^L BAC/PRL BAC-PRL BACpL bac.pl"),
        ("XYZ.WS", "XYZ.WS XYZ-WT XYZ/WS XYZ+ XYZ-WTS XYZ.WT.US"),
        ("XYZ.WS.A", "XYZ.WS.A XYZ-WS-A XYZ/WS/A XYZ-WSA"),
        ("XYZ.U", "XYZ.U XYZ-UN XYZ= XYZ/U XYZ-U"),
        ("XYZ.RT", "XYZ.RT XYZ-RT XYZ/RT"),
        ("AAPL", "AAPL aapl aapl.us AAPL.US NASDAQ:AAPL BATS:AAPL AAPL.OQ $aapl 'AAPL' \ufeffAAPL"),
    ],
)
def test_every_way_to_write_it_is_one_symbol(symbol: str, texts: str) -> None:
    """Yahoo, Stooq, Alpaca, Interactive Brokers, TradingView, Refinitiv and the exchanges."""
    assert {symbol_of(text) for text in texts.split(" ")} == {symbol}


@pytest.mark.parametrize(
    ("text", "symbol"),
    [("BRK B", "BRK.B"), ("BRK/B US Equity", "BRK.B"), ("AAPL US Equity", "AAPL"), ("AAPL US", "AAPL"),
     ("BAC PR L", "BAC.PRL"), (" BF B ", "BF.B")],
)  # fmt: skip
def test_blanks_are_separators_too(text: str, symbol: str) -> None:
    """Bloomberg's and Interactive Brokers' spelling."""
    assert symbol_of(text) == symbol


@pytest.mark.parametrize(
    "text",
    ["VOD.L", "005930.KS", "SHOP.TO", "BHP.AX", "BRKB", "AAPL.O", "IBM.N", "ES=F", "^GSPC", "BTC-USD", "EURUSD=X",
     "1234", "AAPL240119C00150000", "A", "US", "PRU", "WS", "UN", "ALL", ""],
)  # fmt: skip
def test_what_is_not_certain_stays_as_it_is(text: str) -> None:
    """Other markets, derivatives, currencies, and tickers that look like parts of a spelling."""
    assert symbol_of(text) == text


@pytest.mark.parametrize("text", ["NA", "NULL", "NAN", "TRUE", "FALSE", "INF", "NONE", "ON", "OFF", "Y", "E", "T"])
def test_a_ticker_that_looks_like_a_value_is_a_ticker(text: str) -> None:
    """In capitals and not."""
    assert symbol_of(text) == symbol_of(text.lower()) == text


def test_a_spelling_is_its_own() -> None:
    """What was put into the record's spelling is in it."""
    for text in ("BRK-B", "BAC^L", "XYZ-WSA", "XYZ=", "NASDAQ:AAPL", "x.rt"):
        assert symbol_of(symbol_of(text)) == symbol_of(text)
    assert symbols_of(["brk-b", "BRK.B", "", "AAPL.US"]) == ["AAPL", "BRK.B"]


def test_a_column_is_spelt_by_its_distinct_texts() -> None:
    """Nulls and order stay; what is spelt so already comes back as it is."""
    column = pa.chunked_array([["BRK-B", None, "AAPL"], ["BRK-B", "aapl "]])
    found, other = spelt(column)
    assert found.to_pylist() == ["BRK.B", None, "AAPL", "BRK.B", "AAPL"]
    assert other == {"BRK-B": "BRK.B", "aapl ": "AAPL"}
    same = pa.chunked_array([["AAPL", "NA", None]])
    assert spelt(same) == (same, {})
    assert spelt(pa.chunked_array([], pa.string()))[1] == {}
