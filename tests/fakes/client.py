"""A client of an ASGI application in the same process, without a socket."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from serve.problems import Problem

TOKEN = "correct-horse-battery-staple"


class Client:
    """Asks `app` on one event loop that outlives the single request, as a server's does."""

    def __init__(self, portal: BlockingPortal, http: httpx.AsyncClient) -> None:
        self._portal = portal
        self._http = http

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The whole answer."""
        return self._portal.call(partial(self._http.request, method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("POST", path, **options)


@contextmanager
def client_of(app: FastAPI, token: str | None = TOKEN) -> Iterator[Client]:
    """A client of `app` that sends `token`, or none."""
    headers: Mapping[str, str] = {} if token is None else {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app)
    with start_blocking_portal() as portal:
        http = httpx.AsyncClient(transport=transport, base_url="http://inplay.test", headers=headers, timeout=30)
        try:
            yield Client(portal, http)
        finally:
            portal.call(http.aclose)


def problem_of(answer: httpx.Response) -> Problem:
    """The problem details of an answer, checked against their schema."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate_json(answer.content)
    assert problem.status == answer.status_code
    return problem
