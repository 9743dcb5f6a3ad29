"""An alert: something that happened, told once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

Severity = Literal["info", "warning", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "critical")
"""The least first."""
Kind = Literal[
    "session", "trade", "suspension", "check", "drift", "promotion", "cost", "data", "service", "backup", "disk",
    "training", "approval", "test",
]  # fmt: skip
KINDS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "session": "a session is complete; only the dead-man's switch hears of it",
        "trade": "fills of a session, account by account",
        "suspension": "trading was suspended, resumed, armed or disarmed, or orders were withheld",
        "check": "a daily check failed or passes again",
        "drift": "an alarm of the models' monitoring, and what it did",
        "promotion": "a version of the ensemble came into another role",
        "cost": "the month's forecast went over the budget, or is within it again",
        "data": "rows in quarantine, a live feed that went away or came back",
        "service": "a service failed or is well again",
        "backup": "a backup failed or works again",
        "disk": "a pass over the tiers failed or works again, or a volume is to be bought",
        "training": "a training session ended; critical when a rented machine may still run",
        "approval": "orders for the next open that wait for the owner's yes",
        "test": "`inplay notify test`",
    }
)
"""What each kind is of, in words."""


@dataclass(frozen=True)
class Alert:
    """One event worth telling.

    Attributes:
        alert_id: of the event on record that it tells of; the same event makes no second alert.
        about: what it is about, such as a service; with `state` it says whether anything changed.
        state: of that; an alert whose subject is in the same state as before is no news. Empty: each is news.
        title: one line.
        body: what happened, what was not lost and what to do; never a secret.
        at: when it happened.
    """

    alert_id: str
    kind: Kind
    severity: Severity
    title: str
    body: str
    at: datetime
    about: str = ""
    state: str = ""


def at_least(severity: Severity, least: Severity) -> bool:
    """Whether one is as severe as the other or more."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(least)
