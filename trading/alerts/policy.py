"""When alerts go out: by severity, outside quiet hours, and at most so many messages a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from trading.alerts.alert import SEVERITIES, Alert, Kind, Severity, at_least
from trading.errors import ConfigurationError

NEW_YORK = ZoneInfo("America/New_York")
ASKING: Final[frozenset[Kind]] = frozenset({"approval"})
"""Kinds that ask for an answer: told whatever the least severity and the count of the day, and never in a digest."""
LONGEST_LIST = 40
"""Titles in a digest; what is beyond is counted."""


@dataclass(frozen=True)
class Policy:
    """What the owner wants to hear, and when.

    Attributes:
        least: severity that is told of; what is below stays on record only.
        quiet_from: beginning of the quiet hours by the owner's clock; with `quiet_to` equal to it there are none.
        quiet_to: their end, which may be on the next day. Only critical alerts are sent in between.
        zone: the owner's clock.
        most_a_day: messages in a calendar day of that clock; the last of them is a digest of what is left, and what
            comes after it waits for the next day. Critical alerts may be as many again. What asks for an answer
            is sent beyond that number.

    Raises:
        ConfigurationError: when fewer than two messages a day are allowed.
    """

    least: Severity = "warning"
    quiet_from: time = time(0)
    quiet_to: time = time(0)
    zone: ZoneInfo = NEW_YORK
    most_a_day: int = 20

    def __post_init__(self) -> None:
        if self.most_a_day < 2:  # noqa: PLR2004
            raise ConfigurationError(
                f"{self.most_a_day} messages a day can't be: two at least, one of them for the digest of the others"
            )

    def is_quiet(self, at: datetime) -> bool:
        """Whether it is within the quiet hours."""
        clock = at.astimezone(self.zone).time().replace(tzinfo=None)
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= clock < self.quiet_to
        return clock >= self.quiet_from or clock < self.quiet_to

    def day_began(self, at: datetime) -> datetime:
        """When the owner's day began, in the zone of `at`."""
        local = at.astimezone(self.zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(at.tzinfo)


@dataclass(frozen=True)
class Message:
    """What is sent: an alert, or a digest of several.

    Attributes:
        alerts: that it tells of.
        kind: `digest` when it tells of more than it was made for.
    """

    title: str
    body: str
    severity: Severity
    alerts: tuple[Alert, ...]
    kind: Literal["alert", "digest"] = "alert"


def messages(pending: Sequence[Alert], sent_today: int, at: datetime, policy: Policy) -> list[Message]:
    """What goes out now to one target. What doesn't stays pending.

    Args:
        pending: alerts that the target wasn't told of, the earliest first, all of them severe enough.
        sent_today: messages that it was sent in the owner's present day.
        at: now.
        policy: of the owner.
    """
    quiet, today = policy.is_quiet(at), policy.day_began(at)
    awake = [alert for alert in pending if alert.severity == "critical" or not quiet]
    asking = [Message(one.title, one.body, one.severity, (one,)) for one in awake if one.kind in ASKING]
    due = [alert for alert in awake if alert.kind not in ASKING]
    old, new = [alert for alert in due if alert.at < today], [alert for alert in due if alert.at >= today]
    urgent = [alert for alert in new if alert.severity == "critical"]
    other = [alert for alert in new if alert.severity != "critical"]
    told = _within(urgent, 2 * policy.most_a_day - sent_today)
    left = policy.most_a_day - sent_today - len(told)
    late = _within([digest(old)] if len(old) > 1 else old, left)
    return [*asking, *told, *late, *_within(other, left - len(late))]


def _within(alerts: Sequence[Alert | Message], most: int) -> list[Message]:
    """At most so many messages; the last is a digest where there are more alerts."""
    if most <= 0 or not alerts:
        return []
    fits = len(alerts) <= most
    alone = alerts if fits else alerts[: most - 1]
    made = [one if isinstance(one, Message) else Message(one.title, one.body, one.severity, (one,)) for one in alone]
    beyond = [one for one in alerts[len(alone) :] if isinstance(one, Alert)]
    return [*made, *([digest(beyond)] if beyond else [])]


def is_told(alert: Alert, policy: Policy) -> bool:
    """Whether the owner wants to hear of it at all."""
    return alert.kind in ASKING or at_least(alert.severity, policy.least)


def digest(alerts: Sequence[Alert]) -> Message:
    """Several alerts in one message, the most severe first."""
    ordered = sorted(alerts, key=lambda alert: -SEVERITIES.index(alert.severity))
    lines = [f"{alert.at:%Y-%m-%d %H:%M} UTC, {alert.severity}: {alert.title}" for alert in ordered[:LONGEST_LIST]]
    if len(ordered) > LONGEST_LIST:
        lines.append(f"and {len(ordered) - LONGEST_LIST:,} more: `inplay notify list`")
    return Message(
        title=f"{len(ordered)} alerts", body="\n".join(lines), severity=ordered[0].severity, alerts=tuple(ordered),
        kind="digest",
    )  # fmt: skip


def next_try(tries: int, at: datetime) -> datetime:
    """When a target that didn't take a message is tried again: after 30 s, then twice as long, an hour at most."""
    return at + min(timedelta(hours=1), timedelta(seconds=30 * 2.0 ** min(tries - 1, 10)))
