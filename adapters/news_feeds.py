"""News from RSS and Atom feeds, as bytes or over HTTP with bounds on time and size."""

from __future__ import annotations

import io
import time
from calendar import timegm
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import feedparser
import httpx

from trading.errors import BadDataError, UnavailableError
from trading.news.article import Fetched, RawArticle

MOST_BYTES = 16 * 1024**2
TIMEOUT_S = 15.0
MOST_REDIRECTS = 5


def parse_feed(data: bytes, *, name: str) -> Fetched:
    """The entries of an RSS or Atom feed.

    feedparser's own cleaning of HTML is off: the entry's text is cleaned in one place, `trading.news.normalise`.

    Args:
        data: the feed; a name or address in it is never followed.
        name: of the feed, for the message.

    Raises:
        BadDataError: when it is no feed.
    """
    # Bytes in a file object: given a string, feedparser would take it for an address or a path.
    feed: Any = feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    if not feed.get("version") and not feed.entries:
        why = feed.get("bozo_exception", "no feed found in it")
        raise BadDataError(f"{name} is no RSS or Atom feed: {why}. Nothing of it was used.")
    return Fetched(tuple(_entry(entry) for entry in feed.entries))


def _entry(entry: Any) -> RawArticle:
    content = entry.get("content") or [{}]
    return RawArticle(
        published_at=_published(entry),
        headline=entry.get("title"),
        body=content[0].get("value") or entry.get("summary"),
        url=entry.get("link"),
    )


def _published(entry: Any) -> datetime | None:
    """When it was first published; a time of the latest change will do where there is no other, being later."""
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    if not isinstance(parsed, time.struct_time):
        return None
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class FeedNews:
    """A feed behind an address.

    Attributes:
        url: http or https.
        timeout_s: for the whole answer, redirects included.
        most_bytes: of the answer, after decompression.
        seconds: a clock that never goes back.
        client: None makes one for each fetch.
    """

    url: str
    timeout_s: float = TIMEOUT_S
    most_bytes: int = MOST_BYTES
    seconds: Callable[[], float] = time.monotonic
    client: httpx.Client | None = None

    def fetch(self) -> Fetched:
        """The entries that the feed has now.

        Raises:
            UnavailableError: when it can't be had whole within the bounds.
            BadDataError: when it is no feed.
        """
        return parse_feed(self._bytes(), name=self.url)

    def _bytes(self) -> bytes:
        if not self.url.lower().startswith(("http://", "https://")):
            raise BadDataError(f"{self.url} is no http or https address. Nothing was fetched.")
        client = self.client or httpx.Client(follow_redirects=True, max_redirects=MOST_REDIRECTS)
        try:
            return self._read(client)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = str(error) or type(error).__name__
            raise UnavailableError(f"{self.url}: {said}. No news were lost; the next fetch tries again.") from error
        finally:
            if self.client is None:
                client.close()

    def _read(self, client: httpx.Client) -> bytes:
        ends = self.seconds() + self.timeout_s
        data = bytearray()
        headers = {"User-Agent": "inplay", "Accept": "application/rss+xml, application/atom+xml, application/xml"}
        with client.stream("GET", self.url, timeout=self.timeout_s, headers=headers) as answer:
            answer.raise_for_status()
            for block in answer.iter_bytes(65_536):
                data += block
                if len(data) > self.most_bytes:
                    raise UnavailableError(f"{self.url} is larger than {self.most_bytes:,} bytes; nothing was used.")
                if self.seconds() > ends:  # the time-out of httpx is for each read: a slow drip would never end
                    raise UnavailableError(f"{self.url} took longer than {self.timeout_s:g} s; nothing was used.")
        return bytes(data)
