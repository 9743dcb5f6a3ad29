"""Alpaca's trading on this machine: its HTTP and WebSocket protocol over a `RehearsalAccount`, with faults on demand.

Source: https://docs.alpaca.markets/reference/postorder, https://docs.alpaca.markets/docs/websocket-streaming
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from types import TracebackType
from typing import Any, Literal, Self

import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from adapters.alpaca.http import AlpacaKeys
from adapters.alpaca.simulator.account import OPEN, Answer, Json, RehearsalAccount
from trading.errors import UnavailableError

Fault = Literal["fail_before", "fail_after", "hang_before", "hang_after", "too_many"]
START_S = 10.0
HANG_S = 2.0
QUEUED = 1_000


class TradingServer:
    """A server on the loopback interface, as a context manager.

    Args:
        cash_usd: the account starts with.
        clock: stamps orders and fills.
        port: 0 = any that is free.
        hang_s: how long a question with the fault `hang_…` goes unanswered.

    Attributes:
        faults: of the next requests that change something, one each, in order.
        echoes: each message of the stream is sent so many times.
        withheld: messages that the stream keeps back until `release`, while it is not None.
        hang_s: as given.
        away: every question is answered with 503, and nothing is done.
    """

    def __init__(
        self,
        *,
        cash_usd: int = 100_000,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        keys: AlpacaKeys | None = None,
        port: int = 0,
        hang_s: float = HANG_S,
    ) -> None:
        numbers = itertools.count(1)
        self.account = RehearsalAccount(Decimal(cash_usd), clock, lambda: next(numbers), self._spread)
        self.keys = keys or AlpacaKeys(SecretStr("rehearsal-key"), SecretStr("rehearsal-secret"))
        self.faults: list[Fault] = []
        self.echoes = 1
        self.withheld: list[Json] | None = None
        self.away = False
        self.lock = threading.RLock()
        self.hang_s = hang_s
        self._listeners: dict[WebSocket, asyncio.Queue[Json | None]] = {}
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.port = int(self._socket.getsockname()[1])
        self._server = uvicorn.Server(
            uvicorn.Config(self._app(), log_level="error", ws="websockets-sansio", lifespan="off")
        )
        self._thread = threading.Thread(target=self._run, name="trading-server", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        ends = time.monotonic() + START_S
        while not self._server.started:
            if time.monotonic() > ends or not self._thread.is_alive():
                raise UnavailableError(f"The rehearsal's server didn't start on port {self.port}. Nothing was traded.")
            time.sleep(0.01)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.disconnect()
        self._server.should_exit = True
        self._thread.join(START_S)
        self._socket.close()

    @property
    def url(self) -> str:
        """Of the trading API."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def stream_url(self) -> str:
        """Of `trade_updates`."""
        return f"ws://127.0.0.1:{self.port}/stream"

    @property
    def listeners(self) -> int:
        """How many streams listen."""
        return len(self._listeners)

    def disconnect(self) -> None:
        """Every stream is cut; what is told until a client is back goes unheard."""
        if self._loop is not None:
            for queue in list(self._listeners.values()):
                self._loop.call_soon_threadsafe(queue.put_nowait, None)

    def release(self, *, newest_first: bool = False) -> None:
        """What was withheld is sent now."""
        kept, self.withheld = self.withheld or [], None
        for message in reversed(kept) if newest_first else kept:
            self._spread(message)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._socket])

    def _spread(self, message: Json) -> None:
        if self.withheld is not None:
            self.withheld.append(message)
            return
        for queue in list(self._listeners.values()):
            for _ in range(self.echoes):
                if self._loop is not None:
                    self._loop.call_soon_threadsafe(queue.put_nowait, message)

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v2/{path:path}", self._answer, methods=["GET", "POST", "PATCH", "DELETE"]),
                WebSocketRoute("/stream", self._stream),
            ]
        )

    async def _answer(self, request: Request) -> Response:
        headers = (request.headers.get("APCA-API-KEY-ID"), request.headers.get("APCA-API-SECRET-KEY"))
        if headers != (self.keys.key_id.get_secret_value(), self.keys.secret_key.get_secret_value()):
            return JSONResponse({"message": "unauthorized."}, HTTPStatus.UNAUTHORIZED)
        if self.away:
            return JSONResponse({"message": "service unavailable"}, HTTPStatus.SERVICE_UNAVAILABLE)
        body = json.loads(await request.body() or b"{}")
        fault = self.faults.pop(0) if self.faults and request.method != "GET" else None
        if fault == "too_many":
            return JSONResponse({"message": "too many requests."}, HTTPStatus.TOO_MANY_REQUESTS)
        if fault not in {"fail_before", "hang_before"}:
            with self.lock:
                status, found = self._route(request.method, request.path_params["path"], request, body)
        if fault in {"hang_before", "hang_after"}:
            await asyncio.sleep(self.hang_s)
        if fault is not None:
            return JSONResponse({"message": "internal server error"}, HTTPStatus.INTERNAL_SERVER_ERROR)
        return Response(status_code=status) if found is None else JSONResponse(found, status)

    def _route(self, method: str, path: str, request: Request, body: Json) -> Answer:
        asked = dict(request.query_params)
        head, _, tail = path.partition("/")
        if method == "POST" and path == "orders":
            return self.account.submit(body)
        if method == "DELETE" and head == "orders":
            return self.account.cancel(tail)
        if method == "PATCH" and head == "orders":
            return self.account.replace(tail, body)
        if method == "GET":
            return self._reading(path, asked)
        return HTTPStatus.NOT_FOUND, {"message": "Not Found"}

    def _reading(self, path: str, asked: dict[str, str]) -> Answer:  # noqa: PLR0911 - one return a path
        head, _, tail = path.partition("/")
        if path == "account":
            return HTTPStatus.OK, self.account.account()
        if path == "positions":
            return HTTPStatus.OK, self.account.positions()
        if path == "account/activities/FILL":
            return HTTPStatus.OK, self._activities(asked)
        if path == "orders:by_client_order_id":
            name = asked.get("client_order_id")
            return _one(next((o for o in self.account.orders.values() if o["client_order_id"] == name), None))
        if path == "orders":
            return HTTPStatus.OK, self._orders(asked)
        if head == "orders":
            return _one(self.account.orders.get(tail))
        return HTTPStatus.NOT_FOUND, {"message": "Not Found"}

    def _activities(self, asked: dict[str, str]) -> list[Json]:
        after = _at(asked.get("after", "1970-01-01T00:00:00Z"))
        found = [one for one in self.account.activities if _at(one["transaction_time"]) > after]
        found = [one for one in found if one["id"] > asked.get("page_token", "")]
        return found[: int(asked.get("page_size", 100))]

    def _orders(self, asked: dict[str, str]) -> list[Json]:
        status, after = asked.get("status", "open"), _at(asked.get("after", "1970-01-01T00:00:00Z"))
        symbols = set(filter(None, asked.get("symbols", "").split(",")))
        found = [
            order for order in self.account.orders.values()
            if (status == "all" or (order["status"] in OPEN) == (status == "open"))
            and _at(order["submitted_at"]) > after and (not symbols or order["symbol"] in symbols)
        ]  # fmt: skip
        if asked.get("direction", "desc") == "desc":
            found.reverse()
        nested = asked.get("nested") == "true"
        found = [order if nested else {**order, "legs": None} for order in found]
        return found[: int(asked.get("limit", 50))]

    async def _stream(self, connection: WebSocket) -> None:
        await connection.accept()
        queue: asyncio.Queue[Json | None] = asyncio.Queue(QUEUED)
        try:
            if not await self._admitted(connection):
                return
            listening = {"stream": "listening", "data": {"streams": ["trade_updates"]}}
            await connection.receive_json(mode="text")
            self._listeners[connection] = queue
            await connection.send_bytes(json.dumps(listening).encode())
            while (message := await queue.get()) is not None:
                await connection.send_bytes(json.dumps({"stream": "trade_updates", "data": message}).encode())
            await connection.close(1011)
        except WebSocketDisconnect:
            return
        finally:
            self._listeners.pop(connection, None)

    async def _admitted(self, connection: WebSocket) -> bool:
        asked: Any = await connection.receive_json(mode="text")
        given = asked.get("data") or {}
        expected = (self.keys.key_id.get_secret_value(), self.keys.secret_key.get_secret_value())
        admitted = (given.get("key_id"), given.get("secret_key")) == expected
        status = {"status": "authorized" if admitted else "unauthorized", "action": "authenticate"}
        await connection.send_bytes(json.dumps({"stream": "authorization", "data": status}).encode())
        return admitted


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _one(order: Json | None) -> Answer:
    if order is None:
        return HTTPStatus.NOT_FOUND, {"code": 40410000, "message": "order not found"}
    return HTTPStatus.OK, order
