"""Which sources of news are followed, as the settings name them. A source is one file and one line of `SOURCES`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapters.settings import Settings
from data.news.alpaca_source import alpaca
from data.news.feed_source import feeds
from data.news.port import SourceToFollow

SOURCES: tuple[Callable[[Settings], tuple[SourceToFollow, ...]], ...] = (
    feeds,
    alpaca,
)


@dataclass(frozen=True)
class NewsToFollow:
    """The sources and how often each is asked.

    Attributes:
        delay_s: from publication to the first decision, on top of which no article is knowable before it was fetched.
    """

    sources: tuple[SourceToFollow, ...] = ()
    interval_s: float = 300.0
    delay_s: float = 60.0


def news_to_follow(settings: Settings) -> NewsToFollow:
    """The sources of news that the settings ask for.

    Raises:
        ConfigurationError: when one can't be followed as it is set.
    """
    wanted = tuple(one for source in SOURCES for one in source(settings))
    return NewsToFollow(wanted, settings.news_interval_s, settings.news_delay_s)
