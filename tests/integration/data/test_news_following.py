"""Sources that are followed: what they bring, when they fail, what a restart does, and what silence means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from pydantic import SecretStr

from adapters.alpaca.news import AlpacaNews
from adapters.news.feeds import NewsFeed
from adapters.news.rss import FeedNews
from adapters.postgres.news_coverage import CoverageStore
from adapters.postgres.pool import Pool, transaction
from data.news.alpaca_source import FollowedAlpaca
from data.news.feed_source import FeedToFollow, FollowedFeed
from data.news.following import Follower, Following, pause_s
from data.news.known import news_record
from data.news.sources import NewsToFollow
from tests.fakes.eventually import eventually
from tests.fakes.news_server import KEY, SECRET, Answer, NewsServer, article, news_server, rss
from trading.catalysts.features import news_features
from trading.errors import BadDataError, UnavailableError

START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
STORY = "$ACME wins the largest contract of its history from the city of New York, shares jump"
SAME_STORY = STORY + " today"
OTHER = "$ACME recalls ten thousand robots after a fire in its plant"
AT_14 = "Mon, 05 Jan 2026 14:00:00 GMT"
AT_15 = "Mon, 05 Jan 2026 15:00:00 GMT"


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def passes(self, **time: float) -> datetime:
        self.at += timedelta(**time)
        return self.at


@pytest.fixture
def web() -> Iterator[NewsServer]:
    """A server of feeds on this machine."""
    with news_server() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    """A clock of its own."""
    return Clock()


def _feed(web: NewsServer, path: str = "/feed", symbols: tuple[str, ...] | None = ("ACME",)) -> FollowedFeed:
    return FollowedFeed(FeedNews(web.url + path, timeout_s=2.0), "news", symbols)


def _follower(source: FollowedFeed | FollowedAlpaca, pool: Pool, clock: Clock) -> Follower:
    return Follower(source, pool, timedelta(minutes=1), clock)


def _rows(pool: Pool, query: bytes) -> list[tuple[object, ...]]:
    with transaction(pool) as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def _volume(pool: Pool, at: datetime) -> float:
    """Stories about ACME in the 24 hours before `at`, as known then; NaN = nobody looked."""
    asked = np.array([np.datetime64(int(at.timestamp()), "s")])
    return float(news_features(news_record(pool, at), np.array(["ACME"]), np.array([0]), asked)["news_volume"][0])


def test_an_article_is_knowable_once_it_was_fetched(web: NewsServer, pool: Pool, clock: Clock) -> None:
    """Published at 14:00 and fetched at 15:00: known from 15:00; published as it is fetched: a minute later."""
    web.feeds["/feed"] = Answer(200, rss((STORY, AT_14), (OTHER, AT_15)))
    _follower(_feed(web), pool, clock).poll()
    known = _rows(pool, b"SELECT published_at, knowable_at FROM news_articles ORDER BY published_at")
    assert known == [(START - timedelta(hours=1), START), (START, START + timedelta(minutes=1))]


def test_a_story_of_a_former_fetch_is_recognised(web: NewsServer, pool: Pool, clock: Clock) -> None:
    """The same story from another source twenty minutes later is a copy of the first; after a restart as well."""
    web.feeds = {"/feed": Answer(200, rss((STORY, AT_14))), "/other": Answer(200, rss((SAME_STORY, AT_15)))}
    _follower(_feed(web), pool, clock).poll()
    clock.passes(minutes=20)
    _follower(_feed(web, "/other"), pool, clock).poll()
    copies = _rows(
        pool,
        b"SELECT a.headline, b.headline FROM news_articles a JOIN news_articles b ON a.duplicate_of = b.article_id",
    )
    assert copies == [(SAME_STORY, STORY)]


def test_an_unchanged_feed_costs_nothing_and_still_counts_as_heard(web: NewsServer, pool: Pool, clock: Clock) -> None:
    """Asked with its ETag a restarted follower gets 304: no article, no import, and the span reaches on."""
    web.feeds["/feed"] = Answer(200, rss((STORY, AT_14)), {"ETag": '"1"'})
    _follower(_feed(web), pool, clock).poll()
    later = clock.passes(minutes=5)
    _follower(_feed(web), pool, clock).poll()
    assert web.asked[-1][2]["if-none-match"] == '"1"'
    assert _rows(pool, b"SELECT count(*) FROM news_imports") == [(1,)]
    assert _rows(pool, b"SELECT followed_from, followed_until FROM news_coverage") == [(START, later)]


def test_the_same_feed_again_adds_nothing(web: NewsServer, pool: Pool, clock: Clock) -> None:
    """Without validators the feed comes whole each time; its articles and the count of imports stay."""
    web.feeds["/feed"] = Answer(200, rss((STORY, AT_14)))
    follower = _follower(_feed(web), pool, clock)
    for _ in range(3):
        follower.poll()
        clock.passes(minutes=5)
    assert follower.state.articles == 1
    assert _rows(pool, b"SELECT count(*), sum(rows_in)::int FROM news_imports") == [(1, 1)]


def test_silence_is_zero_where_a_source_was_followed_and_unknown_elsewhere(
    web: NewsServer, pool: Pool, clock: Clock
) -> None:
    """A day after the first fetch no news is 0; before it, and once the source is not heard for an hour, NaN."""
    web.feeds["/feed"] = Answer(200, rss((STORY, AT_14)), {"ETag": "1"})
    follower = _follower(_feed(web), pool, clock)
    for _ in range(60):
        follower.poll()
        clock.passes(minutes=30)
    last = clock.at - timedelta(minutes=30)
    assert np.isnan(_volume(pool, START + timedelta(hours=23)))
    assert _volume(pool, last) == 0
    assert _volume(pool, last + timedelta(minutes=59)) == 0
    assert np.isnan(_volume(pool, last + timedelta(minutes=61)))


def test_after_a_hole_that_may_have_swallowed_news_silence_is_unknown_again(
    web: NewsServer, pool: Pool, clock: Clock
) -> None:
    """Two days away: with an article that was known, nothing was missed; with new ones only, something may be."""
    for path, after in (("/joined", (STORY, OTHER)), ("/torn", (OTHER,))):
        web.feeds[path] = Answer(200, rss((STORY, AT_14)))
        follower = _follower(_feed(web, path), pool, clock)
        begin = clock.at
        follower.poll()
        away = clock.passes(days=2)
        web.feeds[path] = Answer(200, rss(*((text, AT_15) if text == OTHER else (text, AT_14) for text in after)))
        follower.poll()
        whole = _rows(pool, f"SELECT complete_from FROM news_coverage WHERE source LIKE '%{path}'".encode())  # noqa: S608
        assert whole == [(begin,), (begin if path == "/joined" else away,)]


def test_a_feed_that_names_no_companies_brings_news_and_proves_no_silence(
    web: NewsServer, pool: Pool, clock: Clock
) -> None:
    """Its articles are on record, the absence of others says nothing; a feed of the whole market tells of all."""
    web.feeds = {"/some": Answer(200, rss((STORY, AT_14))), "/all": Answer(200, rss((OTHER, AT_14)))}
    for path, symbols in (("/some", ()), ("/all", None)):
        for _ in range(26):
            _follower(_feed(web, path, symbols), pool, clock).poll()
            clock.passes(minutes=59)
        known = _volume(pool, clock.at - timedelta(minutes=59))
        assert np.isnan(known) == (path == "/some")


def test_an_article_found_late_is_on_record_and_no_catalyst(web: NewsServer, pool: Pool, clock: Clock) -> None:
    """Four days old when it was first seen: kept and flagged; one of the same day is a catalyst of that day."""
    old = "Thu, 01 Jan 2026 12:00:00 GMT"
    web.feeds["/feed"] = Answer(200, rss((OTHER, old), (STORY, AT_14)))
    _follower(_feed(web), pool, clock).poll()
    assert _rows(pool, b"SELECT flags FROM news_articles ORDER BY published_at") == [(["found late"],), ([],)]
    kinds = _rows(pool, b"SELECT symbol, event_date, kind, origin, knowable_at FROM catalysts")
    assert kinds == [("ACME", START.date(), "contract", "news", START)]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(500), UnavailableError),
        (Answer(200, b"<html><body>Not found</body></html>"), BadDataError),
        (Answer(200, b"<rss>", hang=True), UnavailableError),
        (Answer(200, b"\x00\xff\xfe garbage"), BadDataError),
    ],
    ids=["500", "HTML", "hangs", "garbage"],
)
def test_a_feed_in_trouble_says_so_and_loses_nothing(
    web: NewsServer, pool: Pool, clock: Clock, answer: Answer, error: type[Exception]
) -> None:
    """The failure is on record beside the last success; the next good answer clears it."""
    follower = _follower(_feed(web), pool, clock)
    web.feeds["/feed"] = Answer(200, rss((STORY, AT_14)))
    follower.poll()
    web.first = [answer]
    with pytest.raises(error) as failure:
        follower.poll()
    follower.failed(str(failure.value))
    (view,) = CoverageStore(pool).sources()
    assert (view.articles, view.last_success_at, view.last_error_at) == (1, START, START)
    assert view.last_error
    clock.passes(minutes=5)
    follower.poll()
    assert CoverageStore(pool).sources()[0].last_error is None


def test_odd_articles_of_a_feed_are_counted(web: NewsServer, pool: Pool, clock: Clock) -> None:
    """Ten megabytes of text are cut, HTML is cleaned, a future time, no time and no text are refused and counted."""
    web.feeds["/feed"] = Answer(
        200,
        rss(
            ("$ACME " + "word " * 2_000_000, AT_14),
            ("<b>$ACME</b> <script>alert(1)</script>&amp; more", AT_14),
            ("from the future", "Mon, 05 Jan 2027 14:00:00 GMT"),
            ("no time", "whenever"),
            ("<br/>", AT_14),
        ),
    )
    _follower(_feed(web), pool, clock).poll()
    assert _rows(pool, b"SELECT rows_in, stored, refused, flagged FROM news_imports") == [
        (5, 2, {"published in the future": 1, "no publication time": 1, "no text": 1}, {"cut": 1})
    ]
    headlines = [str(row[0]) for row in _rows(pool, b"SELECT headline FROM news_articles ORDER BY length(headline)")]
    assert headlines[0] == "$ACME & more"


def test_alpaca_goes_on_where_it_was_after_a_restart(web: NewsServer, pool: Pool, clock: Clock) -> None:
    """Away for five hours: the articles of that time come, none twice, and nothing was missed."""
    web.articles = [article(1, "2026-01-05T13:00:00Z")]
    for hours in (0, 5):
        clock.passes(hours=hours)
        alpaca = AlpacaNews(SecretStr(KEY), SecretStr(SECRET), base_url=web.url, clock=clock)
        assert _follower(FollowedAlpaca(alpaca), pool, clock).poll() is False
        web.articles += [article(2, "2026-01-05T16:00:00Z"), article(3, "2026-01-05T17:30:00Z")]
    assert _rows(pool, b"SELECT count(*) FROM news_articles") == [(3,)]
    assert _rows(pool, b"SELECT complete_from FROM news_coverage ORDER BY followed_from") == [(START,), (START,)]
    assert _rows(pool, b"SELECT DISTINCT symbol, how FROM news_links") == [("ACME", "given")]


def test_a_source_that_hangs_holds_up_no_other(web: NewsServer, pool: Pool, empty_url: str) -> None:
    """Of two feeds on threads of their own one hangs and one brings its article; both are said in words."""
    now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    web.feeds = {"/good": Answer(200, rss((STORY, now))), "/bad": Answer(200, b"<rss>", hang=True)}
    feeds = tuple(FeedToFollow(NewsFeed(url=web.url + path)) for path in web.feeds)
    wanted = NewsToFollow(feeds, interval_s=60.0)
    following = Following(wanted, SecretStr(empty_url), lambda: datetime.now(UTC), chance=lambda: 0.0)
    following.start()
    try:
        eventually(lambda: _rows(pool, b"SELECT count(*) FROM news_articles") == [(1,)], what="the good feed's article")
        eventually(lambda: "/good: 1 new articles, last heard" in following.condition()[1], what="the good one's words")
        eventually(lambda: following.condition()[0] == "degraded", what="the bad feed is given up", timeout_s=30)
        assert "/bad: 0 new articles, never heard, failed 1 times" in following.condition()[1]
    finally:
        following.stop()


def test_pauses_double_up_to_an_hour() -> None:
    """Five minutes, then 10, 20, 40, 60 and no more; chance adds a fifth at most; an hour's interval stays."""
    assert [pause_s(300, failures, 0.0) for failures in (0, 1, 2, 3, 4, 50)] == [300, 600, 1_200, 2_400, 3_600, 3_600]
    assert pause_s(300, 0, 1.0) == 360
    assert pause_s(7_200, 3, 0.0) == 7_200
