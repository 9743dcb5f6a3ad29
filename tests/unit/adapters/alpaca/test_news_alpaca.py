"""Alpaca's news against a local server that speaks its protocol, judged by Alpaca's own client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from alpaca.data.historical.news import NewsClient
from alpaca.data.requests import NewsRequest
from pydantic import SecretStr

from adapters.alpaca.news import LONGEST_WAIT_S, MOST_PAGES, OVERLAP, PAGE_ROWS, AlpacaNews
from tests.fakes.news_server import KEY, SECRET, Answer, NewsServer, article, news_server
from trading.errors import AskedTooOftenError, BadDataError, ConfigurationError, UnavailableError

NOW = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[NewsServer]:
    """A server on this machine."""
    with news_server() as running:
        yield running


class Waits(list[float]):
    """The pauses that were asked for, none of them waited."""


def _alpaca(server: NewsServer, waits: Waits | None = None, secret: str = SECRET, timeout_s: float = 5.0) -> AlpacaNews:
    passed = Waits() if waits is None else waits
    keys = SecretStr(KEY), SecretStr(secret)
    return AlpacaNews(*keys, base_url=server.url, timeout_s=timeout_s, clock=lambda: NOW, wait=passed.append)


def _minute(number: int) -> str:
    return (NOW - timedelta(hours=10) + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")


def test_every_page_is_read_and_equals_what_alpacas_own_client_reads(server: NewsServer) -> None:
    """120 articles are three pages; ids, headlines, symbols and times are those of the official client."""
    server.articles = [article(number, _minute(number)) for number in range(120)]
    ours = _alpaca(server).fetch_from(None)
    official = NewsClient(KEY, SECRET, url_override=server.url)
    request = NewsRequest(start=NOW - timedelta(days=1), sort="asc", include_content=True)
    theirs = official.get_news(request).data["news"]
    assert [(one.headline, one.body, one.symbols, one.published_at) for one in ours.fetched.articles] == [
        (one.headline, one.content, tuple(one.symbols), one.updated_at) for one in theirs
    ]
    assert len(theirs) == 120
    assert (ours.reached, ours.more) == (theirs[-1].updated_at, False)


def test_a_fetch_goes_on_shortly_before_where_the_last_one_ended(server: NewsServer) -> None:
    """What was changed over ten minutes before the mark isn't asked for again; the rest is."""
    server.articles = [article(number, _minute(number)) for number in range(60)]
    reached = datetime.fromisoformat(_minute(40))
    found = _alpaca(server).fetch_from(reached).fetched.articles
    assert [one.published_at for one in found] == [datetime.fromisoformat(_minute(n)) for n in range(30, 60)]
    assert timedelta(minutes=10) == OVERLAP


def test_a_fetch_is_bounded_and_says_that_there_is_more(server: NewsServer) -> None:
    """With one article over the most that a fetch reads, `reached` is the last one read."""
    most = MOST_PAGES * PAGE_ROWS
    server.articles = [
        article(number, f"2026-01-05T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z")
        for number in range(most + 1)
    ]
    pages = _alpaca(server).fetch_from(datetime(2026, 1, 5, 0, 10, tzinfo=UTC))
    assert (len(pages.fetched.articles), pages.more) == (most, True)
    assert pages.reached == datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=most - 1)


def test_too_many_requests_are_waited_for_as_long_as_the_server_says(server: NewsServer) -> None:
    """Two refusals of 3 and 5 seconds are waited for; a pause over the bound is handed on with its length."""
    server.articles = [article(1, _minute(1))]
    server.first = [Answer(429, headers={"Retry-After": "3"}), Answer(429, headers={"Retry-After": "5"})]
    waits = Waits()
    assert len(_alpaca(server, waits).fetch_from(None).fetched.articles) == 1
    assert waits == [3.0, 5.0]
    server.first = [Answer(429, headers={"Retry-After": str(LONGEST_WAIT_S + 1)})]
    with pytest.raises(AskedTooOftenError) as refused:
        _alpaca(server).fetch_from(None)
    assert refused.value.retry_after_s == LONGEST_WAIT_S + 1


def test_a_server_in_trouble_is_tried_three_times(server: NewsServer) -> None:
    """Two answers of 500 are survived; three make the fetch fail, which may be repeated."""
    server.first = [Answer(500), Answer(503)]
    assert _alpaca(server).fetch_from(None).fetched.articles == ()
    server.first = [Answer(500)] * 3
    with pytest.raises(UnavailableError, match="500"):
        _alpaca(server).fetch_from(None)
    assert not server.first


def test_a_server_that_hangs_is_given_up(server: NewsServer) -> None:
    """A head and then silence: unavailable after the time-out, three times."""
    server.first = [Answer(200, b"{", hang=True)] * 3
    with pytest.raises(UnavailableError, match="Nothing was lost"):
        _alpaca(server, timeout_s=0.2).fetch_from(None)


def test_refused_keys_are_said_and_never_shown(server: NewsServer) -> None:
    """The message names the variables and holds no key; nor does the adapter's own text."""
    adapter = _alpaca(server, secret="a-wrong-secret")
    with pytest.raises(ConfigurationError, match="APCA_API_KEY_ID") as refused:
        adapter.fetch_from(None)
    for text in (str(refused.value), repr(adapter), repr(refused.value.__context__)):
        assert "a-wrong-secret" not in text
        assert KEY not in text


def test_odd_rows_are_counted_and_odd_answers_refused(server: NewsServer) -> None:
    """A row that is no article, a time that is none and absent fields don't end the fetch; a page of HTML does."""
    server.articles = [article(1, _minute(1), symbols=None, content=None, headline=7)]
    page = b'{"news": [7, {"headline": "x", "updated_at": "soon"}], "next_page_token": null}'
    server.first = [Answer(200, page)]
    pages = _alpaca(server).fetch_from(None)
    assert pages.fetched.refused == {"no article": 1}
    assert [one.published_at for one in pages.fetched.articles] == ["soon"]
    (odd,) = _alpaca(server).fetch_from(None).fetched.articles
    assert (odd.headline, odd.body, odd.symbols) == (None, "A summary", ())
    for body in (b"<html>", b"[]", b'{"news": 1}'):
        server.first = [Answer(200, body)]
        with pytest.raises(BadDataError, match="something else than news"):
            _alpaca(server).fetch_from(None)
