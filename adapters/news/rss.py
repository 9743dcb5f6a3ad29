"""News from RSS and Atom feeds, as bytes or over HTTP with bounds on time and size."""

from __future__ import annotations

import io
import re
import time
from calendar import timegm
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import feedparser
import httpx

from adapters.news.feeds import NewsFeed
from adapters.pace import retry_after_s
from adapters.proxies import client_for
from trading.errors import AskedTooOftenError, BadDataError, UnavailableError
from trading.news.article import Fetched, RawArticle

MOST_BYTES = 16 * 1024**2
TIMEOUT_S = 15.0
MOST_REDIRECTS = 5
_USER = re.compile(r"^(https?://)[^/?#]*@", re.IGNORECASE)
_SECRET = re.compile(r"([?&][^=&#]*(?:key|token|secret|password|auth|signature)[^=&#]*=)[^&#]*", re.IGNORECASE)


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


def _published(entry: Any) -> datetime | date | None:
    """When it was first published; a time of the latest change will do where there is no other, being later.

    A date without a time of day stays one; feedparser would make it midnight.
    """
    field = "published" if entry.get("published_parsed") else "updated"
    parsed = entry.get(f"{field}_parsed")
    if not isinstance(parsed, time.struct_time):
        return None
    try:
        at = datetime.fromtimestamp(timegm(parsed), UTC)
        return at if ":" in str(entry.get(field)) else at.date()
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class Validators:
    """What an answer said of its version; sent back, it saves the transfer of an unchanged one (RFC 9110, 13)."""

    etag: str | None = None
    last_modified: str | None = None

    def headers(self) -> dict[str, str]:
        """The conditions of the next request."""
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True)
class FeedNews:
    """A feed behind an address.

    Attributes:
        url: http or https.
        timeout_s: for the whole answer, redirects included.
        most_bytes: of the answer, after decompression.
        seconds: a clock that never goes back.
        client: None makes one for each fetch.
        validators: of the last answer.
    """

    url: str
    timeout_s: float = TIMEOUT_S
    most_bytes: int = MOST_BYTES
    seconds: Callable[[], float] = time.monotonic
    client: httpx.Client | None = None
    validators: Validators = Validators()

    @property
    def shown(self) -> str:
        """The address without password, and without the values of parameters that look like keys."""
        return _SECRET.sub(r"\1…", _USER.sub(r"\1", self.url))

    def fetch(self) -> Fetched:
        """The entries that the feed has now.

        Raises:
            UnavailableError: when it can't be had whole within the bounds.
            BadDataError: when it is no feed.
            ConfigurationError: when the proxy on the way can't be used.
        """
        fetched, _ = replace(self, validators=Validators()).fetch_if_changed()
        return fetched or Fetched(())

    def fetch_if_changed(self) -> tuple[Fetched | None, Validators]:
        """The entries that the feed has now, None when it is as `validators` say; and the validators of the answer.

        Raises:
            UnavailableError: when it can't be had whole within the bounds.
            BadDataError: when it is no feed.
            ConfigurationError: when the proxy on the way can't be used.
        """
        if not self.url.lower().startswith(("http://", "https://")):
            raise BadDataError(f"{self.shown} is no http or https address. Nothing was fetched.")
        client = self.client or client_for(self.url, follow_redirects=True, max_redirects=MOST_REDIRECTS)
        try:
            data, validators = self._read(client)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = str(error) or type(error).__name__
            raise UnavailableError(f"{self.shown}: {said}. No news were lost; the next fetch tries again.") from error
        finally:
            if self.client is None:
                client.close()
        return (None if data is None else parse_feed(data, name=self.shown)), validators

    def _read(self, client: httpx.Client) -> tuple[bytes | None, Validators]:
        ends = self.seconds() + self.timeout_s
        data = bytearray()
        headers = {"User-Agent": "inplay", "Accept": "application/rss+xml, application/atom+xml, application/xml"}
        headers |= self.validators.headers()
        with client.stream("GET", self.url, timeout=self.timeout_s, headers=headers) as answer:
            if answer.status_code == httpx.codes.NOT_MODIFIED:
                return None, self.validators
            self._require_success(answer)
            for block in answer.iter_bytes(65_536):
                data += block
                if len(data) > self.most_bytes:
                    raise UnavailableError(f"{self.shown} is larger than {self.most_bytes:,} bytes; nothing was used.")
                if self.seconds() > ends:  # the time-out of httpx is for each read: a slow drip would never end
                    raise UnavailableError(f"{self.shown} took longer than {self.timeout_s:g} s; nothing was used.")
            return bytes(data), Validators(answer.headers.get("ETag"), answer.headers.get("Last-Modified"))

    def _require_success(self, answer: httpx.Response) -> None:
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            wait_s = retry_after_s(answer.headers.get("Retry-After"))
            raise AskedTooOftenError(f"{self.shown} was asked too often. No news were lost; asking later.", wait_s)
        if not answer.is_success:  # httpx's own text would hold the whole address
            raise UnavailableError(
                f"{self.shown} answered {answer.status_code}. No news were lost; the next fetch tries again."
            )


def feed_name(feed: NewsFeed) -> str:
    """What the record calls the feed."""
    return FeedNews(feed.url).shown
