"""Server-sent events: the progress of the run and the accounts, on each change.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import anyio
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from serve.desk import BoundedDesk
from serve.resources import portfolio, progress
from serve.schema import Schema
from trading.errors import UnavailableError

router = APIRouter()


@dataclass(frozen=True)
class StreamRules:
    """Bounds of the streams.

    Attributes:
        poll_s: how often a change is looked for.
        heartbeat_s: longest silence; proxies drop connections that say nothing.
        max_s: a stream ends after this long and the client connects again, so none lives on unseen.
        max_streams: open at a time; each is a request in progress that a replica has to keep.
    """

    poll_s: float = 1.0
    heartbeat_s: float = 15.0
    max_s: float = 600.0
    max_streams: int = 8


class Streams:
    """The open streams."""

    def __init__(self, desk: BoundedDesk, rules: StreamRules) -> None:
        self._desk = desk
        self._rules = rules
        self._open = 0

    def admit(self) -> None:
        """There is room for one more stream.

        Raises:
            UnavailableError: as many as allowed are open.
        """
        if self._open >= self._rules.max_streams:
            raise UnavailableError(
                f"{self._open} streams are open, which is the most allowed. Close a dashboard, or poll /v1/progress."
            )

    async def events(self) -> AsyncIterator[str]:
        """Events `progress` and `portfolio` whenever they change, `unavailable` while the platform can't be asked."""
        self._open += 1
        try:
            async for event in self._changes():
                yield event
        finally:
            self._open -= 1

    async def _changes(self) -> AsyncIterator[str]:
        start = spoke = anyio.current_time()
        last: str | None = None
        while anyio.current_time() - start < self._rules.max_s:
            event = await self._look()
            if event != last:
                last, spoke = event, anyio.current_time()
                yield event
            elif anyio.current_time() - spoke >= self._rules.heartbeat_s:
                spoke = anyio.current_time()
                yield ": still here\n\n"
            await anyio.sleep(self._rules.poll_s)

    async def _look(self) -> str:
        """The present, as the text of its events."""
        try:
            run = await self._desk.ask(progress.read)
            accounts = await self._desk.ask(portfolio.read)
        except UnavailableError:
            return 'event: unavailable\ndata: {"retry_after_s": 2}\n\n'
        return _event("progress", run) + _event("portfolio", accounts)


def _event(name: str, answer: Schema) -> str:
    return f"event: {name}\ndata: {answer.model_dump_json()}\n\n"


def _streams(request: Request) -> Streams:
    streams = request.app.state.streams
    assert isinstance(streams, Streams)  # noqa: S101 - set by create_app; narrows the type
    return streams


@router.get(
    "/stream",
    tags=["platform"],
    summary="Server-sent events",
    response_class=StreamingResponse,
    responses={200: {"description": "Events `progress` and `portfolio`.", "content": {"text/event-stream": {}}}},
)
async def get_stream(streams: Annotated[Streams, Depends(_streams)]) -> StreamingResponse:
    """`progress` (as /v1/progress) and `portfolio` (as /v1/portfolio) on each change, `unavailable` while neither can
    be told; a comment line every 15 seconds of silence. Ends after ten minutes: connect again.
    """  # noqa: D205 - shown as one paragraph in the reference
    streams.admit()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(streams.events(), media_type="text/event-stream", headers=headers)
