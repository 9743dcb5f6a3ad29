"""The port to the journal, and the journal in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from trading.errors import LedgerError
from trading.ledger.double_entry import GENESIS, Entry


@dataclass(frozen=True)
class SessionDone:
    """Marks a session as complete: its orders are placed.

    Attributes:
        command_id: unique, the same on every repeat.
    """

    session: date
    command_id: str
    stocks_in_play: int


class Journal(Protocol):
    """Where entries are kept: in PostgreSQL, or in memory for tests and backtests."""

    def load(self) -> list[Entry]:
        """Every entry, ascending by `seq`."""
        ...

    def completed_sessions(self) -> dict[date, int]:
        """Sessions marked complete, with the number of stocks that were in play."""
        ...

    def append(self, entries: Sequence[Entry], done: SessionDone | None = None) -> bool:
        """All entries and the mark are on record afterwards, or nothing is; False when they were already."""
        ...


class MemoryJournal:
    """A journal that lives as long as the process."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.done: list[SessionDone] = []
        self._known: dict[str, str] = {}

    def load(self) -> list[Entry]:
        """Every entry so far."""
        return list(self.entries)

    def completed_sessions(self) -> dict[date, int]:
        """Sessions marked complete."""
        return {done.session: done.stocks_in_play for done in self.done}

    def append(self, entries: Sequence[Entry], done: SessionDone | None = None) -> bool:
        """The entries follow the ones before; a repeat answers False.

        Raises:
            LedgerError: when a command repeats with other content, or the entries leave a hole.
        """
        self._known |= {entry.draft.command_id: entry.hash for entry in self.entries[len(self._known) :]}
        repeated = [self._known.get(entry.draft.command_id) for entry in entries]
        if any(repeated) or done in self.done:
            if repeated == [entry.hash for entry in entries] and (done is None or done in self.done):
                return False
            raise LedgerError("a command was repeated with other content than is on record")
        seq, last_hash = len(self.entries), self.entries[-1].hash if self.entries else GENESIS
        for entry in entries:
            if (entry.seq, entry.prev_hash) != (seq + 1, last_hash):
                raise LedgerError(f"entry {entry.seq} does not continue the journal, which ends at {seq}")
            seq, last_hash = entry.seq, entry.hash
        self.entries.extend(entries)
        self.done.extend([done] if done is not None else [])
        return True
