"""A journal whose writes fail, before or after they took effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.postgres.projection import project
from trading.errors import UnavailableError
from trading.ledger.double_entry import Entry
from trading.ledger.journal import MemoryJournal, SessionDone


class FlakyJournal(MemoryJournal):
    """Each write meets the next of `failures`: None works, `before` loses it, `after` keeps it and loses the answer."""

    def __init__(self, failures: Iterator[str | None]) -> None:
        super().__init__()
        self._failures = failures

    def append(self, entries: Sequence[Entry], done: SessionDone | None = None) -> bool:
        """The entries are kept unless the connection breaks before."""
        failure = next(self._failures)
        if failure == "before":
            raise UnavailableError("the database went away before the write")
        kept = super().append(entries, done)
        if failure == "after":
            raise UnavailableError("the database went away after the write")
        return kept


class CrashError(Exception):
    """The process is dead; whoever held state in memory has lost it."""


class CrashingJournal(MemoryJournal):
    """Dies at a chosen write: of an entry, of a row that follows from it, of the mark, of the commit or of the answer.

    Attributes:
        writes_left: so many more writes work; None for ever.
        atomic: what was written before the commit is gone after a crash, as in a database. Without, it stays: a bug.
    """

    def __init__(self, *, atomic: bool = True) -> None:
        super().__init__()
        self.writes_left: int | None = None
        self.atomic = atomic

    def append(self, entries: Sequence[Entry], done: SessionDone | None = None) -> bool:
        """All or nothing is kept, whichever write is the last."""
        rows = project(entries)
        for number in range(len(entries)):
            try:
                self._write()
            except CrashError:
                if not self.atomic:
                    super().append(entries[:number])
                raise
        for _ in (*rows.orders, *rows.resized, *rows.legs, *rows.fills, *rows.endings, *rows.equity):
            self._write()
        self._write()  # the mark of the session, or the commit
        kept = super().append(entries, done)
        self._write()  # the answer
        return kept

    def _write(self) -> None:
        if self.writes_left is None:
            return
        self.writes_left -= 1
        if self.writes_left < 0:
            self.writes_left = None
            raise CrashError
