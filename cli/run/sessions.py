"""Sessions of a run, decided one by one by the coordinator, and the checks that follow them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from actors.bootstrap import hand_back_everywhere
from adapters.postgres.daily_checks import DailyCheck
from cli.run.platform import Platform
from trading.cycle.summary import SessionSummary
from trading.errors import UnavailableError

CHECK_TIMEOUT_S = 900.0
"""After so long the run goes on without them, and says so."""
RETRIES = 5
"""How often one session is tried again after something it needs went away and came back."""


@dataclass(frozen=True)
class Sessions:
    """What a run does with a session.

    Attributes:
        ensemble: Serve's handle.
    """

    platform: Platform
    ensemble: Any

    def run(self, session: date) -> SessionSummary:
        """The session is decided, filled and on record.

        Raises:
            UnavailableError: when it could not be, however often it was tried.
        """
        platform = self.platform
        for attempt in range(1, RETRIES + 1):
            platform.phases.interrupt.check()
            try:
                asked = platform.actors.coordinator.run_session(session, self.ensemble)
                platform.watch.answered(asked.later)
                return asked.get()
            except UnavailableError as error:
                if attempt == RETRIES:
                    raise
                platform.say.warning(f"{session}: {error} Trying again ({attempt} of {RETRIES - 1}).")
                platform.watch.revive_database()
        raise AssertionError("the loop above returns or raises")

    def check(self) -> list[DailyCheck]:
        """The latest session was checked: its parity, and a sample for look-ahead; what failed is warned of.

        A check that couldn't be asked for ends no run: the next session asks again.
        """
        say = self.platform.say
        hand_back_everywhere(self.platform.actors)
        asked = self.platform.actors.checks.check()
        self.platform.watch.answered(asked.later, CHECK_TIMEOUT_S)
        try:
            done = asked.get()
        except UnavailableError as error:
            say.warning(f"the daily checks were not done: {error}")
            return []
        for one in done:
            tell = say.step if one.verdict in {"passed", "explained"} else say.warning
            tell(f"{one.kind} of {one.session} {one.verdict}: {one.detail}")
        return done
