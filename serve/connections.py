"""Connections that ask nothing: how long they may take to say what they want, and how many there may be.

The process that accepts connections is Serve's own. It calls `bound_connections` before it listens, by the name in
`CALLBACK`, and its HTTP server takes its protocol from uvicorn's table of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CALLBACK: Final = {"RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "serve.connections.bound_connections"}
"""The variable by which Serve is told; its processes inherit it from the run that starts Ray."""
HEADERS_TIMEOUT_S: Final = 10.0
"""A line of 64 kB/s sends the largest headers that are taken in a second; whoever types them by hand has ten."""
MOST_WAITING: Final = 128
"""A browser keeps six to a host, and a process may open 1,024 files where nobody raised that."""


class Waiting:
    """Connections of a server that have no request at the moment: new, half-way through headers, or kept alive.

    There are `most` at most. One more closes the one that has waited longest, so a newcomer that says at once what it
    wants is served however many strangers hold theirs open.
    """

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._held: dict[BoundedProtocol, None] = {}  # in the order of their coming

    def __len__(self) -> int:
        return len(self._held)

    def add(self, connection: BoundedProtocol) -> None:
        """It waits from now on."""
        self._held.pop(connection, None)
        self._held[connection] = None
        while len(self._held) > self._most:
            longest = next(iter(self._held))
            del self._held[longest]
            longest.transport.close()

    def remove(self, connection: BoundedProtocol) -> None:
        """It has a request, or is gone."""
        self._held.pop(connection, None)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP with a time-out for headers and a bound on connections that have no request.

    Attributes:
        waiting: shared by all connections of the process.
        headers_timeout_s: from the connection, or from the first byte of a later request, to the end of the headers.
    """

    waiting = Waiting()
    headers_timeout_s = HEADERS_TIMEOUT_S
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The time for the first headers runs."""
        super().connection_made(transport)
        self._limit = self.loop.call_later(self.headers_timeout_s, self._too_late)
        self.waiting.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing waits for it any more."""
        self._stop_limit()
        self.waiting.remove(self)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The time for the headers of a later request runs."""
        if self._limit is None:
            self._limit = self.loop.call_later(self.headers_timeout_s, self._too_late)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It has a request."""
        self._stop_limit()
        self.waiting.remove(self)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """It waits for the next request."""
        super().on_response_complete()
        if not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete):
            self.waiting.add(self)

    def _stop_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _too_late(self) -> None:
        self._limit = None
        self.waiting.remove(self)
        self.transport.close()


def bound_connections() -> Iterable[Any]:
    """Servers that this process starts from now on bound their connections; no middleware is added."""
    HTTP_PROTOCOLS["auto"] = f"{BoundedProtocol.__module__}:{BoundedProtocol.__name__}"
    return []
