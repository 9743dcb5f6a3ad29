"""Which machines were started and stopped when, in a file that is only appended to.

The API doesn't tell of machines that are gone, so the month's spend has to be kept here. One file per cluster and
machine that runs a provider: the head's knows all workers, the laptop's the heads.

Books never stand before control. Whatever is wrong with the file, machines are listed and destroyed: what can't be
booked waits in memory, in order, and what can't be read is set aside. Only creating needs the file.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Container
from datetime import UTC, datetime
from pathlib import Path

from cluster import spend_file
from cluster.cost import Running
from cluster.errors import BookingError
from cluster.spend_lines import Entry, Event, Piece, read_lines, write_entry

__all__ = ["Entry", "Event", "SpendLedger", "ledger_path", "month_of"]

log = logging.getLogger(__name__)

ROOM = b" " * 511 + b"\n"
"""What is written before a machine is asked for; its start goes there, however full the disk is by then."""


class SpendLedger:
    """The entries of a cluster, each once. Thread-safe, and several processes may share the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._booked: dict[tuple[int, str], Entry] = {}
        self._waiting: dict[tuple[int, str], Entry] = {}
        self._pieces: list[Piece] = []
        self._seen: spend_file.Signature | None = None
        self._room_at: int | None = None
        self._unread = ""
        self._told: set[str] = set()

    def record(self, entry: Entry) -> bool:
        """The entry is on disk, or waits in memory until it can be. Never fails. Returns: whether it is on disk."""
        with self._lock:
            if self._has_changed():
                self._read()
            if entry.key() not in self._booked:
                self._waiting.setdefault(entry.key(), entry)
            if self._waiting or self._pieces:
                self._attempt(lambda _handle: None)
            return entry.key() in self._booked

    def reserve(self) -> None:
        """The next start can be booked: everything before it is on disk, and there is room for it.

        Raises:
            BookingError: when it can't, or when the month's spend can't be known; no machine may be created.
        """
        with self._lock:
            failure = self._attempt(self._make_room)
            missing = self._missing()
        if failure is not None:
            raise BookingError(
                f"No start of a machine can be booked in the record of costs, {self.path}: {failure}. No machine was "
                "created, and what runs goes on; it can be listed and destroyed as ever. Make room, or correct the "
                "file's permissions, and repeat it."
            )
        if missing:
            self.release()
            raise BookingError(
                f"What this month cost can't be known: {missing}. No machine was created, and what runs goes on; it "
                "can be listed and destroyed as ever. Look at what lies there and put back what can be repaired, a "
                "line a machine; delete the file if the month's spend may be counted without it. Then repeat it."
            )

    def release(self) -> None:
        """Room that was reserved and isn't needed is given back as far as possible."""
        with self._lock:
            if self._room_at is not None:
                self._attempt(self._give_room_back)

    def entries(self) -> list[Entry]:
        """All that can be read, oldest first, and what waits to be written."""
        with self._lock:
            if self._has_changed():
                self._read()
            return [*self._booked.values(), *self._waiting.values()]

    def missing(self) -> str:
        """In words, why sums may be too low; empty when the record is whole."""
        with self._lock:
            if self._has_changed():
                self._read()
            return self._missing()

    def open_stops(self) -> list[Entry]:
        """Stops that were begun and not seen to their end, such as by a process that died in between."""
        entries = self.entries()
        done = {entry.machine_id for entry in entries if entry.event == "stopped"}
        return [entry for entry in entries if entry.event == "stopping" and entry.machine_id not in done]

    def gone_usd(self, from_s: float, until_s: float, listed: Container[int] = ()) -> float:
        """What machines that stopped cost between two moments of one month, as far as it is on record.

        Args:
            from_s: seconds since 1970, likewise `until_s`.
            until_s: end.
            listed: numbers of machines that are there, whose stop isn't done although it may have been begun.
        """
        entries = self.entries()
        stops = {each.machine_id: each.at_s for each in self.open_stops() if each.machine_id not in listed}
        stops |= {entry.machine_id: entry.at_s for entry in entries if entry.event == "stopped"}
        return sum(
            Running(e.label, e.role, e.price_usd_per_h, e.price_usd_per_month, e.at_s, stops[e.machine_id]).cost_usd(
                from_s, until_s
            )
            for e in entries
            if e.event == "started" and e.machine_id in stops
        )

    def _attempt(self, then: Callable[[int], None]) -> str | None:
        """What waits is booked, and then something more is done. Returns: why that failed, or None."""
        try:
            with spend_file.opened(self.path) as handle:
                self._take_in(spend_file.read_all(handle))
                self._set_aside(handle)
                for key, entry in list(self._waiting.items()):
                    self._write(handle, entry)
                    self._booked[key] = self._waiting.pop(key)
                then(handle)
                found = os.fstat(handle)
                self._seen = (found.st_ino, found.st_size, found.st_mtime_ns)
        except OSError as error:
            self._seen = None
            why = error.strerror or str(error)
            self._tell(
                f"the record of costs {self.path} can't be written: {why}. {len(self._waiting)} entries wait in memory "
                "and are booked later; machines are listed and destroyed as ever, and none is created",
                f"write {why}",
            )
            return why
        self._told = {each for each in self._told if each.startswith(spend_file.ASIDE)}  # a new failure is told anew
        return None

    def _write(self, handle: int, entry: Entry) -> None:
        line = write_entry(entry)
        if self._room_at is not None and entry.event == "started" and len(line) <= len(ROOM):
            at, self._room_at = self._room_at, None
            if spend_file.replace(handle, at, ROOM, line + ROOM[len(line) :]):
                spend_file.cut_off(handle, at + len(line), ROOM[len(line) :])
                return
        spend_file.append(handle, line)

    def _make_room(self, handle: int) -> None:
        if self._room_at is None:
            self._room_at = spend_file.append(handle, ROOM)

    def _give_room_back(self, handle: int) -> None:
        if self._room_at is not None:
            spend_file.cut_off(handle, self._room_at, ROOM)
        self._room_at = None

    def _read(self) -> None:
        """What lies there is known; the file isn't touched."""
        try:
            seen = spend_file.signature(self.path)
            self._take_in(spend_file.read_bytes(self.path))
        except OSError as error:
            self._unread = error.strerror or str(error)
            self._tell(f"the record of costs {self.path} can't be read: {self._unread}", f"read {self._unread}")
        else:
            self._seen = seen

    def _take_in(self, content: bytes) -> None:
        entries, self._pieces = read_lines(content)
        self._booked = {}
        for entry in entries:
            self._booked.setdefault(entry.key(), entry)  # two that share a file may both have booked a machine
        self._waiting = {key: entry for key, entry in self._waiting.items() if key not in self._booked}
        self._unread = ""

    def _set_aside(self, handle: int) -> None:
        """Unreadable bytes are in a file of their own; on a full disk they stay where they are, and nothing waits."""
        if not self._pieces:
            return
        try:
            aside = spend_file.set_aside(handle, self.path, self._pieces)
        except OSError as error:
            self._tell(f"what can't be read in {self.path} could not be set aside: {error.strerror}", spend_file.ASIDE)
            return
        self._pieces = []
        self._tell(
            f"a part of the record of costs can't be read; it was set aside as {aside}. The rest is used, machines are "
            "listed and destroyed as ever, and none is created until that file is gone",
            f"{spend_file.ASIDE}{aside}",
        )

    def _missing(self) -> str:
        try:
            aside = spend_file.found_aside(self.path)
        except OSError as error:
            return f"{self.path.parent} can't be read: {error.strerror}"
        if aside:
            return f"a part of the record was unreadable and lies in {', '.join(map(str, aside))}"
        if self._unread:
            return f"the record {self.path} can't be read: {self._unread}"
        return f"{len(self._pieces)} lines of {self.path} can't be read" if self._pieces else ""

    def _has_changed(self) -> bool:
        try:
            return self._seen is None or spend_file.signature(self.path) != self._seen
        except OSError:
            return True

    def _tell(self, text: str, once: str) -> None:
        if once not in self._told:
            self._told.add(once)
            log.warning("%s", text)


def ledger_path(folder: str, cluster: str) -> Path:
    """Where a cluster's ledger is."""
    return Path(os.path.expanduser(folder)) / f"spend-{cluster}.jsonl"  # noqa: PTH111 - Path's raises without a home


def month_of(now_s: float) -> tuple[float, float]:
    """Start and end of the calendar month of UTC, in seconds since 1970."""
    now = datetime.fromtimestamp(now_s, UTC)
    start = datetime(now.year, now.month, 1, tzinfo=UTC)
    end = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    return start.timestamp(), end.timestamp()
