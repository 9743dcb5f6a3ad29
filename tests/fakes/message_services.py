"""Services that take messages, on this machine: a webhook and a mail server, each of which can be switched off."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.header import decode_header, make_header
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


class Webhook:
    """Takes JSON; `status` is what it answers."""

    def __init__(self) -> None:
        self.status = 200
        self.taken: list[dict[str, Any]] = []
        self.asked = 0
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.asked += 1
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if hook.status == 200:
                    told = json.loads(body) if body.startswith(b"{") else {"text": body.decode()}
                    hook.taken.append(told)
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Not to the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """It listens on."""
        return int(self._server.server_address[1])

    @property
    def titles(self) -> list[str]:
        """Of the messages that it took."""
        return [str(told["title"]).removeprefix("[inplay] ") for told in self.taken]

    def close(self) -> None:
        """It listens no more."""
        self._server.shutdown()
        self._server.server_close()


class Mail:
    """A mail server; what it is sent stays in `subjects`."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self._port = _free_port()
        self._controller: Controller | None = None
        self.up()

    @property
    def port(self) -> int:
        """It listens on, when it is up."""
        return self._port

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """The mail is taken."""
        subject = message_from_bytes(envelope.content)["Subject"]
        self.subjects.append(str(make_header(decode_header(subject))).removeprefix("[inplay] "))
        return "250 taken"

    def up(self) -> None:
        """It listens."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)
        self._controller.start()

    def down(self) -> None:
        """Nobody listens."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


@contextmanager
def webhook() -> Iterator[Webhook]:
    """A webhook that is up."""
    made = Webhook()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def mail_server() -> Iterator[Mail]:
    """A mail server that is up."""
    made = Mail()
    try:
        yield made
    finally:
        made.down()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
