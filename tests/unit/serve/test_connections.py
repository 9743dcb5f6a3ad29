"""Connections that ask nothing are bounded in time and number, and whoever asks is served meanwhile."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from serve.connections import BoundedProtocol, Waiting
from tests.fakes.eventually import eventually

HALF = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: "


async def _answers(_scope: dict[str, object], _receive: object, send: object) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b"ok"})  # type: ignore[operator]


class _Quick(BoundedProtocol):
    waiting = Waiting(8)
    headers_timeout_s = 1.0


@pytest.fixture
def port() -> Iterator[int]:
    """Of a server that lets eight connections wait, for a second."""
    _Quick.waiting = Waiting(8)
    config = uvicorn.Config(_answers, port=0, http=_Quick, log_level="critical", lifespan="off")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started, what="the server listens")
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(20)


def _ask(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    status = connection.getresponse().status
    connection.close()
    return status


def _opened(port: int, sent: bytes = HALF) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=10)
    made.sendall(sent)
    return made


def _closed(connection: socket.socket) -> bool:
    connection.settimeout(10)
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True


def test_others_are_served_while_strangers_hold_half_their_headers(port: int) -> None:
    """Far more of them than may wait: the ones that waited longest are closed, and each question is answered."""
    held = [_opened(port) for _ in range(60)]
    assert [_ask(port) for _ in range(5)] == [200] * 5
    assert all(_closed(one) for one in held[:40])
    for one in held:
        one.close()


def test_headers_that_never_end_are_given_up(port: int) -> None:
    """After the time for them, however slowly they drip in."""
    held = _opened(port)
    began = time.monotonic()
    for _ in range(4):
        time.sleep(0.2)
        held.sendall(b"a")
    assert _closed(held)
    assert 0.8 < time.monotonic() - began < 8


def test_a_silent_connection_is_given_up(port: int) -> None:
    """It never says anything at all."""
    assert _closed(_opened(port, b""))


def test_headers_of_a_later_request_are_bounded_as_well(port: int) -> None:
    """A connection that is kept alive gets no more time the second time."""
    held = _opened(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"200" in held.recv(1000)
    held.sendall(HALF)
    held.settimeout(10)
    assert _closed(held)


def test_idle_connections_make_room_for_new_ones(port: int) -> None:
    """Those that asked once and stay open count among those that wait."""
    held = [_opened(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(30)]
    for one in held:
        one.recv(1000)
    assert _ask(port) == 200
    assert _closed(held[0])
    assert len(_Quick.waiting) <= 8
    for one in held:
        one.close()
