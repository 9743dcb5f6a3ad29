"""Alerting: tells the owner what happened, off the way of trading. A service that is down stops nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import structlog

from actors.service import Condition, Service
from actors.wiring import Wiring, now
from adapters.alerts.approvals import ApprovalMessages
from adapters.alerts.targets import DEAD_MAN, Target, targets_of
from adapters.calendar import is_latest
from adapters.postgres.alerts import AlertStore
from adapters.postgres.happenings import budget, happened
from trading.alerts.alert import Alert
from trading.alerts.policy import Policy, is_told, messages
from trading.errors import InplayError, UnavailableError

if TYPE_CHECKING:
    from adapters.postgres.pool import Pool

PERIOD_S = 5.0
LOOK_BACK = timedelta(days=3)
"""What a run that is down for so long misses is told when it is up again; older events aren't looked for."""
BUDGET_EVERY = timedelta(minutes=10)
ALWAYS = Policy(most_a_day=1_000)
"""Of the dead-man's switch: it knows no quiet hours."""


@dataclass
class Outbox:
    """What happened goes into the outbox, and out of it to the targets. Plain, so that a test runs it by hand.

    Attributes:
        budget_usd: of machines a month; None = nobody is told.
        approvals: asks the owner about orders; None = nobody is asked.
    """

    pool: Pool
    targets: list[Target]
    policy: Policy
    clock: Callable[[], datetime] = now
    budget_usd: float | None = None
    approvals: ApprovalMessages | None = None
    _looked_at: datetime | None = field(default=None, init=False)

    @cached_property
    def store(self) -> AlertStore:
        """On record."""
        return AlertStore(self.pool)

    def look(self) -> list[Alert]:
        """What happened since alerting began is in the outbox, once; returns what is new."""
        at = self.clock()
        since = max(self.store.began(at), at - LOOK_BACK)
        found = happened(self.pool, since, lambda session: is_latest(session, at), at)
        if self.budget_usd is not None and (self._looked_at is None or at - self._looked_at >= BUDGET_EVERY):
            found += budget(self.pool, self.budget_usd, at)
            self._looked_at = at
        if self.approvals is not None:
            found += self.approvals.found(since, at)
        return self.store.raise_([(alert, self._told(alert)) for alert in found], at)

    def _told(self, alert: Alert) -> list[str]:
        """The names of the targets that are to hear of it."""
        if alert.kind == "session":
            return [target.name for target in self.targets if target.name == DEAD_MAN]
        every = [target.name for target in self.targets if target.name != DEAD_MAN]
        return every if is_told(alert, self.policy) else []

    def send(self) -> list[str]:
        """What is due went out; returns what targets didn't take, in words."""
        troubles = []
        for target in self.targets:
            try:
                self._send_to(target)
            except UnavailableError as error:
                troubles.append(str(error))
                self.store.not_told(target.name, str(error), self.clock())
        return troubles

    def _send_to(self, target: Target) -> None:
        at = self.clock()
        pending = self.store.pending(target.name, at)
        if self.approvals is not None:
            pending = [self.approvals.complete(alert, at) for alert in pending]
        if not pending:
            return
        sent = self.store.sent_since(target.name, self.policy.day_began(at))
        for message in messages(pending, sent, at, ALWAYS if target.name == DEAD_MAN else self.policy):
            target.send(message)
            self.store.told(target.name, message, self.clock())


class Alerting(Service):
    """Writer of `alerts`, of their deliveries, and of nothing else."""

    name = "alerting"

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        self._stop = threading.Event()
        self._trouble = ""
        threading.Thread(target=self._watch, name="alerting", daemon=True).start()

    @cached_property
    def _outbox(self) -> Outbox:
        told, asks = self.wiring.alerts, self.wiring.approval
        return Outbox(
            self.pool, targets_of(told.urls, told.dead_man), told.policy, budget_usd=told.budget_usd,
            approvals=None if asks is None else ApprovalMessages(self.pool, self.wiring.home, asks.url),
        )  # fmt: skip

    def _watch(self) -> None:
        while not self._stop.wait(PERIOD_S):
            self._pass()

    def _pass(self) -> None:
        log = structlog.get_logger()
        try:
            for alert in self._outbox.look():
                log.info("alert", kind=alert.kind, severity=alert.severity, title=alert.title)
            self._trouble = "; ".join(self._outbox.send())
        except (InplayError, OSError) as error:
            self._trouble = str(error)
            log.warning("alerts_not_told", reason=str(error))
        except Exception as error:  # a defect here must not end the watch for good
            self._trouble = f"a defect: {type(error).__name__}; the log has the trace"
            log.exception("alerting_defect")

    def condition(self) -> Condition:
        """Well, or which target doesn't take messages; they are kept."""
        return ("degraded", self._trouble) if self._trouble else super().condition()
