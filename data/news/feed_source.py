"""RSS and Atom feeds that are followed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapters.news.feeds import NewsFeed
from adapters.news.rss import FeedNews, Validators, feed_name
from adapters.settings import Settings
from data.news.port import Poll
from trading.bars.symbols import symbol_of
from trading.errors import ConfigurationError
from trading.news.article import Channel, Fetched


def feeds(settings: Settings) -> tuple[FeedToFollow, ...]:
    """The feeds of `INPLAY_NEWS_FEEDS`.

    Raises:
        ConfigurationError: when two have one name on record.
    """
    named = [feed_name(feed) for feed in settings.news_feeds]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise ConfigurationError(f"INPLAY_NEWS_FEEDS names {twice[0]} twice. Nothing was started. Remove one.")
    return tuple(FeedToFollow(feed) for feed in settings.news_feeds)


@dataclass(frozen=True)
class FeedToFollow:
    """A feed of the settings."""

    feed: NewsFeed

    def open(self) -> FollowedFeed:
        """See `SourceToFollow`."""
        symbols = None if "*" in self.feed.symbols else tuple(map(symbol_of, self.feed.symbols))
        return FollowedFeed(FeedNews(self.feed.url), "social" if self.feed.social else "news", symbols)


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
