"""What a run does after its replay: it follows the market, or serves on."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from typing import NoReturn

from actors.wiring import now
from adapters.calendar import close_of
from cli.run.platform import Platform
from cli.run.sessions import Sessions
from trading.cycle.summary import SessionSummary

FOLLOW_EVERY_S = 10.0
LATE_BARS = timedelta(minutes=20)
"""Bars of a session may be corrected for so long after its close."""


class Following:
    """New sessions, each decided once it is over and its bars are on record."""

    def __init__(self, platform: Platform, sessions: Sessions) -> None:
        self._platform, self._sessions = platform, sessions
        self._traded_after: date | None = None

    def serve_on(self) -> NoReturn:
        """No session is decided any more, until Ctrl-C."""
        self._platform.say.step("serving on; Ctrl-C stops everything")
        self._platform.watch.wait(math.inf)
        raise AssertionError("an endless wait ends by Ctrl-C")

    def follow(self, show: Callable[[SessionSummary], None]) -> NoReturn:
        """Each new session is decided and checked, until Ctrl-C."""
        self._platform.phases.enter("following")
        self._platform.say.step("waiting for new sessions; Ctrl-C stops everything")
        while True:
            for session in self.due():
                show(self._sessions.run(session))
                self._sessions.check()
                self._sessions.write_reports()
            self._platform.watch.wait(FOLLOW_EVERY_S)

    def due(self) -> list[date]:
        """Sessions that are over, on record, and later than all that were decided, or than all that were history."""
        services = self._platform.services
        every, done = services.ingestion.sessions().get(), services.paper_trading.sessions().get()
        if self._traded_after is None:
            self._traded_after = max(done, default=max(every, default=date.min))
        after = max([self._traded_after, *done[-1:]])
        return [session for session in every if session > after and close_of(session) + LATE_BARS <= now()]
