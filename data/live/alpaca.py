"""Alpaca as a live feed: its stream, and its history for what the stream missed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.alpaca.addresses import BASE_URL, FREE_REQUESTS_PER_MIN, STREAM_URL, AlpacaFeed
from adapters.alpaca.bar_stream import AlpacaStream
from adapters.alpaca.bars import AlpacaBars
from adapters.alpaca.http import AlpacaHttp, AlpacaKeys
from adapters.alpaca.opening import alpaca_keys
from adapters.calendar import session_hours
from adapters.feeds.port import BarHistory, LiveBars
from adapters.pace import TokenBucket
from adapters.settings import Settings
from data.live.listening import LiveRules
from trading.bars.symbols import symbols_of

SILENCE_S = 180.0
"""Without a bar for so long while the exchange is open, a stream is broken; a single quiet stock may well be silent."""
BUSY_SYMBOLS = 20
"""With fewer the stream may be silent as long as it likes."""


def alpaca_live(settings: Settings) -> AlpacaLive:
    """Alpaca's feed as the settings ask for it.

    Raises:
        ConfigurationError: without keys.
    """
    return AlpacaLive(
        keys=alpaca_keys(settings),
        feed=settings.alpaca_feed,
        url=settings.alpaca_url,
        stream_url=settings.alpaca_stream_url,
        requests_per_min=settings.alpaca_requests_per_min,
        trades=tuple(symbols_of(settings.live_trades)),
    )


@dataclass(frozen=True)
class AlpacaLive:
    """Alpaca's feed. Plain values, so that they travel.

    Attributes:
        trades: symbols whose last trade is known as well.
    """

    keys: AlpacaKeys
    feed: AlpacaFeed = "iex"
    url: str = BASE_URL
    stream_url: str = STREAM_URL
    requests_per_min: int = FREE_REQUESTS_PER_MIN
    trades: tuple[str, ...] = ()

    def ports(self, rules: LiveRules, clock: Callable[[], datetime]) -> tuple[LiveBars, BarHistory]:
        """See `LiveSource`."""
        http = AlpacaHttp(self.keys, self.url, bucket=TokenBucket(self.requests_per_min))
        busy = rules.expected is None or rules.expected >= BUSY_SYMBOLS

        def silence_s() -> float | None:
            return SILENCE_S if busy and is_open(clock()) else None

        return AlpacaStream(self.keys, self.feed, self.stream_url, silence_s, self.trades), AlpacaBars(http, self.feed)


def is_open(now: datetime) -> bool:
    """Whether the exchange is open, extended hours excluded."""
    hours = session_hours(now.date(), now.date())
    opens, closes = ([at.astype("datetime64[s]").item().replace(tzinfo=UTC) for at in column]
                     for column in (hours.open_at, hours.close_at))  # fmt: skip
    return any(begin <= now < end for begin, end in zip(opens, closes, strict=True))
