"""Alpaca's history against a local exchange that speaks its protocol, judged by Alpaca's own client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from alpaca.data.enums import Adjustment
from alpaca.data.historical.stock import StockHistoricalDataClient
from alpaca.data.requests import StockBarsRequest
from alpaca.data.timeframe import TimeFrame
from pydantic import SecretStr

from adapters.alpaca import bars as alpaca_bars
from adapters.alpaca.bars import AlpacaBars, bar_table
from adapters.alpaca.http import AlpacaHttp, AlpacaKeys
from adapters.alpaca.simulator.exchange import Exchange
from adapters.alpaca.simulator.tape import Tape
from adapters.feeds.port import Span
from adapters.pace import TokenBucket, backoff_s
from data.history.fetched import FetchedBars
from tests.fakes.alpaca_day import OPEN, minutes
from trading.errors import AskedTooOftenError, BadDataError, ConfigurationError, UnavailableError

SPAN = Span(("AAA", "BBB"), "1m", OPEN, OPEN + timedelta(hours=1))


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """An exchange on this machine that has traded ten minutes of two symbols."""
    tape = Tape(minutes())
    for minute in tape.minutes:
        tape.messages(minute)
    with Exchange(tape) as running:
        yield running


def _http(exchange: Exchange, waits: list[float] | None = None, secret: SecretStr | None = None) -> AlpacaHttp:
    keys = AlpacaKeys(exchange.keys.key_id, secret or exchange.keys.secret_key)
    passed = [] if waits is None else waits
    return AlpacaHttp(keys, exchange.url, timeout_s=5.0, wait=passed.append, chance=lambda: 0.0)


def _all(history: AlpacaBars, span: Span = SPAN) -> pa.Table:
    pages = [history.page(span, None)]
    while pages[-1].cursor is not None:
        pages.append(history.page(span, pages[-1].cursor))
    return pa.concat_tables([page.bars for page in pages])


def test_every_page_equals_what_alpacas_own_client_reads(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty bars in pages of three, of one symbol a request: symbols, times, prices and volumes are the client's."""
    monkeypatch.setattr(alpaca_bars, "PAGE_ROWS", 3)
    monkeypatch.setattr(alpaca_bars, "SYMBOLS_AT_ONCE", 1)
    ours = _all(AlpacaBars(_http(exchange)))
    keys = exchange.keys.key_id.get_secret_value(), exchange.keys.secret_key.get_secret_value()
    client = StockHistoricalDataClient(*keys, url_override=exchange.url)
    asked = StockBarsRequest(
        symbol_or_symbols=["AAA", "BBB"], timeframe=TimeFrame.Minute, start=OPEN, end=OPEN + timedelta(hours=1),
        adjustment=Adjustment.RAW,
    )  # fmt: skip
    theirs = client.get_stock_bars(asked).data
    expected = [
        (name, bar.timestamp, bar.open, bar.high, bar.low, bar.close, int(bar.volume))
        for name in ("AAA", "BBB")
        for bar in theirs[name]
    ]
    assert [tuple(row.values()) for row in ours.to_pylist()] == expected
    assert len(expected) == 20


def test_a_daily_bar_has_the_date_of_new_york(exchange: Exchange) -> None:
    """Midnight in New York is 05:00 UTC in winter and 04:00 in summer; both are that day."""
    for text, day in (("2026-01-05T05:00:00Z", (2026, 1, 5)), ("2026-07-06T04:00:00Z", (2026, 7, 6))):
        table = bar_table([("A", {"t": text, "o": 1, "h": 1, "l": 1, "c": 1, "v": 5})], "1d").bars
        assert table.column("session")[0].as_py() == datetime(*day, tzinfo=UTC).date()
    span = Span(SPAN.symbols, "1d", datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 5, 23, 59, 59, tzinfo=UTC))
    days = _all(AlpacaBars(_http(exchange)), span).to_pylist()
    assert [(row["symbol"], row["close"], row["volume"]) for row in days] == [
        ("AAA", 10.09, 1045),
        ("BBB", 10.09, 1045),
    ]


def test_a_refusal_for_haste_is_waited_for_as_long_as_the_server_says(exchange: Exchange) -> None:
    """Seven seconds are waited for; ten minutes are handed on to who asked."""
    waits: list[float] = []
    exchange.answer_next(429, {"Retry-After": "7"})
    assert _all(AlpacaBars(_http(exchange, waits))).num_rows == 20
    assert waits == [7.0]
    exchange.answer_next(429, {"Retry-After": "600"})
    with pytest.raises(AskedTooOftenError) as refused:
        _all(AlpacaBars(_http(exchange)))
    assert refused.value.retry_after_s == 600


def test_trouble_is_tried_again_with_growing_pauses_and_then_said(exchange: Exchange) -> None:
    """Pauses of 1, 2 and 4 s between four attempts; a fifth isn't made."""
    waits: list[float] = []
    for _ in range(4):
        exchange.answer_next(500)
    with pytest.raises(UnavailableError, match="answered 500"):
        _all(AlpacaBars(_http(exchange, waits)))
    assert waits == [1.0, 2.0, 4.0]
    assert len(exchange.asked) == 4


def test_refused_keys_are_said_and_never_shown(exchange: Exchange) -> None:
    """A wrong secret is a wrong setting, and is in no text."""
    history = AlpacaBars(_http(exchange, secret=SecretStr("a-wrong-secret")))
    with pytest.raises(ConfigurationError, match="APCA_API_SECRET_KEY") as refused:
        _all(history)
    assert "a-wrong-secret" not in f"{refused.value}{history!r}"
    exchange.answer_next(403, body=b'{"message": "subscription does not permit querying recent SIP data"}')
    with pytest.raises(ConfigurationError, match="recent SIP data"):
        _all(AlpacaBars(_http(exchange)))


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"bars": 7}', b'{"bars": {"AAA": 7}}', b'{"bars": {}, "next_page_token": 7}']
)
def test_an_answer_that_is_none_is_refused(exchange: Exchange, body: bytes) -> None:
    """Nothing of it is used."""
    exchange.answer_next(200, body=body)
    with pytest.raises(BadDataError, match="Alpaca"):
        _all(AlpacaBars(_http(exchange)))


@pytest.mark.parametrize(
    ("field", "value"),
    [("t", "soon"), ("t", None), ("t", "2026-01-05T14:30:17Z"), ("t", "2026-01-05T14:30:00"), ("o", "10"), ("c", None),
     ("h", float("nan")), ("l", True), ("v", 1e300)],
)  # fmt: skip
def test_a_message_that_is_no_bar_is_set_aside_with_its_text(field: str, value: object) -> None:
    """The bar beside it is taken."""
    good = {"t": "2026-01-05T14:30:00Z", "o": 10, "h": 11, "l": 9, "c": 10.5, "v": 100}
    page = bar_table([("AAA", good), ("BBB", {**good, field: value})], "1m")
    bars, unread = page.bars, page.unread
    assert bars.column("symbol").to_pylist() == ["AAA"]
    assert unread.column("gate").to_pylist() == ["unreadable_message"]
    assert "BBB" in unread.column("raw")[0].as_py()


def test_a_fetch_goes_on_after_the_last_complete_page(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped at the third page, asked again: the first two aren't asked for, and all bars are there once."""
    monkeypatch.setattr(alpaca_bars, "PAGE_ROWS", 4)
    span = Span(("AAA", "BBB", "NONE"), "1m", SPAN.first_at, SPAN.last_at)
    whole = FetchedBars(tmp_path / "whole", AlpacaBars(_http(exchange)), span)
    whole.fetch()
    history = AlpacaBars(_http(exchange))
    stopped = FetchedBars(tmp_path, history, span)
    monkeypatch.setattr("data.history.fetched.MOST_PAGES", 2)
    with pytest.raises(BadDataError, match="no end"):
        stopped.fetch()
    monkeypatch.undo()
    monkeypatch.setattr(alpaca_bars, "PAGE_ROWS", 4)
    asked = len(exchange.asked)
    again = FetchedBars(tmp_path, history, span)
    assert (again.pages, again.fetch()) == (2, 12)
    assert len(exchange.asked) == asked + 3
    assert again.sha256() == whole.sha256()
    files = dict(again.files())
    assert list(files) == ["page 1", "page 2", "page 3", "page 4", "page 5", "NONE"]
    with pytest.raises(BadDataError, match="no bar of NONE"):
        list(files["NONE"])
    again.discard()
    assert FetchedBars(tmp_path, history, span).pages == 0


def test_a_page_that_was_damaged_on_disk_is_refused(exchange: Exchange, tmp_path: Path) -> None:
    """One bit more is no page of ours."""
    fetched = FetchedBars(tmp_path, AlpacaBars(_http(exchange)), SPAN)
    fetched.fetch()
    path = next(tmp_path.rglob("*.bars.arrow"))
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(BadDataError, match="changed or damaged"):
        [list(chunks) for _, chunks in fetched.files()]


def test_the_bucket_gives_what_the_plan_allows() -> None:
    """60 a minute: ten at once, then one a second; after a pause of five seconds five at once."""
    now, waits = [0.0], list[float]()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    bucket = TokenBucket(60, lambda: now[0], wait)
    assert [bucket.take() for _ in range(12)] == [0.0] * 10 + [1.0, 1.0]
    now[0] += 5
    assert [round(bucket.take(), 6) for _ in range(6)] == [0.0] * 5 + [1.0]


def test_pauses_double_up_to_their_bound_and_chance_adds_a_fifth() -> None:
    """1, 2, 4 … 60; never more than 72 s."""
    assert [backoff_s(attempt, 0.0) for attempt in (1, 2, 3, 7, 500)] == [1.0, 2.0, 4.0, 60.0, 60.0]
    assert backoff_s(500, 1.0) == 72.0


def test_a_volume_with_a_fraction_of_a_share_is_rounded_down_and_counted() -> None:
    """1,532.25 shares are 1,532, as US volumes have had fractions since 2026; the count is on the page."""
    row = {"t": "2026-03-02T14:30:00Z", "o": 10, "h": 11, "l": 9, "c": 10.5, "v": 1532.25}
    page = bar_table([("AAA", row), ("BBB", {**row, "v": 7.0})], "1m")
    assert page.bars.column("volume").to_pylist() == [1532, 7]
    assert (page.unread.num_rows, page.rounded) == (0, 1)
