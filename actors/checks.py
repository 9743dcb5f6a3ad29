"""The daily checks of what was traded: parity, the look-ahead detector, its feature rows; each may block."""

from __future__ import annotations

import threading
from datetime import date
from functools import cached_property

from actors.service import Condition, Service
from actors.wiring import now
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.daily_checks import DailyCheck, DailyChecks
from adapters.postgres.queries import Queries
from research.backtest.running import Terms
from research.checks.daily import daily_features, daily_lookahead, daily_parity
from research.checks.session_again import SessionAgain
from trading.broker.controls import Control
from trading.cycle.questions import Questions, question
from trading.errors import UnavailableError

ILL = frozenset({"failed", "not done"})


class Checks(Service):
    """Writer of `daily_checks`, and of the controls that a failed check gives and a passed one takes back."""

    name = "checks"
    longest_work_s = 1800.0
    """Parity of a session and the look-ahead sample; the run waits for 900 s."""
    _told_of: Condition = ("ok", "what was checked isn't read yet")

    def check(self) -> list[DailyCheck]:
        """The latest complete session is checked; returns what its checks said, nothing before the first one.

        What is on record isn't checked again, unless it failed or couldn't be done: the repeat may do better.
        A failed check is also a control that opens nothing new. It goes when all checks of a later session pass, or
        when a person resumes trading.
        """
        session = Queries(self.pool).progress().last_session
        if session is None:
            return []
        record = DailyChecks(self.pool)
        done = record.of(session)
        if not done or any(one.verdict in ILL for one in done):
            done = self._checked(session)
            for one in done:
                record.record(one)
        self._tell(session, done)
        self.hand_back()
        return done

    def _checked(self, session: date) -> list[DailyCheck]:
        wiring = self.wiring
        terms = Terms(wiring.books, wiring.cash_cents, wiring.decisions, wiring.scanner, wiring.paper)
        again = SessionAgain(self.on_record, session, terms)
        return [  # by kind, as the record tells them
            daily_features(again, clock=now),
            daily_lookahead(self.on_record, session, terms, clock=now),
            daily_parity(self.on_record, session, terms, clock=now, again=again),
        ]

    def _tell(self, session: date, done: list[DailyCheck]) -> None:
        """The controls say what the checks said; a crash in between is made good by the repeat."""
        controls = ControlRecord(self.pool)
        failed = [f"{one.kind} of {session}: {one.detail}" for one in done if one.verdict == "failed"]
        if failed and not controls.told_of_check(session):
            controls.give(Control("check_failed", self.name, "; ".join(failed), now(), session=session))
        clean = done and all(one.verdict in {"passed", "explained"} for one in done)
        if clean and controls.state().failed_check:
            words = f"the checks of {session} passed"
            controls.give(Control("check_passed", self.name, words, now(), session=session))

    def condition(self) -> Condition:
        """Degraded while the last check of any kind failed or couldn't be done, as last read.

        A sign of life waits for nothing, so the record is read beside it: one that hangs makes no service hang.
        """
        if not self._reading.locked():
            threading.Thread(target=self._read, name="checks reads", daemon=True).start()
        return self._told_of

    @cached_property
    def _reading(self) -> threading.Lock:
        return threading.Lock()

    def _read(self) -> None:
        if not self._reading.acquire(blocking=False):
            return
        try:
            self._told_of = self._on_record()
        finally:
            self._reading.release()

    def _on_record(self) -> Condition:
        try:
            latest = DailyChecks(self.pool).latest()
        except UnavailableError as error:
            return "degraded", str(error)
        ill = [f"{one.kind} of {one.session} {one.verdict}: {one.detail}" for one in latest if one.verdict in ILL]
        if ill:
            return "degraded", "; ".join(ill)
        return "ok", ", ".join(f"{one.kind} of {one.session} {one.verdict}" for one in latest) or "nothing to check yet"


class AskChecks(Questions[Checks]):
    """Questions to the daily checks."""

    check = question(Checks.check)
