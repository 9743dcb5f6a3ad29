"""Which sources of news are followed, as the settings name them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from pydantic import SecretStr

from adapters.alpaca.news import AlpacaNews
from adapters.news.rss import FeedNews, NewsFeed, Validators
from trading.news.article import Channel, Fetched


@dataclass(frozen=True)
class NewsToFollow:
    """The sources and how often each is asked.

    Attributes:
        alpaca: key id and secret key; None follows no Alpaca.
        delay_s: from publication to the first decision, on top of which no article is knowable before it was fetched.
    """

    feeds: tuple[NewsFeed, ...] = ()
    alpaca: tuple[SecretStr, SecretStr] | None = None
    interval_s: float = 300.0
    delay_s: float = 60.0


@dataclass(frozen=True)
class Poll:
    """What a fetch brought.

    Attributes:
        mark: where the next one goes on.
        joined: whether nothing can have been missed since the fetch that gave the mark before; None = it can't tell.
        more: whether there is more to fetch at once.
    """

    fetched: Fetched
    mark: str | None
    joined: bool | None
    more: bool = False


class FollowedSource(Protocol):
    """A source that can be asked again and again."""

    @property
    def name(self) -> str:
        """Of the source on record; never holds a secret."""
        ...

    @property
    def channel(self) -> Channel:
        """What its articles are."""
        ...

    @property
    def symbols(self) -> Sequence[str] | None:
        """Companies whose news it carries in full; None = of the whole market, empty = of none."""
        ...

    def fetch_since(self, mark: str | None) -> Poll:
        """What is new since the mark, or all there is without one.

        Raises:
            UnavailableError: when it can't be reached now; AskedTooOftenError says for how long.
            BadDataError: when what it gave is not what it should be.
        """
        ...


@dataclass(frozen=True)
class FollowedFeed:
    """A feed, asked with the validators of its last answer, so that an unchanged one costs a line."""

    feed: FeedNews
    channel: Channel = "news"
    symbols: Sequence[str] | None = ()

    @property
    def name(self) -> str:
        """The feed's address, without what may be a key."""
        return self.feed.shown

    def fetch_since(self, mark: str | None) -> Poll:
        """See `FollowedSource`."""
        fetched, validators = replace(self.feed, validators=_validators(mark)).fetch_if_changed()
        text = json.dumps([validators.etag, validators.last_modified])
        return Poll(Fetched(()), mark, joined=True) if fetched is None else Poll(fetched, text, joined=None)


def _validators(mark: str | None) -> Validators:
    try:
        etag, last_modified = json.loads(mark or "[null, null]")
    except (ValueError, TypeError):
        return Validators()
    return Validators(etag, last_modified)


@dataclass(frozen=True)
class FollowedAlpaca:
    """Alpaca's news of the whole market, from the last article seen on."""

    news: AlpacaNews
    name: str = "alpaca"
    channel: Channel = "news"
    symbols: None = None

    def fetch_since(self, mark: str | None) -> Poll:
        """See `FollowedSource`."""
        page = self.news.fetch_from(None if mark is None else datetime.fromisoformat(mark).astimezone(UTC))
        latest = mark if page.reached is None else page.reached.isoformat()
        return Poll(page.fetched, latest, joined=mark is not None, more=page.more)


def sources(wanted: NewsToFollow) -> list[FollowedSource]:
    """The sources, nothing fetched yet."""
    made: list[FollowedSource] = []
    for feed in wanted.feeds:
        symbols = None if "*" in feed.symbols else tuple(symbol.upper() for symbol in feed.symbols)
        made.append(FollowedFeed(FeedNews(feed.url), "social" if feed.social else "news", symbols))
    if wanted.alpaca is not None:
        made.append(FollowedAlpaca(AlpacaNews(*wanted.alpaca)))
    return made
