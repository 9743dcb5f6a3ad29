"""Alpaca's own streaming client, made to say when it connects, what fails, and to wait for a slow listener.

The client connects, authenticates, subscribes and backs off. As it comes it writes failures to a log and nowhere else,
and goes on after a frame that it can't read as if nothing had been lost.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import msgpack
from alpaca.data.enums import DataFeed
from alpaca.data.live.stock import StockDataStream
from websockets.exceptions import WebSocketException

from adapters.alpaca.http import AlpacaKeys
from adapters.feeds.port import Listener

WAKE_S = 0.5
"""How soon a stop is noticed."""
QUEUED_FRAMES = 16
"""Beyond them nothing is read from the socket, and the sender waits."""
BARS, TRADE = frozenset({"b", "u"}), "t"
REFUSED_CODES = frozenset({401, 402, 403, 404, 405, 409})
"""Keys, plan and subscription; https://docs.alpaca.markets/docs/streaming-market-data#errors"""


class ListeningStream(StockDataStream):
    """The client with a `Listener`."""

    def __init__(
        self,
        keys: AlpacaKeys,
        url: str,
        listener: Listener,
        stop: threading.Event,
        *,
        silence_s: Callable[[], float | None],
        trades: tuple[str, ...] = (),
    ) -> None:
        super().__init__(
            keys.key_id.get_secret_value(),
            keys.secret_key.get_secret_value(),
            raw_data=True,
            feed=DataFeed.IEX,  # `url_override` names the feed
            url_override=url,
            websocket_params={"ping_interval": 10, "ping_timeout": 60, "max_queue": QUEUED_FRAMES, "open_timeout": 20},
        )
        self._listener = listener
        self._stop = stop
        self._silence_s = silence_s
        self._trades = trades

    async def listen(self, symbols: tuple[str, ...]) -> None:
        """Until `stop` is set."""
        self.subscribe_bars(_ignored, *symbols)
        self.subscribe_updated_bars(_ignored, *symbols)
        if self._trades:
            self.subscribe_trades(_ignored, *self._trades)
        running = asyncio.create_task(self._run_forever())
        while not self._stop.is_set() and not running.done():
            await asyncio.wait({running}, timeout=WAKE_S)
        await self.stop_ws()
        await running

    async def _start_ws(self) -> None:
        try:
            await super()._start_ws()
        except ValueError as error:
            self._listener.failed(f"Alpaca refuses the stream: {error}", refused=True)
            raise
        except (OSError, TimeoutError, WebSocketException, msgpack.UnpackException) as error:
            self._listener.failed(f"the stream can't be opened: {_words(error)}")
            raise

    async def _consume(self) -> bool:
        try:
            return await self._hear()
        except WebSocketException as error:
            self._listener.failed(f"the stream was cut: {_words(error)}")
            raise

    async def _hear(self) -> bool:
        """True when the stream went silent and has to be opened again."""
        socket: Any = self._ws
        loop = asyncio.get_running_loop()
        heard_at_s = loop.time()
        self._data_received = False
        while self._stop_stream_queue.empty():
            try:
                frame = await asyncio.wait_for(socket.recv(), WAKE_S)
            except TimeoutError:
                limit_s = self._silence_s()
                if limit_s is not None and loop.time() - heard_at_s > limit_s:
                    self._listener.failed(f"the stream was silent for {limit_s:g} s while the exchange was open")
                    await self.close()
                    return True
                continue
            if not await self._take(frame):
                await self.close()
                return True
            heard_at_s = loop.time()
        self._stop_stream_queue.get_nowait()
        await self.close()
        return False

    async def _take(self, frame: str | bytes) -> bool:
        """False when the frame can't be read: what was in it is to be had from history."""
        try:
            messages = msgpack.unpackb(frame)
            if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
                raise ValueError("it is no list of messages")  # noqa: TRY301
        except (ValueError, TypeError, msgpack.UnpackException) as error:
            self._listener.failed(f"the stream sent what can't be read: {_words(error)}")
            return False
        for one in messages:
            if one.get("T") == "subscription":
                self._listener.connected()
            elif one.get("T") == "error":
                said = f"Alpaca says {one.get('code')}: {one.get('msg')}"
                self._listener.failed(said, refused=one.get("code") in REFUSED_CODES)
        trades = [one for one in messages if one.get("T") == TRADE]
        if trades:
            self._data_received = True
            self._listener.traded(trades)
        bars = [one for one in messages if one.get("T") in BARS]
        if bars:
            self._data_received = True
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, self._listener.heard, bars)
        return True


async def _ignored(message: Any) -> None:
    """Messages are taken a frame at a time."""


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]
