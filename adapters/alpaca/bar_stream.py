"""Alpaca's minute bars as they are made; see `adapters/alpaca/stream_client.py`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters.alpaca.addresses import STREAM_URL, AlpacaFeed
from adapters.alpaca.bars import bar_table
from adapters.alpaca.http import AlpacaKeys
from adapters.feeds.port import Listener, Page
from adapters.proxies import require_usable
from trading.errors import ConfigurationError


@dataclass(frozen=True)
class AlpacaStream:
    """Alpaca's stream; a `LiveBars`.

    Attributes:
        trades: symbols whose trades are heard as well.
        silence_s: how long it may be silent now before it counts as broken; None = as long as it likes.
    """

    keys: AlpacaKeys
    feed: AlpacaFeed = "iex"
    url: str = STREAM_URL
    silence_s: Callable[[], float | None] = lambda: None
    trades: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of the source on record."""
        return f"alpaca {self.feed} live"

    def listen(self, symbols: tuple[str, ...], listener: Listener, stop: threading.Event) -> None:
        """See `LiveBars`; ends at once when the proxy on the way can't be used."""
        try:
            require_usable(self.url)
        except ConfigurationError as error:
            listener.failed(str(error), refused=True)
            return
        from adapters.alpaca.stream_client import ListeningStream  # noqa: PLC0415 - slow to import, and off by default

        async def run() -> None:
            url = f"{self.url}/v2/{self.feed}"
            stream = ListeningStream(self.keys, url, listener, stop, silence_s=self.silence_s, trades=self.trades)
            await stream.listen(symbols)

        asyncio.run(run())

    def read(self, messages: list[Any]) -> Page:
        """See `LiveBars`."""
        return bar_table(((one.get("S"), one) for one in messages), "1m")
