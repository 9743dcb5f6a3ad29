"""Yahoo's history through yfinance itself, against a local answer of the shape of Yahoo's chart interface."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import requests

from adapters.feeds.port import Span
from adapters.feeds.yahoo import YahooBars
from adapters.pace import TokenBucket
from data.history.fetched import FetchedBars
from data.history.spans import history_span, symbols_named
from trading.errors import AskedTooOftenError, BadDataError, ConfigurationError, UnavailableError

yfinance = pytest.importorskip("yfinance")

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2020, 9, 10, 2, 0, tzinfo=UTC)
"""After the 4-for-1 split of AAPL of 2020-08-31."""
DAYS = [date(2020, 8, 27), date(2020, 8, 28), date(2020, 8, 31), date(2020, 9, 1)]
ADJUSTED = [125.0, 124.75, 129.0, 134.0]
VOLUME = [155_552_400, 187_630_000, 225_702_700, 151_948_100]


def _open(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 9, 30, tzinfo=NEW_YORK).timestamp())


class Yahoo(requests.Session):
    """What Yahoo answers, by symbol; whatever else is asked for gets an empty page."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.status = 200

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # noqa: ARG002
        path = urlsplit(url).path
        self.asked.append((path, dict(kwargs.get("params") or {})))
        response = requests.Response()
        response.url, response.status_code = url, self.status
        body: object = {}
        if path.startswith("/v8/finance/chart/"):
            body = _chart(path.rsplit("/", 1)[1], self.asked[-1][1])
        response._content = json.dumps(body).encode()
        return response


def _minutes(asked: dict[str, Any]) -> tuple[list[int], list[float], list[int]]:
    """Two minutes before the open of 2020-08-28, in prices of after the split, and one of 2020-09-01."""
    at = [_open(DAYS[1]) - 120, _open(DAYS[1]), _open(DAYS[3])]
    inside = [n for n, second in enumerate(at) if int(asked["period1"]) <= second < int(asked["period2"])]
    closes, volumes = [125.25, 124.5, 132.0], [4_000, 40_000, 7_000]
    return [at[n] for n in inside], [closes[n] for n in inside], [volumes[n] for n in inside]


def _chart(symbol: str, asked: dict[str, Any]) -> dict[str, Any]:
    if symbol not in {"AAPL", "BRK-B"}:
        said = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
        return {"chart": {"result": None, "error": said}}
    begin, end = int(asked.get("period1", 0)), int(asked.get("period2", 2**40))
    at = [n for n, day in enumerate(DAYS) if begin <= _open(day) < end]
    meta = {
        "currency": "USD", "symbol": symbol, "exchangeName": "NMS", "instrumentType": "EQUITY", "priceHint": 2,
        "exchangeTimezoneName": "America/New_York", "timezone": "EDT", "gmtoffset": -14_400, "dataGranularity": "1d",
        "validRanges": ["1d", "5d", "1mo", "max"], "firstTradeDate": 345_479_400, "range": "",
        "regularMarketTime": _open(DAYS[-1]), "regularMarketPrice": 134.0, "chartPreviousClose": 126.0,
        "currentTradingPeriod": {
            name: {"timezone": "EDT", "start": _open(DAYS[-1]), "end": _open(DAYS[-1]) + 23_400, "gmtoffset": -14_400}
            for name in ("pre", "regular", "post")
        },
    }  # fmt: skip
    prices = [ADJUSTED[n] for n in at]
    quote: dict[str, Any] = dict.fromkeys(("open", "high", "low", "close"), prices) | {
        "volume": [VOLUME[n] for n in at]
    }
    stamps = [_open(DAYS[n]) for n in at]
    if asked.get("interval") == "1m":
        stamps, prices, volumes = _minutes(asked)
        quote = dict.fromkeys(("open", "high", "low", "close"), prices) | {"volume": volumes}
        meta |= {"dataGranularity": "1m"}
    split = {"date": _open(DAYS[2]), "numerator": 4, "denominator": 1, "splitRatio": "4:1"}
    inside = begin <= split["date"] < end  # type: ignore[operator]
    result = {
        "meta": meta,
        "timestamp": stamps,
        "events": {"splits": {str(split["date"]): split}} if inside else {},
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": prices}]},
    }
    return {"chart": {"result": [result], "error": None}}


@pytest.fixture
def yahoo(tmp_path: Path) -> Yahoo:
    """Yahoo, and yfinance's own cache in a folder of the test."""
    yfinance.set_tz_cache_location(str(tmp_path / "cache"))
    yfinance.data.YfData.cache_get.cache_clear()
    return Yahoo()


def _bars(yahoo: Yahoo, waits: list[float] | None = None) -> YahooBars:
    passed = [] if waits is None else waits
    return YahooBars(NOW, yahoo, TokenBucket(60_000), passed.append)


def _span(*symbols: str, last: date = DAYS[-1]) -> Span:
    end = datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=UTC)
    return Span(symbols, "1d", datetime(2020, 8, 27, tzinfo=UTC), end)


def test_prices_are_those_of_the_day_again(yahoo: Yahoo) -> None:
    """AAPL closed at $500.00 on 2020-08-27 and $499 the day after; Yahoo says a quarter of it since the split."""
    rows = _bars(yahoo).page(_span("AAPL"), None).bars.to_pylist()
    assert [row["session"] for row in rows] == DAYS
    assert [row["close"] for row in rows] == [500.0, 499.0, 129.0, 134.0]
    assert [row["volume"] for row in rows] == [VOLUME[0] // 4, VOLUME[1] // 4, *VOLUME[2:]]


def test_a_split_after_the_span_is_undone_as_well(yahoo: Yahoo) -> None:
    """Asked for August alone, whose last day precedes the split: prices are the same as in the longer span."""
    rows = _bars(yahoo).page(_span("AAPL", last=DAYS[1]), None).bars.to_pylist()
    assert [row["close"] for row in rows] == [500.0, 499.0]


def test_minutes_are_those_of_the_day_again_and_start_in_utc(yahoo: Yahoo) -> None:
    """A minute before the split times four, one after it as it is; each once, though asked for in pieces."""
    span = Span(("AAPL",), "1m", datetime(2020, 8, 27, tzinfo=UTC), datetime(2020, 9, 4, tzinfo=UTC))
    rows = _bars(yahoo).page(span, None).bars.to_pylist()
    assert [(row["starts_at"].timestamp(), row["close"], row["volume"]) for row in rows] == [
        (_open(DAYS[1]) - 120, 501.0, 1_000), (_open(DAYS[1]), 498.0, 10_000), (_open(DAYS[3]), 132.0, 7_000)
    ]  # fmt: skip
    asked = [query for _, query in yahoo.asked if query.get("interval") == "1m"]
    assert all(int(one["period2"]) - int(one["period1"]) <= 7 * 86_400 for one in asked)
    assert len(asked) == 2


def test_symbols_come_one_by_one_and_absent_ones_are_named(yahoo: Yahoo, tmp_path: Path) -> None:
    """BRK.B is Yahoo's BRK-B; a symbol that Yahoo doesn't know is a file that could not be read."""
    fetched = FetchedBars(tmp_path, _bars(yahoo), _span("AAPL", "BRK.B", "GONE"))
    assert fetched.fetch() == 8
    files = dict(fetched.files())
    assert list(files) == ["page 1", "page 2", "page 3", "GONE"]
    assert next(files["page 2"]).bars.column("symbol").unique().to_pylist() == ["BRK.B"]
    with pytest.raises(BadDataError, match="GONE"):
        list(files["GONE"])


def test_haste_is_said_with_how_long_to_wait(yahoo: Yahoo) -> None:
    """429: yfinance gives up, and so does the fetch, with a pause of five minutes."""
    yahoo.status = 429
    with pytest.raises(AskedTooOftenError) as refused:
        _bars(yahoo).page(_span("AAPL"), None)
    assert refused.value.retry_after_s == 300


def test_a_yahoo_that_is_away_is_tried_four_times(yahoo: Yahoo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of 1, 2 and 4 seconds, then it is said; nothing is taken for "no data"."""
    waits: list[float] = []

    def away(*_: Any, **__: Any) -> requests.Response:
        raise requests.exceptions.ConnectionError("no route")

    monkeypatch.setattr(yahoo, "request", away)
    with pytest.raises(UnavailableError, match="no route"):
        _bars(yahoo, waits).page(_span("AAPL", last=DAYS[1]), None)
    assert waits == [1.0, 2.0, 4.0]


def test_minutes_of_long_ago_are_refused_before_anything_is_asked(yahoo: Yahoo) -> None:
    """Yahoo keeps 30 days of minutes."""
    span = Span(("AAPL",), "1m", datetime(2020, 7, 1, tzinfo=UTC), NOW)
    with pytest.raises(ConfigurationError, match="keeps minutes"):
        _bars(yahoo).page(span, None)
    assert yahoo.asked == []


def test_a_session_that_is_not_over_is_not_asked_for() -> None:
    """20:00 in New York is midnight UTC in summer: before it the day is not over, and refused."""
    day = date(2020, 9, 9)
    before, after = (datetime(2020, 9, 9, 23, 59, tzinfo=UTC), datetime(2020, 9, 10, 0, 0, tzinfo=UTC))
    none = after - after
    assert history_span(("A",), "1d", DAYS[0], None, now=before, delay=none).last_at.date() == date(2020, 9, 8)
    assert history_span(("A",), "1d", DAYS[0], None, now=after, delay=none).last_at.date() == day
    with pytest.raises(ConfigurationError, match="2020-09-08"):
        history_span(("A",), "1d", DAYS[0], day, now=before, delay=none)
    with pytest.raises(ConfigurationError, match="no session"):
        history_span(("A",), "1d", date(2020, 9, 5), date(2020, 9, 7), now=after, delay=none)


def test_the_universe_is_a_list_or_a_file(tmp_path: Path) -> None:
    """Blanks, case, repeats and a heading don't matter; neither or both is refused, and so is what is no symbol."""
    path = tmp_path / "universe.csv"
    path.write_text("name,Symbol\nApple,aapl\nBerkshire, BRK.B\nApple again,AAPL\n")
    assert symbols_named("", path) == ("AAPL", "BRK.B")
    path.write_text("spy\nqqq\n")
    assert symbols_named("", path) == ("QQQ", "SPY")
    for symbols, file in (("", None), ("SPY", path)):
        with pytest.raises(ConfigurationError, match="either"):
            symbols_named(symbols, file)
    with pytest.raises(BadDataError, match="no symbol"):
        symbols_named("SPY,../x", None)
