"""`broker_events`, `broker_adoptions` and `trading_controls`: what a broker told, what was adopted, what was said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from adapters.postgres.pool import Cursor, Pool, transaction
from trading.broker.controls import Control, Controls, fold
from trading.broker.port import BrokerEvent
from trading.broker.reconciliation import Adoption
from trading.errors import LedgerError

LOCK = 7_230_016
"""Number of the advisory lock that makes writers take turns: a cursor never passes over an event."""
EVENT_COLUMNS = (
    "event_id, order_id, broker_id, symbol, side, kind, happened_at, shares, price_usd_e4, fees_cents, reason"
)


class BrokerRecord:
    """An `EventRecord` that outlives the process, with the adoptions beside it.

    Args:
        clock: says when something was adopted.
    """

    def __init__(self, pool: Pool, *, clock: Callable[[], datetime]) -> None:
        self._pool, self._clock = pool, clock

    def add(self, events: Sequence[BrokerEvent]) -> int:
        """See `EventRecord.add`; all of them are on record, or none is."""
        if not events:
            return 0
        with transaction(self._pool) as cursor:
            before = _last(cursor, "broker_events")
            seq = before
            for one in events:
                cursor.execute(
                    f"INSERT INTO broker_events (seq, {EVENT_COLUMNS}) "  # noqa: S608 - a constant
                    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (event_id) DO NOTHING",
                    [seq + 1, one.event_id, one.order_id, one.broker_id, one.symbol, one.side, one.kind, one.at,
                     one.shares, one.price_usd_e4, one.fees_cents, one.reason],
                )  # fmt: skip
                seq += cursor.rowcount
            return seq - before

    def after(self, cursor: str, limit: int) -> list[BrokerEvent]:
        """See `EventRecord.after`."""
        with transaction(self._pool) as reading:
            reading.execute(
                f"SELECT seq::text, {EVENT_COLUMNS} FROM broker_events "  # noqa: S608 - a constant
                "WHERE seq > %s ORDER BY broker_events.seq LIMIT %s",  # the bare name would be the text
                [int(cursor or 0), limit],
            )
            rows = reading.fetchall()
        return [BrokerEvent(*row) for row in rows]

    def last_fill_at(self) -> datetime | None:
        """See `EventRecord.last_fill_at`."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT max(happened_at) FROM broker_events WHERE kind = 'filled'")
            row = cursor.fetchone()
        return None if row is None else row[0]

    def adoptions(self) -> list[Adoption]:
        """All of them, oldest first."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT subject, symbol, change, reason, broker_id FROM broker_adoptions ORDER BY seq")
            return [Adoption(*row) for row in cursor.fetchall()]

    def adopt(self, adoptions: Sequence[Adoption], *, after: int, cursor: str) -> None:
        """They are on record, or none is.

        Args:
            adoptions: as found.
            after: so many adoptions were on record when these were found.
            cursor: of the last event that was reckoned with.

        Raises:
            LedgerError: when others or new events came in between: the difference has to be reckoned anew.
        """
        with transaction(self._pool) as writing:
            seq = _last(writing, "broker_adoptions")
            if seq != after or _last(writing, "broker_events") != int(cursor or 0):
                raise LedgerError(
                    "The broker's account changed while it was reconciled. Nothing was adopted; do it again."
                )
            for number, one in enumerate(adoptions, seq + 1):
                writing.execute(
                    "INSERT INTO broker_adoptions (seq, subject, symbol, change, reason, adopted_at, broker_id) "
                    "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                    [number, one.subject, one.symbol, one.change, one.reason, self._clock(), one.broker_id],
                )

    def order_ids(self) -> frozenset[str]:
        """Of all orders of ours that were ever to be sent."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT order_id FROM broker_orders")
            return frozenset(str(order_id) for (order_id,) in cursor.fetchall())


class ControlRecord:
    """Writer and reader of `trading_controls`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def give(self, one: Control) -> Controls:
        """The control is on record; returns how trading stands then."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute(
                "INSERT INTO trading_controls (action, actor, reason, limit_cents, expires_at, given_at, session) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [one.action, one.actor, one.reason, one.limit_cents, one.expires_at, one.given_at, one.session],
            )
            return fold(_controls(cursor))

    def state(self) -> Controls:
        """How trading stands."""
        with transaction(self._pool) as cursor:
            return fold(_controls(cursor))

    def withheld(self, session: date) -> str:
        """Why orders of the session that would have opened positions were withheld; empty when none were."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT reason FROM trading_controls WHERE action = 'withheld' AND session = %s ORDER BY seq LIMIT 1",
                [session],
            )
            row = cursor.fetchone()
        return "" if row is None else str(row[0])

    def told_of_check(self, session: date) -> bool:
        """Whether a failed check of the session is on record, so that a repeat blocks nothing that was resumed."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT 1 FROM trading_controls WHERE action = 'check_failed' AND session = %s LIMIT 1", [session]
            )
            return cursor.fetchone() is not None


def _controls(cursor: Cursor) -> list[Control]:
    cursor.execute(
        "SELECT action, actor, reason, given_at, limit_cents, expires_at, session FROM trading_controls ORDER BY seq"
    )
    return [Control(*row) for row in cursor.fetchall()]


def _last(cursor: Cursor, table: str) -> int:
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    cursor.execute(f"SELECT coalesce(max(seq), 0) FROM {table}")  # noqa: S608 - one of two constants
    row = cursor.fetchone()
    return 0 if row is None else int(row[0])
