"""Alpaca's bars of the past: many symbols a request, page by page.

Source: https://docs.alpaca.markets/reference/stockbars
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from adapters.alpaca.addresses import AlpacaFeed
from adapters.alpaca.http import AlpacaHttp
from adapters.bars.files import SHAPES, Timeframe
from adapters.exchange_time import NEW_YORK
from adapters.feeds.port import Page, Span
from adapters.feeds.source import UNREAD_SCHEMA
from trading.errors import BadDataError

PAGE_ROWS = 10_000
"""The most that Alpaca gives at once."""
SYMBOLS_AT_ONCE = 200
"""Keeps the address of a request under 2,000 characters."""
NAMES = {"1d": "1Day", "1m": "1Min"}
LARGEST = 2**53
"""Whole numbers up to it are exact in JSON."""
MINUTE_S = 60


@dataclass(frozen=True)
class AlpacaBars:
    """Alpaca's history; a `BarHistory`.

    Attributes:
        feed: `iex` = trades of one exchange, a few per cent of the volume; `sip` = of all.
    """

    http: AlpacaHttp
    feed: AlpacaFeed = "sip"

    @property
    def name(self) -> str:
        """Of the source on record."""
        return f"alpaca {self.feed}"

    @property
    def corrections(self) -> tuple[str, ...]:
        """What is particular to all rows."""
        if self.feed == "sip":
            return ()
        return ("prices and volume are of trades on IEX alone, a few per cent of the market's",)

    def page(self, span: Span, cursor: str | None) -> Page:
        """See `BarHistory`."""
        group, token = json.loads(cursor) if cursor else (0, None)
        symbols = span.symbols[group * SYMBOLS_AT_ONCE : (group + 1) * SYMBOLS_AT_ONCE]
        asked = {
            "symbols": ",".join(symbols), "timeframe": NAMES[span.timeframe], "start": _text(span.first_at),
            "end": _text(span.last_at), "limit": str(PAGE_ROWS), "adjustment": "raw", "feed": self.feed, "sort": "asc",
            **({"page_token": token} if token else {}),
        }  # fmt: skip
        answer = self.http.get("/v2/stocks/bars", asked, "bars")
        bars = answer.get("bars") or {}  # null where there is none
        if not isinstance(bars, dict) or not all(isinstance(rows, list) for rows in bars.values()):
            raise BadDataError("Alpaca answered something else than bars. Nothing of this page was used.")
        follows = answer.get("next_page_token")
        if follows is not None and (follows == token or not isinstance(follows, str)):
            raise BadDataError("Alpaca names a page as the one after itself. Nothing of this page was used.")
        more = (group + 1) * SYMBOLS_AT_ONCE < len(span.symbols)
        after = [group, follows] if follows else [group + 1, None] if more else None
        rows = ((symbol, row) for symbol, of_symbol in bars.items() for row in of_symbol)
        return replace(bar_table(rows, span.timeframe), cursor=json.dumps(after) if after else None)


def bar_table(rows: Iterable[tuple[Any, Any]], timeframe: Timeframe) -> Page:
    """Alpaca's bars, with `t`, `o`, `h`, `l`, `c`, `v`, as a table of the domain; what is no bar is set aside.

    Volumes have had fractions of a share since 2026; the whole shares are kept.
    """
    good: list[tuple[Any, ...]] = []
    strange: list[tuple[str, str, str]] = []
    rounded = 0
    for symbol, row in rows:
        try:
            good.append(_values(symbol, row, timeframe))
            rounded += not float(row["v"]).is_integer()
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            strange.append((f"{symbol}: {row!r}"[:1_000], "unreadable_message", f"no bar of Alpaca's: {error!r}"[:200]))
    schema = SHAPES[timeframe].schema
    columns = zip(*good, strict=True) if good else [[] for _ in schema]
    bars = pa.table(
        [pa.array(list(values), field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )
    unread = pa.Table.from_pylist([dict(zip(UNREAD_SCHEMA.names, one, strict=True)) for one in strange], UNREAD_SCHEMA)
    return Page(bars, None, unread, rounded)


def _values(symbol: Any, row: dict[str, Any], timeframe: Timeframe) -> tuple[Any, ...]:
    if not isinstance(symbol, str) or not symbol or "\0" in symbol:
        raise TypeError("the symbol is no text")
    at = _instant(row["t"])
    prices = tuple(_number(row[name]) for name in "ohlc")
    volume = math.floor(_number(row["v"]))
    if timeframe == "1d":
        return symbol, at.astimezone(NEW_YORK).date(), *prices, volume
    if at.timestamp() % MINUTE_S:
        raise ValueError("the time is no whole minute")
    return symbol, at, *prices, volume


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    if not abs(value) < LARGEST:
        raise ValueError(f"{value!r} is no number of a bar")
    return float(value)


def _instant(value: Any) -> datetime:
    """Of text as in JSON, or of msgpack's own time stamps."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value.to_datetime()
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise ValueError("the time has no zone")
    return at


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
