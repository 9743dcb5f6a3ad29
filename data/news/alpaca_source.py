"""Alpaca's news, followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.alpaca.http import AlpacaKeys
from adapters.alpaca.news import AlpacaNews
from adapters.alpaca.opening import alpaca_keys
from adapters.settings import Settings
from data.news.port import Poll
from trading.news.article import Channel


def alpaca(settings: Settings) -> tuple[AlpacaToFollow, ...]:
    """Alpaca's news, where `INPLAY_NEWS_ALPACA` asks for them.

    Raises:
        ConfigurationError: without keys.
    """
    if not settings.news_alpaca:
        return ()
    keys = alpaca_keys(
        settings,
        without="INPLAY_NEWS_ALPACA is on without keys. Nothing was started. Set APCA_API_KEY_ID and "
        "APCA_API_SECRET_KEY, or turn it off.",
    )
    return (AlpacaToFollow(keys),)


@dataclass(frozen=True)
class AlpacaToFollow:
    """Alpaca's news, of the settings."""

    keys: AlpacaKeys

    def open(self) -> FollowedAlpaca:
        """See `SourceToFollow`."""
        return FollowedAlpaca(AlpacaNews(self.keys.key_id, self.keys.secret_key))


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
