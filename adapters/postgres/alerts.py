"""The outbox of alerts: what happened, whom it is to be told to, and what became of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.postgres.pool import Cursor, Pool, transaction
from trading.alerts.alert import Alert, Kind
from trading.alerts.policy import Message, next_try

COLUMNS = "alert_id, kind, severity, title, body, at, about, state"
"""In the order of `Alert`."""


@dataclass(frozen=True)
class Delivery:
    """What became of telling one target of an alert.

    Attributes:
        outcome: `pending`, `sent` alone, or told in a `digest`.
        trouble: of the last try; empty when there was none.
    """

    target: str
    outcome: str
    tries: int
    settled_at: datetime | None
    trouble: str


@dataclass(frozen=True)
class Raised:
    """An alert on record; without deliveries nobody was to be told."""

    number: int
    alert: Alert
    deliveries: tuple[Delivery, ...]


class AlertStore:
    """Writer and reader of `alerts`, `alert_deliveries` and `alerting_began`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def began(self, at: datetime) -> datetime:
        """Since when events are told of: the first time that this was asked."""
        with transaction(self._pool) as cursor:
            cursor.execute("INSERT INTO alerting_began (at) VALUES (%s) ON CONFLICT DO NOTHING", [at])
            cursor.execute("SELECT at FROM alerting_began")
            ((found,),) = cursor.fetchall()
            return found  # type: ignore[no-any-return]

    def raise_(self, alerts: Sequence[tuple[Alert, Sequence[str]]], at: datetime) -> list[Alert]:
        """Those of the alerts that are news are on record, with a delivery for each of their targets.

        An alert is no news when its event was told of, or when its subject is in the state that it was told to be in.

        Returns:
            The new ones.
        """
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT alert_id FROM alerts WHERE alert_id = ANY(%s)", [[alert.alert_id for alert, _ in alerts]]
            )
            known = {name for (name,) in cursor.fetchall()}
            fresh = [(alert, targets) for alert, targets in alerts if alert.alert_id not in known]
            return [alert for alert, targets in fresh if _put(cursor, alert, targets, at)]

    def pending(self, target: str, at: datetime) -> list[Alert]:
        """What the target wasn't told of and may be tried now, the earliest first."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                f"SELECT {COLUMNS} FROM alerts JOIN alert_deliveries USING (number) "  # noqa: S608
                "WHERE target = %s AND outcome = 'pending' AND next_at <= %s ORDER BY number",
                [target, at],
            )
            return [Alert(*row) for row in cursor.fetchall()]

    def waiting(self) -> dict[str, int]:
        """How many alerts each target wasn't told of."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT target, count(*) FROM alert_deliveries WHERE outcome = 'pending' GROUP BY target")
            return dict(cursor.fetchall())

    def sent_since(self, target: str, since: datetime) -> int:
        """Messages that the target took since then; a digest is one."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT count(DISTINCT message) FROM alert_deliveries "
                "WHERE target = %s AND outcome <> 'pending' AND settled_at >= %s",
                [target, since],
            )
            ((count,),) = cursor.fetchall()
            return int(count)

    def told(self, target: str, message: Message, at: datetime) -> None:
        """The target took the message."""
        outcome = "digest" if message.kind == "digest" else "sent"
        first = message.alerts[0].alert_id
        with transaction(self._pool) as cursor:
            cursor.execute(
                "UPDATE alert_deliveries AS d SET outcome = %s, settled_at = %s, message = %s, tries = tries + 1, "
                "trouble = '' FROM alerts AS a WHERE a.number = d.number AND target = %s AND outcome = 'pending' "
                "AND alert_id = ANY(%s)",
                [outcome, at, first, target, [alert.alert_id for alert in message.alerts]],
            )

    def not_told(self, target: str, trouble: str, at: datetime) -> None:
        """The target didn't take a message: all that is pending for it waits, longer with each try."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT coalesce(max(tries), 0) FROM alert_deliveries WHERE target = %s AND outcome = 'pending'",
                [target],
            )
            ((tries,),) = cursor.fetchall()
            cursor.execute(
                "UPDATE alert_deliveries SET tries = %s, next_at = %s, trouble = %s "
                "WHERE target = %s AND outcome = 'pending'",
                [tries + 1, next_try(tries + 1, at), trouble, target],
            )

    def states(self, kind: Kind, about: str) -> list[str]:
        """What was told of a subject, the earliest first."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT state FROM alerts WHERE kind = %s AND about = %s ORDER BY number", [kind, about])
            return [str(state) for (state,) in cursor.fetchall()]

    def latest(self, most: int) -> list[Raised]:
        """The latest alerts with what became of them, the latest first."""
        with transaction(self._pool) as cursor:
            cursor.execute(f"SELECT number, {COLUMNS} FROM alerts WHERE news ORDER BY number DESC LIMIT %s", [most])  # noqa: S608
            found = [(int(row[0]), Alert(*row[1:])) for row in cursor.fetchall()]
            cursor.execute(
                "SELECT number, target, outcome, tries, settled_at, trouble FROM alert_deliveries "
                "WHERE number = ANY(%s) ORDER BY target",
                [[number for number, _ in found]],
            )
            rows = cursor.fetchall()
        return [
            Raised(number, alert, tuple(Delivery(*row[1:]) for row in rows if row[0] == number))
            for number, alert in found
        ]


def _put(cursor: Cursor, alert: Alert, targets: Sequence[str], at: datetime) -> bool:
    """The alert is on record; returns whether it is news, which its targets are to hear of."""
    news = _is_news(cursor, alert)
    cursor.execute(
        f"INSERT INTO alerts ({COLUMNS}, news, raised_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "  # noqa: S608
        "ON CONFLICT (alert_id) DO NOTHING RETURNING number",
        [
            alert.alert_id, alert.kind, alert.severity, alert.title, alert.body, alert.at, alert.about, alert.state,
            news, at,
        ],
    )  # fmt: skip
    numbers = cursor.fetchall() if news else []
    for (number,) in numbers:
        cursor.executemany(
            "INSERT INTO alert_deliveries (number, target, outcome, next_at) VALUES (%s, %s, 'pending', %s)",
            [(number, target, at) for target in targets],
        )
    return bool(numbers)


def _is_news(cursor: Cursor, alert: Alert) -> bool:
    """Whether the subject was in another state before; one that was never told of was well."""
    if not alert.about:
        return True
    cursor.execute(
        "SELECT state FROM alerts WHERE kind = %s AND about = %s ORDER BY number DESC LIMIT 1",
        [alert.kind, alert.about],
    )
    row = cursor.fetchone()
    return alert.state != (row[0] if row else "ok")
