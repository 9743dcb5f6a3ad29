"""`storage_events`: passes over the tiers and backups, with what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from adapters.postgres.pool import Pool, transaction

StorageEventKind = Literal["archive", "backup", "volume"]
KINDS: tuple[StorageEventKind, ...] = ("archive", "backup", "volume")


@dataclass(frozen=True)
class StorageEvent:
    """A pass or backup that ended.

    Attributes:
        detail: what it did, or why it failed.
    """

    kind: StorageEventKind
    at: datetime
    ok: bool
    detail: str


class StorageEvents:
    """Writer and reader of `storage_events`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, event: StorageEvent) -> None:
        """The event is on record."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO storage_events (kind, at, ok, detail) VALUES (%s, %s, %s, %s)",
                [event.kind, event.at, event.ok, event.detail],
            )

    def last(self, kind: StorageEventKind, *, ok: bool | None = None) -> StorageEvent | None:
        """The one of its kind that was recorded last; only of those that went well, or that failed, if asked for."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT kind, at, ok, detail FROM storage_events WHERE kind = %s AND ok = coalesce(%s, ok) "
                "ORDER BY event_id DESC LIMIT 1",
                [kind, ok],
            )
            row = cursor.fetchone()
        return None if row is None else StorageEvent(*row)
