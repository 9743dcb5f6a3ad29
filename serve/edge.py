"""What stands before the routes: security headers, the token, the size of a body, and the last resort for defects."""

from __future__ import annotations

import hashlib
import hmac
import traceback
from typing import Final

import anyio
import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.problems import problem
from trading.errors import ConfigurationError

MAX_BODY_BYTES: Final = 64 * 1024
"""500 symbols of 10 characters are under 7 kB."""
BODY_TIMEOUT_S: Final = 10.0
MIN_TOKEN_CHARS: Final = 16

OPEN_PATHS: Final = frozenset({"/", "/healthz", "/docs", "/openapi.json"})
"""Hold no data: the empty dashboard page, the reference, the liveness probe. Everything else needs the token."""
LINKS: Final = "/approve/"
"""Pages behind links that carry their own authority, so the link is in no log."""
OPEN_PREFIXES: Final = ("/static/", "/docs/static/", LINKS)

SECURITY_HEADERS: Final = {
    # No inline script or style, nothing from another host, no frames, no plug-ins, no base or form redirection.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
DOCS_CSP: Final = SECURITY_HEADERS["Content-Security-Policy"].replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)
"""Swagger UI sets style attributes; scripts stay external there too."""
LINKS_CSP: Final = SECURITY_HEADERS["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'")
"""The page behind a link is a form."""


class Edge:
    """ASGI middleware: every answer carries the security headers; a defect becomes a logged 500 without its text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = structlog.get_logger("inplay.serve")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The wrapped app has answered, or a 500 was sent in its place."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        said = LINKS + "…" if path.startswith(LINKS) else path
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _add_headers(message, path)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            # As text, because a renderer of tracebacks may print local variables, and the token is one of them.
            self._log.error("request_failed", method=scope["method"], path=said, trace=traceback.format_exc())
            if started:  # half an answer is out: breaking the connection is the only honest end
                raise
            text = "A defect of the platform; the log of the Api service holds the traceback. Nothing was changed."
            await problem(500, text, said)(scope, receive, send_with_headers)


def _add_headers(message: Message, path: str) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in SECURITY_HEADERS.items():
        headers[name] = value
    if path == "/docs":
        headers["Content-Security-Policy"] = DOCS_CSP
    if path.startswith(LINKS):
        headers["Content-Security-Policy"] = LINKS_CSP
    # The page's files change with an upgrade; answers change with every session and belong to the token's holder.
    headers.setdefault("Cache-Control", "no-cache" if _is_open(path) else "no-store")


def check_token(token: str) -> None:
    """The token is long enough not to be guessed.

    Raises:
        ConfigurationError: it isn't.
    """
    if len(token) < MIN_TOKEN_CHARS:
        raise ConfigurationError(
            f"The API token has {len(token)} characters; at least {MIN_TOKEN_CHARS} are needed. Nothing was started. "
            "Use a longer one, or leave it unset to have one made."
        )


class TokenGate:
    """ASGI middleware: without the token nothing but the open paths is reached, not even a 404 or a 422."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self._app = app
        self._digest = _digest(token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request was passed on, or 401 was sent."""
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("authorization")
        if given is None:
            await self._refuse('Bearer realm="inplay"', scope, receive, send)
            return
        kind, _, credentials = given.partition(" ")
        # Digests have one length, so the time of the comparison says nothing about the token, its length included.
        if kind.lower() == "bearer" and hmac.compare_digest(_digest(credentials.strip()), self._digest):
            await self._app(scope, receive, send)
            return
        await self._refuse('Bearer realm="inplay", error="invalid_token"', scope, receive, send)

    @staticmethod
    async def _refuse(challenge: str, scope: Scope, receive: Receive, send: Send) -> None:
        text = "Send the header 'Authorization: Bearer TOKEN' with the token that `inplay run` printed."
        response: Response = problem(401, text, scope["path"], headers={"WWW-Authenticate": challenge})
        await response(scope, receive, send)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)


class BodyLimit:
    """ASGI middleware: a body is read whole, within its size and time, before any route sees it."""

    def __init__(self, app: ASGIApp, *, max_bytes: int = MAX_BODY_BYTES, timeout_s: float = BODY_TIMEOUT_S) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request was passed on with its body, or 408 or 413 was sent."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        body = bytearray()
        with anyio.move_on_after(self._timeout_s) as limit:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                body += message.get("body", b"")
                if len(body) > self._max_bytes or not message.get("more_body", False):
                    break
        if limit.cancelled_caught:
            text = f"The body did not arrive within {self._timeout_s:g} s; nothing was done."
            await problem(408, text, scope["path"], headers={"Connection": "close"})(scope, receive, send)
        elif len(body) > self._max_bytes:
            text = (
                f"The body is larger than {self._max_bytes} bytes; nothing was done. Ask for fewer symbols at a time."
            )
            await problem(413, text, scope["path"], headers={"Connection": "close"})(scope, receive, send)
        else:
            await self._app(scope, _replay(bytes(body), receive), send)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives `body` first and then whatever the connection says."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
