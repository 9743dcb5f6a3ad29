"""Which machines were started and stopped when, in a file that is only appended to.

The API doesn't tell of machines that are gone, so the month's spend has to be kept here. One file per cluster and
machine that runs a provider: the head's knows all workers, the laptop's the heads.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from cluster.cost import Running
from cluster.errors import ClusterError
from cluster.names import Role

Event = Literal["started", "stopped"]


@dataclass(frozen=True)
class Entry:
    """A start or a stop. `at_s`: seconds since 1970."""

    event: Event
    at_s: float
    machine_id: int
    label: str
    role: Role
    size: str
    price_usd_per_h: float
    price_usd_per_month: float


class SpendLedger:
    """The entries of a cluster; repeating one changes nothing. Thread-safe.

    Raises:
        ClusterError: when the file can't be read or written. Without it nobody knows what was spent, so nothing is
            created.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser()
        self._lock = threading.Lock()
        self._entries: list[Entry] | None = None

    def record(self, entry: Entry) -> None:
        """The entry is on disk, once."""
        with self._lock:
            known = self._read()
            if any(each.machine_id == entry.machine_id and each.event == entry.event for each in known):
                return
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(entry)) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise _unusable(self.path, str(error)) from None
            known.append(entry)

    def entries(self) -> list[Entry]:
        """All of them, oldest first."""
        with self._lock:
            return list(self._read())

    def open_ids(self) -> set[int]:
        """Machines that started and didn't stop, as far as the file knows."""
        entries = self.entries()
        stopped = {entry.machine_id for entry in entries if entry.event == "stopped"}
        return {entry.machine_id for entry in entries if entry.event == "started"} - stopped

    def gone_usd(self, from_s: float, until_s: float) -> float:
        """What machines that stopped cost between two moments of one month."""
        entries = self.entries()
        stops = {entry.machine_id: entry.at_s for entry in entries if entry.event == "stopped"}
        return sum(
            Running(e.label, e.role, e.price_usd_per_h, e.price_usd_per_month, e.at_s, stops[e.machine_id]).cost_usd(
                from_s, until_s
            )
            for e in entries
            if e.event == "started" and e.machine_id in stops
        )

    def _read(self) -> list[Entry]:
        if self._entries is None:
            try:
                lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
                self._entries = [Entry(**json.loads(line)) for line in lines if line.strip()]
            except (OSError, ValueError, TypeError) as error:
                raise _unusable(self.path, str(error)) from None
        return self._entries


def ledger_path(folder: str, cluster: str) -> Path:
    """Where a cluster's ledger is."""
    return Path(folder).expanduser() / f"spend-{cluster}.jsonl"


def month_of(now_s: float) -> tuple[float, float]:
    """Start and end of the calendar month of UTC, in seconds since 1970."""
    now = datetime.fromtimestamp(now_s, UTC)
    start = datetime(now.year, now.month, 1, tzinfo=UTC)
    end = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    return start.timestamp(), end.timestamp()


def _unusable(path: Path, reason: str) -> ClusterError:
    return ClusterError(
        f"The record of what machines cost, {path}, can't be used: {reason}. Nothing was created, and what runs goes "
        "on. Correct the file or its permissions; delete it only if the month's spend may count from zero."
    )
