"""What the settings ask for, opened: sources of news, Alpaca's market data, the live feed."""

from __future__ import annotations

from adapters.alpaca.http import AlpacaHttp, AlpacaKeys
from adapters.news.rss import feed_name
from adapters.pace import TokenBucket
from adapters.settings import Settings
from data.live.ingesting import LiveToFollow
from data.live.listening import LiveRules
from data.news.sources import NewsToFollow
from trading.errors import ConfigurationError


def news_to_follow(settings: Settings) -> NewsToFollow:
    """The sources of news.

    Raises:
        ConfigurationError: when Alpaca is wanted without its keys, or two feeds have one name on record.
    """
    alpaca = None
    if settings.news_alpaca:
        keys = alpaca_keys(
            settings,
            without="INPLAY_NEWS_ALPACA is on without keys. Nothing was started. Set APCA_API_KEY_ID and "
            "APCA_API_SECRET_KEY, or turn it off.",
        )
        alpaca = (keys.key_id, keys.secret_key)
    named = [feed_name(feed) for feed in settings.news_feeds]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise ConfigurationError(f"INPLAY_NEWS_FEEDS names {twice[0]} twice. Nothing was started. Remove one.")
    return NewsToFollow(settings.news_feeds, alpaca, settings.news_interval_s, settings.news_delay_s)


def alpaca_keys(
    settings: Settings,
    *,
    without: str = "Alpaca's bars need keys. Nothing was fetched. Set APCA_API_KEY_ID and APCA_API_SECRET_KEY; they "
    "come with a free account.",
) -> AlpacaKeys:
    """Alpaca's keys.

    Args:
        settings: that may have them.
        without: what to say when they haven't.

    Raises:
        ConfigurationError: without them.
    """
    if settings.apca_api_key_id is None or settings.apca_api_secret_key is None:
        raise ConfigurationError(without)
    return AlpacaKeys(settings.apca_api_key_id, settings.apca_api_secret_key)


def alpaca_http(settings: Settings) -> AlpacaHttp:
    """Alpaca's market data over HTTP, paced as the plan allows.

    Raises:
        ConfigurationError: without keys.
    """
    return AlpacaHttp(
        alpaca_keys(settings), settings.alpaca_url, bucket=TokenBucket(settings.alpaca_requests_per_min)
    )  # fmt: skip


def live_to_follow(settings: Settings) -> LiveToFollow:
    """The live feed of bars, if any.

    Raises:
        ConfigurationError: when one is wanted without keys.
    """
    if settings.live_feed == "none":
        return LiveToFollow()
    rules = LiveRules(tuple(sorted({symbol.upper() for symbol in settings.live_symbols})), settings.live_late_s)
    return LiveToFollow(
        alpaca_keys(settings), rules, settings.alpaca_feed, settings.alpaca_url, settings.alpaca_stream_url,
        settings.alpaca_requests_per_min, tuple(sorted({symbol.upper() for symbol in settings.live_trades})),
    )  # fmt: skip
