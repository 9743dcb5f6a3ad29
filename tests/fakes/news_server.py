"""A server of news on this machine: feeds, and Alpaca's pages as its documentation describes them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY, SECRET = "key-of-the-test", "secret-of-the-test"
HANG_S = 30.0


@dataclass(frozen=True)
class Answer:
    """What the server says once; `hang` sends the head and then nothing until the server stops."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False


@dataclass
class NewsServer:
    """Answers by path; Alpaca's articles by time of change.

    Attributes:
        feeds: path -> what is answered there, now.
        articles: Alpaca's, with `updated_at`.
        first: answers that come before anything else, in turn.
        asked: (path, query, headers) of each request.
    """

    feeds: dict[str, Answer] = field(default_factory=dict)
    articles: list[dict[str, Any]] = field(default_factory=list)
    first: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def answer(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        self.asked.append((path, query, headers))
        if self.first:
            return self.first.pop(0)
        if path == "/v1beta1/news":
            return self._alpaca(query, headers)
        found = self.feeds.get(path, Answer(404))
        etag = found.headers.get("ETag")
        return Answer(304, headers=found.headers) if etag and headers.get("if-none-match") == etag else found

    def _alpaca(self, query: dict[str, str], headers: dict[str, str]) -> Answer:
        if (headers.get("apca-api-key-id"), headers.get("apca-api-secret-key")) != (KEY, SECRET):
            return Answer(401, b'{"message": "unauthorized"}')
        start = datetime.fromisoformat(query["start"]) if "start" in query else None
        found = [
            one for one in self.articles if start is None or datetime.fromisoformat(str(one["updated_at"])) >= start
        ]
        found.sort(key=lambda one: str(one["updated_at"]), reverse=query.get("sort") != "asc")
        begin, size = int(query.get("page_token", 0)), int(query.get("limit", 10))
        token = str(begin + size) if begin + size < len(found) else None
        page = {"news": found[begin : begin + size], "next_page_token": token}
        return Answer(200, json.dumps(page).encode(), {"Content-Type": "application/json"})


@contextmanager
def news_server() -> Iterator[NewsServer]:
    """A server on a free port, gone afterwards."""
    news = NewsServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            answer = news.answer(parts.path, query, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body) + answer.hang)}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            if answer.hang:
                news.stopping.wait(HANG_S)

        def log_message(self, *_: object) -> None:
            """Nothing: the tests read `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    news.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield news
    finally:
        news.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def article(number: int, updated_at: str, **changed: Any) -> dict[str, Any]:
    """An article as Alpaca's documentation shows one."""
    return {
        "id": number,
        "headline": f"Acme wins contract number {number}",
        "author": "A. Writer",
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": updated_at,
        "summary": "A summary",
        "content": "<p>Acme &amp; Co won a <b>contract</b>.</p>",
        "url": f"https://example.com/{number}",
        "images": [{"size": "thumb", "url": "https://example.com/1.png"}],
        "symbols": ["ACME"],
        "source": "benzinga",
        **changed,
    }


def rss(*items: tuple[str, str]) -> bytes:
    """A feed of (title, RFC 2822 time) entries."""
    entries = "".join(f"<item><title><![CDATA[{title}]]></title><pubDate>{at}</pubDate></item>" for title, at in items)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{entries}</channel></rss>'.encode()
