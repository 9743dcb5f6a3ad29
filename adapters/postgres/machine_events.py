"""`machine_events`: every start and stop of a machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapters.postgres.pool import Pool, transaction
from adapters.spend.costs import MachineEvent

COLUMNS = "cluster, machine_id, event, at, label, role, size, price_usd_e6_per_h, price_cents_per_month"
MOST = 10_000
"""Rows of one answer: years of weekly sessions."""


class MachineEvents:
    """Writer and reader of `machine_events`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, events: Sequence[MachineEvent]) -> int:
        """All of them are on record, each once. Returns: how many were new."""
        new = 0
        with transaction(self._pool) as cursor:
            for e in events:
                cursor.execute(
                    f"INSERT INTO machine_events ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) "  # noqa: S608 - constants
                    "ON CONFLICT (cluster, machine_id, event) DO NOTHING",
                    [
                        e.cluster, e.machine_id, e.event, e.at, e.label, e.role, e.size,
                        e.price_usd_e6_per_h, e.price_cents_per_month,
                    ],
                )  # fmt: skip
                new += cursor.rowcount
        return new

    def any(self) -> bool:
        """Whether any machine was ever on record."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM machine_events)")
            found = cursor.fetchone()
        return bool(found and found[0])

    def load(self, since: datetime) -> list[MachineEvent]:
        """Events of machines that ran at `since` or later, the oldest first."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                f"SELECT {COLUMNS} FROM machine_events AS e WHERE NOT EXISTS ("  # noqa: S608 - constants
                "SELECT FROM machine_events AS s WHERE s.cluster = e.cluster AND s.machine_id = e.machine_id "
                "AND s.event = 'stopped' AND s.at < %s) ORDER BY at, machine_id, event LIMIT %s",
                [since, MOST],
            )
            return [MachineEvent(*row) for row in cursor.fetchall()]
