"""What goes in and out of the simulated API: requests, answers, refusals, pages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One call of a client: `path` without query, `query` as sent, `headers` with lower-case names."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Request:
        """The request for `url`, which may be whole or only path and query."""
        parts = urlsplit(url)
        lowered = {name.lower(): value for name, value in headers.items()}
        return cls(method.upper(), parts.path, dict(parse_qsl(parts.query)), lowered, body)

    def json(self) -> Any:
        """The body as JSON; None where there is none.

        Raises:
            Refusal: 422, the body is no JSON.
        """
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise unprocessable("the body is no JSON") from error


@dataclass(frozen=True)
class Response:
    """One answer; `body` is what goes over the wire."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, content: Json | None = None) -> Response:
        """The answer with `content` as JSON, or without a body."""
        if content is None:
            return cls(status)
        return cls(status, json.dumps(content).encode(), {"content-type": "application/json; charset=utf-8"})


class Refusal(Exception):  # noqa: N818  it is an answer of the API, not a fault of ours
    """The API says no: becomes an answer with `id` and `message`."""

    def __init__(
        self, status: int, error_id: str, message: str, *, more: Json | None = None, headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(message)
        self.status, self.error_id, self.message = status, error_id, message
        self.more, self.headers = dict(more or {}), dict(headers)

    def response(self) -> Response:
        """The answer that the client gets."""
        made = Response.of(self.status, {"id": self.error_id, "message": self.message, **self.more})
        return Response(made.status, made.body, {**made.headers, **self.headers})


class NoAnswerError(Exception):
    """The connection ends without an answer; whether the call had its effect is for the client to find out."""


def not_found() -> Refusal:
    """What the API says of what isn't there."""
    return Refusal(404, "not_found", "The resource you requested could not be found.")


def unprocessable(message: str, *, more: Json | None = None) -> Refusal:
    """What the API says of a request that it understands and won't do."""
    return Refusal(422, "unprocessable_entity", message, more=more)


def page_of(name: str, rows: Sequence[Json], request: Request, base_url: str) -> Json:
    """The page of `rows` that `request` asks for, with `links` and `meta` as DigitalOcean writes them."""
    per_page, page = int(request.query.get("per_page", 20)), int(request.query.get("page", 1))
    last = max(1, -(-len(rows) // per_page))

    def link(number: int) -> str:
        query = urlencode({**request.query, "page": number, "per_page": per_page})
        return f"{base_url}{request.path}?{query}"

    pages: dict[str, str] = {}
    if page > 1:
        pages |= {"first": link(1), "prev": link(page - 1)}
    if page < last:
        pages |= {"next": link(page + 1), "last": link(last)}
    links = {"pages": pages} if pages else {}
    return {name: list(rows[(page - 1) * per_page : page * per_page]), "links": links, "meta": {"total": len(rows)}}
