"""Sessions of a run, decided one by one by the coordinator, and the checks that follow them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from ray.exceptions import RayError

from actors.bootstrap import hand_back_everywhere
from actors.training_scheduler import AfterSession
from adapters.postgres.daily_checks import DailyCheck
from cli.run.platform import Platform
from research.reports.kept import folder_of
from trading.cycle.summary import SessionSummary
from trading.errors import InplayError, UnavailableError

T = TypeVar("T")

CHECK_TIMEOUT_S = 900.0
"""After so long the run goes on without them, and says so."""
RETRIES = 5
"""How often one session is tried again after something it needs went away and came back."""


@dataclass(frozen=True)
class Sessions:
    """What a run does with a session.

    Attributes:
        ensemble: Serve's handle.
        trains: whether models may be trained after sessions.
    """

    platform: Platform
    ensemble: Any
    trains: bool = True

    def run(self, session: date) -> SessionSummary:
        """The session is decided, filled and on record, and what is to be trained after it was.

        Raises:
            UnavailableError: when it could not be, however often it was tried.
        """
        summary = self._tried(session, lambda: self._decided(session))
        self.after(session)
        return summary

    def after(self, session: date) -> None:
        """What follows a complete session: the models are watched, then trained; a repeat adds nothing."""
        began_s = time.monotonic()
        self._watch_after(session)
        self._took("monitoring", session, began_s)
        self.train_after(session)

    def _took(self, stage: str, session: date | None, began_s: float) -> None:
        """How long it took is told to the coordinator, which puts it on record; nobody waits for that."""
        self.platform.actors.coordinator.took(session, {stage: time.monotonic() - began_s})

    def _watch_after(self, session: date) -> None:
        """The models were watched, or it is said why not: the next session watches this one as well.

        A watch that fails ends no run.
        """
        say = self.platform.say
        asked = self.platform.actors.monitoring.after_session(session)
        self.platform.watch.answered(asked.later, CHECK_TIMEOUT_S)
        try:
            told = asked.get()
        except (InplayError, RayError) as error:
            reason = str(error).strip().splitlines()[-1]  # Ray tells a defect with all its frames; the log has them
            say.warning(f"the models were not watched after {session}: {reason} The next session does it as well.")
            return
        for line in (*told.turns, *([told.promotion] if told.promotion else [])):
            say.warning(f"model monitoring after {session}: {line}; see `inplay models watch`")

    def train_after(self, session: date) -> None:
        """The training or light update that is due after a complete session was held; a repeat holds none."""
        settings = self.platform.settings
        if not self.trains or not (settings.train_every_sessions or settings.update_every_sessions):
            return
        done = self._tried(session, lambda: self._trained(session))
        if done.training.opens:
            hand_back_everywhere(self.platform.actors)
            self.platform.say.step(f"trained after {session}: {done.training.reason} See `inplay models list`")
        if done.update.opens:
            self.platform.say.step(f"updated after {session}: {done.update.reason} See `inplay models list`")
        elif done.update.code in {"failed", "stale", "memory"}:
            self.platform.say.warning(f"the models were not updated after {session}: {done.update.reason}")

    def _decided(self, session: date) -> SessionSummary:
        asked = self.platform.actors.coordinator.run_session(session, self.ensemble)
        self.platform.watch.answered(asked.later)
        return asked.get()

    def _trained(self, session: date) -> AfterSession:
        asked = self.platform.actors.training.after_session(session)
        limit_s = self.platform.settings.gpu_session_h * 3_600 + CHECK_TIMEOUT_S
        self.platform.watch.answered(asked.later, limit_s)
        return asked.get()

    def _tried(self, session: date, ask: Callable[[], T]) -> T:
        platform = self.platform
        for attempt in range(1, RETRIES + 1):
            platform.phases.interrupt.check()
            try:
                return ask()
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
        began_s = time.monotonic()
        asked = self.platform.actors.checks.check()
        self.platform.watch.answered(asked.later, CHECK_TIMEOUT_S)
        try:
            done = asked.get()
        except UnavailableError as error:
            say.warning(f"the daily checks were not done: {error}")
            return []
        if done:
            self._took("checks", done[0].session, began_s)
        for one in done:
            tell = say.step if one.verdict in {"passed", "explained"} else say.warning
            tell(f"{one.kind} of {one.session} {one.verdict}: {one.detail}")
        return done

    def write_reports(self) -> None:
        """The reports of the latest session are in the data folder; one that couldn't be written ends no run."""
        began_s = time.monotonic()
        asked = self.platform.actors.reporting.write_reports()
        self.platform.watch.answered(asked.later, CHECK_TIMEOUT_S)
        try:
            for name in asked.get():
                self.platform.say.step(f"report {name} is in {folder_of(self.platform.settings.home)}")
        except UnavailableError as error:
            self.platform.say.warning(str(error))
            return
        self._took("report", None, began_s)
