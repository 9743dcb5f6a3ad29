"""A journal whose writes fail, before or after they took effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.paper import MemoryJournal, SessionDone
from trading.errors import UnavailableError
from trading.ledger import Entry


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
