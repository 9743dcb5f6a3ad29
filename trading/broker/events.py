"""What a broker told, kept once each: the record that `Broker.events` reads from."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from trading.broker.port import BrokerEvent


class EventRecord(Protocol):
    """Events by cursor; an `event_id` is on it once, however often it came."""

    def add(self, events: Sequence[BrokerEvent]) -> int:
        """The events are on record; returns how many of them are new. Their cursors are given here."""
        ...

    def after(self, cursor: str, limit: int) -> list[BrokerEvent]:
        """At most `limit` events after the cursor (empty: from the start), in the order in which they were added."""
        ...

    def last_fill_at(self) -> datetime | None:
        """When the latest fill on record happened."""
        ...


class EventsInMemory:
    """An `EventRecord` that ends with the process: for rehearsals and tests."""

    def __init__(self) -> None:
        self._events: list[BrokerEvent] = []
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def add(self, events: Sequence[BrokerEvent]) -> int:
        """See `EventRecord.add`."""
        with self._lock:
            before = len(self._events)
            for event in events:
                if event.event_id not in self._known:
                    self._known.add(event.event_id)
                    self._events.append(replace(event, cursor=str(len(self._events) + 1)))
            return len(self._events) - before

    def after(self, cursor: str, limit: int) -> list[BrokerEvent]:
        """See `EventRecord.after`."""
        start = int(cursor or 0)
        with self._lock:
            return self._events[start : start + limit]

    def last_fill_at(self) -> datetime | None:
        """See `EventRecord.last_fill_at`."""
        with self._lock:
            return max((event.at for event in self._events if event.kind == "filled"), default=None)
