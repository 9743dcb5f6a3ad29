"""Whether trading may go on: a fold of what people and the reconciliation said, oldest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from trading.errors import ConfigurationError

Action = Literal[
    "arm", "disarm", "suspend", "resume", "kill", "withheld", "unreconciled", "reconciled", "check_failed",
    "check_passed",
]  # fmt: skip
WITHDRAWN = "withdrawn before it could fill"
"""How the reason begins of an order that waited when trading was stopped."""
UNSAID = "no reason was given"
"""Stands for an empty reason: what is suspended without one is suspended all the same."""
LONGEST_ARMED = timedelta(days=7)


@dataclass(frozen=True)
class Control:
    """One order to the trading.

    Attributes:
        actor: who gave it: `command`, `reconciliation`, `checks`, or `paper_trading` for what it withheld.
        limit_cents: of `arm`: what openings of the live account may cost together from then on.
        expires_at: of `arm`.
        session: of `withheld` and of checks: the one that it is about.
    """

    action: Action
    actor: str
    reason: str
    given_at: datetime
    limit_cents: int | None = None
    expires_at: datetime | None = None
    session: date | None = None


@dataclass(frozen=True)
class Controls:
    """How trading stands.

    Attributes:
        suspended: why nothing new may be opened; empty when it may. Exits go on.
        unreconciled: why the broker's account doesn't agree with the books; empty when it does.
        failed_check: which daily check failed and how; empty once one passed or a person resumed trading.
        armed_at: when live trading was armed last; None while it isn't.
    """

    suspended: str = ""
    unreconciled: str = ""
    failed_check: str = ""
    limit_cents: int = 0
    expires_at: datetime | None = None
    armed_at: datetime | None = None

    @property
    def paused(self) -> str:
        """Why no account at all, simulated ones included, may open a position; empty when they may."""
        if self.suspended:
            return f"trading is suspended: {self.suspended}"
        return f"a daily check failed: {self.failed_check}" if self.failed_check else ""

    @property
    def blocked(self) -> str:
        """Why no account at a broker may open a position, paper or live; empty when they may, if armed."""
        if self.paused:
            return self.paused
        return f"the broker's account is not reconciled: {self.unreconciled}" if self.unreconciled else ""

    def opening_refused(self, *, live: bool, cost_cents: int, at: datetime) -> str:
        """Why no position may be opened now; empty when it may.

        Args:
            live: with money.
            cost_cents: of all openings since it was armed, the new one counted; sales give nothing back.
            at: now.
        """
        if self.blocked or not live:
            return self.blocked
        if self.expires_at is None or at >= self.expires_at:
            return "live trading is not armed; `inplay trading arm` does it"
        if cost_cents > self.limit_cents:
            limit = f"the limit of USD {self.limit_cents / 100:,.2f}"
            return f"openings since arming would cost USD {cost_cents / 100:,.2f}, over {limit}"
        return ""


def fold(given: Iterable[Control]) -> Controls:
    """The state after these, oldest first."""
    state = Controls()
    for one in given:
        state = after(state, one)
    return state


def after(state: Controls, one: Control) -> Controls:  # noqa: PLR0911 - one return an action
    """The state after one more.

    Resuming doesn't arm, arming doesn't resume, `kill` disarms and suspends. A check that passes ends what a failed one
    began and nothing that a person said; resuming ends both, and the next failed check blocks again.
    """
    if one.action == "arm":
        return replace(state, limit_cents=one.limit_cents or 0, expires_at=one.expires_at, armed_at=one.given_at)
    if one.action == "disarm":
        return replace(state, limit_cents=0, expires_at=None, armed_at=None)
    if one.action == "suspend":
        return replace(state, suspended=one.reason.strip() or UNSAID)
    if one.action == "kill":
        return replace(state, suspended=one.reason.strip() or UNSAID, limit_cents=0, expires_at=None, armed_at=None)
    if one.action == "resume":
        return replace(state, suspended="", failed_check="")
    if one.action == "check_failed":
        return replace(state, failed_check=one.reason.strip() or UNSAID)
    if one.action == "check_passed":
        return replace(state, failed_check="")
    if one.action == "unreconciled":
        return replace(state, unreconciled=one.reason.strip() or UNSAID)
    if one.action == "reconciled":
        return replace(state, unreconciled="")
    return state


def armed(limit_usd: int, lasting: timedelta, actor: str, at: datetime) -> Control:
    """The control that arms live trading.

    Raises:
        ConfigurationError: without a positive limit, or for longer than a week. Nothing was armed.
    """
    if limit_usd <= 0 or not timedelta(0) < lasting <= LONGEST_ARMED:
        raise ConfigurationError(
            f"A limit of USD {limit_usd:,} for {lasting} can't be armed. Nothing was armed. Give a limit above zero "
            f"and a time of at most {LONGEST_ARMED.days} days."
        )
    reason = f"live trading up to USD {limit_usd:,}"
    return Control(
        action="arm", actor=actor, reason=reason, given_at=at, limit_cents=limit_usd * 100, expires_at=at + lasting
    )
