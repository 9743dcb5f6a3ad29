"""The simulator as a real HTTP server on the loopback interface."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cluster.simulator.cloud import SimulatedCloud
from cluster.simulator.messages import NoAnswerError, Request


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, cloud: SimulatedCloud, host: str, port: int, silence_s: float) -> None:
        super().__init__((host, port), _Handler)
        self.cloud, self.silence_s = cloud, silence_s
        self.stopping = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        request = Request.of(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
        try:
            answer = self.server.cloud.answer(request)
        except NoAnswerError:
            # Silence first, then the connection closes, so that a client without a time-out isn't stuck for ever.
            self.server.stopping.wait(self.server.silence_s)
            self.close_connection = True
            return
        self.send_response_only(answer.status)  # the answer has a date of its own, by the simulator's clock
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:  # noqa: PLR2004  204 has no body by definition
            self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  the library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's signature
        """Nothing is printed: the cloud keeps its own log of calls."""


@contextmanager
def serving(cloud: SimulatedCloud, *, host: str = "127.0.0.1", port: int = 0, silence_s: float = 60.0) -> Iterator[str]:
    """While inside, `cloud` answers over HTTP; gives what `DIGITALOCEAN_END_POINT` has to be.

    Args:
        cloud: Who answers.
        host: Where to listen.
        port: 0 for any free one.
        silence_s: How long a client waits in vain when a call times out, before its connection is closed.
    """
    server = _Server(cloud, host, port, silence_s)
    base_url = f"http://{host}:{server.server_address[1]}"
    cloud.world.base_url = base_url
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"{base_url}/v2/"
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
