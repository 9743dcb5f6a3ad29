"""How long the HTTP interface takes to answer: measured of every request, counted by the hour, told once in a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.postgres.health_hours import HealthHours, HttpHour, hour_of
from serve.sources import Answering, Sources
from trading.errors import InplayError

TELL_EVERY_S: Final = 30.0
"""A replica that is killed loses the count of as much."""


class AnswerTimes:
    """Counts of the answers of this process, by hour. May be shared by threads."""

    def __init__(self) -> None:
        self._hours: dict[datetime, HttpHour] = {}
        self._turn = threading.Lock()

    def add(self, status: int, took_s: float, at: datetime) -> None:
        """One answer more."""
        hour = hour_of(at)
        with self._turn:
            self._hours[hour] = self._hours.get(hour, HttpHour(hour)).answered(status, took_s)

    def tell(self, write: Callable[[Iterable[HttpHour]], None]) -> None:
        """What was counted since the last time is written; it is kept where it can't be.

        Raises:
            InplayError: whatever `write` raised.
        """
        with self._turn:
            counted, self._hours = self._hours, {}
        try:
            write(counted.values())
        except BaseException:
            with self._turn:
                for hour, part in counted.items():
                    self._hours[hour] = part.plus(self._hours.get(hour, HttpHour(hour)))
            raise


class Timed:
    """ASGI middleware: each answer is counted with the time until it began; what streams has begun as well by then."""

    def __init__(self, app: ASGIApp, *, times: AnswerTimes) -> None:
        self._app, self._times = app, times

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The wrapped app has answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked_s = time.monotonic()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._times.add(message["status"], time.monotonic() - asked_s, datetime.now(UTC))
            await send(message)

        await self._app(scope, receive, counted)


def keep_telling(times: AnswerTimes, answering: Answering) -> None:
    """A thread of this process puts on record what was counted, again and again, for as long as the process lives."""

    def tell() -> None:
        pause, log = threading.Event(), structlog.get_logger("inplay.serve")
        while not pause.wait(TELL_EVERY_S):
            try:
                times.tell(lambda parts: answering.answer(_write, list(parts)))
            except InplayError as error:
                log.warning("answer_times_not_recorded", reason=str(error))

    threading.Thread(target=tell, name="answer times", daemon=True).start()


def _write(sources: Sources, parts: list[HttpHour]) -> None:
    HealthHours(sources.pool).add_http(parts)
