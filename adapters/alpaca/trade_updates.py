"""Alpaca's stream of trade updates, by its own client, into the record of events."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, cast

from alpaca.trading.stream import TradingStream

from adapters.alpaca.http import AlpacaKeys
from adapters.proxies import require_usable
from trading.errors import ConfigurationError

JOIN_S = 10.0


class TradeUpdates:
    """The stream as a context manager: a thread of its own hears it and hands each message on.

    A cut is mended by Alpaca's client, and what went unheard meanwhile comes from the account's activities: the stream
    only makes it sooner.

    Args:
        heard: takes a message; what it raises goes to `failed` and doesn't end the stream.
        failed: hears in words of a message that couldn't be taken.
    """

    def __init__(
        self,
        keys: AlpacaKeys,
        url: str,
        heard: Callable[[Mapping[str, Any]], object],
        failed: Callable[[str], object],
    ) -> None:
        self._stream = TradingStream(
            keys.key_id.get_secret_value(), keys.secret_key.get_secret_value(), raw_data=True, url_override=url,
            websocket_params={"ping_interval": 10, "ping_timeout": 60, "max_queue": 256, "open_timeout": 20},
        )  # fmt: skip
        self._url, self._heard, self._failed = url, heard, failed
        self._thread = threading.Thread(target=self._run, name="trade-updates", daemon=True)

    @property
    def listening(self) -> bool:
        """Whether the stream is up now."""
        return self._thread.is_alive() and bool(cast("Any", self._stream)._running)  # noqa: SLF001 - it tells nobody else

    def __enter__(self) -> Self:
        self._stream.subscribe_trade_updates(self._take)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        loop: asyncio.AbstractEventLoop | None = cast("Any", self._stream)._loop  # noqa: SLF001 - its own stop() needs the loop that it runs in, and may find none
        if loop is not None and loop.is_running():
            asyncio.run_coroutine_threadsafe(self._stream.stop_ws(), loop)
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        try:
            require_usable(self._url)
        except ConfigurationError as error:
            self._failed(str(error))
            return
        asyncio.run(cast("Any", self._stream)._run_forever())  # noqa: SLF001 - its run() ends the process's signal handling

    async def _take(self, message: Mapping[str, Any]) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._heard, message["data"])
        except Exception as error:  # noqa: BLE001 - the activities tell it again; the stream must go on
            self._failed(f"a trade update could not be taken: {type(error).__name__}: {error}"[:300])
