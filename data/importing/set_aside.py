"""Rows that are no bars, on their way into quarantine; on disk beyond a few, so that memory stays bounded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from adapters.feeds.source import UNREAD_SCHEMA
from data.importing.spill import spilled, writing_down

FLUSH_ROWS = 100_000
"""Rows held in memory, and recorded at once."""


class SetAside:
    """Rows of `UNREAD_SCHEMA`, beyond a few in a folder that is gone afterwards."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self._flushes = 0

    def __enter__(self) -> Self:
        shutil.rmtree(self._folder, ignore_errors=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, unread: pa.Table) -> None:
        """The rows are kept.

        Raises:
            UnavailableError: when the disk is full.
        """
        self._waiting += [unread] if unread.num_rows else []
        self._waiting_rows += unread.num_rows
        if self._waiting_rows >= FLUSH_ROWS:
            with writing_down(self._folder):
                self._flushes += 1
                spilled(self._path(self._flushes), self._concat())
            self._waiting.clear()
            self._waiting_rows = 0

    def take_over(self, other: SetAside) -> None:
        """The other's rows are in this one, and no longer there."""
        for number in range(1, other._flushes + 1):
            with writing_down(self._folder):
                self._flushes += 1
                other._path(number).rename(self._path(self._flushes))
        for table in other._waiting:
            self.add(table)
        other._waiting.clear()

    def parts(self) -> Iterator[tuple[str, pa.Table]]:
        """All rows, in steps that are bounded, each with a name that is the same when the source is read again."""
        for number in range(1, self._flushes + 1):
            with pa.OSFile(str(self._path(number)), "rb") as file:
                yield _name(number), pa.ipc.open_stream(file).read_all()
        if self._waiting_rows:
            yield _name(self._flushes + 1), self._concat()

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:07d}.arrow"

    def _concat(self) -> pa.Table:
        return pa.concat_tables([UNREAD_SCHEMA.empty_table(), *self._waiting])


def _name(number: int) -> str:
    return "unread" if number == 1 else f"unread {number}"
