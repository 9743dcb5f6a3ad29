"""A market on this machine: stored minutes sent again as Alpaca sends them, over its WebSocket and HTTP protocol.

For rehearsals and tests: the whole live path runs as it does with Alpaca, at any speed, with the faults one asks for.

Source: https://docs.alpaca.markets/docs/real-time-stock-pricing-data, https://docs.alpaca.markets/reference/stockbars
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import msgpack
from pydantic import SecretStr
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from adapters.alpaca.http import AlpacaKeys
from adapters.alpaca.simulator.tape import Tape

FRAME_MESSAGES = 500
QUEUE_FRAMES = 64
"""A client that is further behind is disconnected, as by Alpaca."""
STREAM_PATH = "/v2/"
SLOW_CLIENT, AUTH_FAILED, NOT_AUTHENTICATED = 407, 402, 401
WAIT_S = 10.0


@dataclass
class _Client:
    """A connection that has subscribed."""

    connection: ServerConnection
    symbols: frozenset[str] = frozenset()
    trades: frozenset[str] = frozenset()
    frames: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(QUEUE_FRAMES))


class Exchange:
    """A server on the loopback interface, as a context manager.

    Args:
        tape: what was traded, and what of it is published by now.
        keys: that it accepts.
        port: 0 = any that is free.
    """

    def __init__(self, tape: Tape, keys: AlpacaKeys | None = None, port: int = 0) -> None:
        self.tape = tape
        self.keys = keys or AlpacaKeys(SecretStr("rehearsal-key"), SecretStr("rehearsal-secret"))
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.port = port
        self._answers: list[tuple[int, dict[str, str], bytes]] = []
        self._clients: list[_Client] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="exchange", daemon=True)
        self._server: Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._call(self._open())
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S)
        self._loop.close()

    @property
    def url(self) -> str:
        """Of its history."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def stream_url(self) -> str:
        """Of its stream, without the name of the feed."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def listeners(self) -> int:
        """How many clients have subscribed."""
        return len(self._clients)

    def publish(self, messages: list[dict[str, Any]]) -> None:
        """The messages are on their way to whoever has subscribed to their symbols."""
        self._call(self._spread(messages))

    def send_raw(self, data: bytes) -> None:
        """Every client gets this frame, whatever it is."""
        self._call(self._send_all(data))

    def disconnect(self) -> None:
        """All connections are cut, without a word."""
        self._call(self._cut())

    def answer_next(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"{}") -> None:
        """The next question to the history gets this answer."""
        self._answers.append((status, headers or {}, body))

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    async def _open(self) -> Server:
        return await serve(self._serve, "127.0.0.1", self.port, process_request=self._answer, ping_interval=None)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _cut(self) -> None:
        for client in list(self._clients):
            client.connection.transport.abort()
        self._clients.clear()

    async def _send_all(self, data: bytes) -> None:
        for client in list(self._clients):
            await client.connection.send(data)

    async def _spread(self, messages: list[dict[str, Any]]) -> None:
        for client in list(self._clients):
            wanted = [one for one in messages if _wants(client, one)]
            for start in range(0, len(wanted), FRAME_MESSAGES):
                frame = msgpack.packb(wanted[start : start + FRAME_MESSAGES])
                try:
                    client.frames.put_nowait(frame)
                except asyncio.QueueFull:
                    self._clients.remove(client)
                    client.connection.transport.abort()
                    break
        await asyncio.sleep(0)

    async def _serve(self, connection: ServerConnection) -> None:
        client = _Client(connection)
        try:
            await _say(connection, {"T": "success", "msg": "connected"})
            if not await self._admitted(connection):
                return
            sender = asyncio.create_task(_send(client))
            try:
                async for text in connection:
                    await self._subscribe(client, text)
            finally:
                sender.cancel()
        except ConnectionClosed:
            return
        finally:
            if client in self._clients:
                self._clients.remove(client)

    async def _admitted(self, connection: ServerConnection) -> bool:
        asked = _unpacked(await connection.recv())
        expected = ("auth", self.keys.key_id.get_secret_value(), self.keys.secret_key.get_secret_value())
        if tuple(asked.get(name) for name in ("action", "key", "secret")) != expected:
            await _say(connection, {"T": "error", "code": AUTH_FAILED, "msg": "auth failed"})
            return False
        await _say(connection, {"T": "success", "msg": "authenticated"})
        return True

    async def _subscribe(self, client: _Client, text: str | bytes) -> None:
        asked = _unpacked(text)
        client.symbols = client.symbols | frozenset(asked.get("bars") or ())
        client.trades = client.trades | frozenset(asked.get("trades") or ())
        if client not in self._clients:
            self._clients.append(client)
        channels = {name: sorted(asked.get(name) or ()) for name in ("trades", "quotes", "bars", "updatedBars")}
        await _say(client.connection, {"T": "subscription", **channels})

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """The history, over plain HTTP; None lets a WebSocket through."""
        del connection
        parts = urlsplit(request.path)
        if request.headers.get("Upgrade", "").lower() == "websocket" and parts.path.startswith(STREAM_PATH):
            return None
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append((parts.path, query))
        if self._answers:
            return _response(*self._answers.pop(0))
        keys = (request.headers.get("APCA-API-KEY-ID"), request.headers.get("APCA-API-SECRET-KEY"))
        if keys != (self.keys.key_id.get_secret_value(), self.keys.secret_key.get_secret_value()):
            return _response(HTTPStatus.UNAUTHORIZED, {}, b'{"message": "unauthorized."}')
        if parts.path != "/v2/stocks/bars":
            return _response(HTTPStatus.NOT_FOUND, {}, b'{"message": "Not Found"}')
        return _response(HTTPStatus.OK, {}, self.tape.page(query))


def _wants(client: _Client, message: dict[str, Any]) -> bool:
    channel = client.trades if message["T"] == "t" else client.symbols
    return "*" in channel or message["S"] in channel


async def _send(client: _Client) -> None:
    while True:
        await client.connection.send(await client.frames.get())


async def _say(connection: ServerConnection, message: dict[str, Any]) -> None:
    await connection.send(msgpack.packb([message]))


def _unpacked(text: str | bytes) -> dict[str, Any]:
    found = msgpack.unpackb(text) if isinstance(text, bytes) else {}
    return found if isinstance(found, dict) else {}


def _response(status: int, headers: dict[str, str], body: bytes) -> Response:
    kind = HTTPStatus(status)
    heads = Headers({"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"})
    heads.update(headers)
    return Response(kind.value, kind.phrase, heads, body)
