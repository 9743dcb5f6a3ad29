"""One spelling of each security, whoever writes it: case, exchange prefixes, class shares, preferreds, warrants."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

EXCHANGES = (
    "NASDAQ", "NASDAQGS", "NASDAQGM", "NASDAQCM", "NYSE", "NYSEARCA", "NYSEAMERICAN", "NYSEMKT", "AMEX", "ARCA", "BATS",
    "CBOE", "IEX", "OTC", "OTCMKTS", "US",
)  # fmt: skip
"""Before a colon (`NASDAQ:AAPL`), as TradingView and Google write; of the United States."""
_PREFIX = re.compile(rf"^(?:{'|'.join(EXCHANGES)}):(?=[A-Z])")
_MARKET = re.compile(r"(?:[ .](?:US|UN|UW|UQ|UR|UA|UP|UV)(?: EQUITY)?|\.US|\.OQ)$")
"""After the ticker: `.US` (Stooq, EODHD), ` US Equity` (Bloomberg), `.OQ` (Refinitiv). `.O` and `.N` may be classes."""
_TICKER, _BREAK = r"([A-Z]{1,5})", r"[ .\-/_]"
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"^{_TICKER}(?:{_BREAK}P[R]?{_BREAK}?|\^)([A-Z])$"), "{0}.PR{1}"),
    (re.compile(rf"^{_TICKER}(?:{_BREAK}(?:WTS|WT|WS)|\+){_BREAK}?([A-Z])?$"), "{0}.WS{.1}"),
    (re.compile(rf"^{_TICKER}(?:{_BREAK}(?:UN|UT|U)|=)()$"), "{0}.U"),
    (re.compile(rf"^{_TICKER}{_BREAK}(?:RT|RTS)()$"), "{0}.RT"),
    (re.compile(rf"^{_TICKER}{_BREAK}([A-Z])$"), "{0}.{1}"),
)
_SMALL_P = re.compile(r"^([A-Z]{1,5})p([A-Z])$")
"""A preferred, as the New York Stock Exchange prints it: `BACpL`."""
LONGEST_CACHE = 65_536


@lru_cache(maxsize=LONGEST_CACHE)
def symbol_of(text: str) -> str:
    """The spelling that the record has for what a user or a source calls a security; empty for nothing.

    | security | also written | here |
    | --- | --- | --- |
    | Berkshire Hathaway, class B | brk-b, BRK/B, BRK B, BRK_B | BRK.B |
    | a preferred of series L | BAC-PL, BAC PR L, BAC^L, BACpL | BAC.PRL |
    | warrants, of series A | XYZ-WT, XYZ/WS, XYZ+; XYZ.WS.A | XYZ.WS, XYZ.WS.A |
    | units, rights | XYZ-UN, XYZ=, XYZ/U; XYZ-RT | XYZ.U, XYZ.RT |
    | any of these, of the United States | NASDAQ:AAPL, AAPL.US, AAPL US Equity, AAPL.OQ, $AAPL | AAPL |

    Everything else is kept as it is, in capitals: `VOD.L` is another market's, and what `BRKB` or `AAPL.O` mean isn't
    certain.
    """
    text = _SMALL_P.sub(r"\1.PR\2", text.strip())
    plain = " ".join(text.replace("\ufeff", "").strip("\"' \t\r\n").removeprefix("$").split()).upper()
    plain = _MARKET.sub("", _PREFIX.sub("", plain))
    for shape, spelling in _SHAPES:
        found = shape.match(plain)
        if found:
            ticker, series = found[1], found[2] or ""
            return spelling.replace("{.1}", f".{series}" if series else "").format(ticker, series)
    return plain


def symbols_of(texts: Iterable[str]) -> list[str]:
    """Of each, sorted, each once; without empty ones."""
    return sorted({symbol_of(text) for text in texts} - {""})


def spelt(column: Any) -> tuple[Any, dict[str, str]]:
    """A column of symbols in the record's spelling, and what was spelt otherwise: the record's spelling by that.

    Each distinct text is looked at once, so that millions of rows cost no more than their codes.

    Args:
        column: of text, `pa.ChunkedArray`; null stays null.
    """
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks() if encoded.num_chunks else pa.array([], pa.string()).dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    found = [symbol_of(text) for text in texts]
    other = {text: symbol for text, symbol in zip(texts, found, strict=True) if text.strip() != symbol}
    if not other and all(text == symbol for text, symbol in zip(texts, found, strict=True)):
        return column, {}
    taken = pc.take(pa.array(found, pa.string()), encoded.indices)
    return pa.chunked_array([taken]), other
