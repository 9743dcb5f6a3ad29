"""What an import reads from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from adapters.bars.files import SHAPES, Timeframe
from trading.errors import BadDataError
from trading.gates import Finding

UNREAD_SCHEMA = pa.schema([pa.field(name, pa.string()) for name in ("raw", "gate", "reason")])
"""A row that could not be read as a bar: its text, what was wrong with it by name and in words."""

FACTOR = "factor"
"""Adjusted price / price of the bar, a float; null where it isn't known."""
SPLIT, DIVIDEND = "split", "dividend"
"""What took effect at the bar, floats: new shares for an old one (1 or 0 for none), USD a share; null where the source
says nothing."""


@dataclass(frozen=True)
class Chunk:
    """Some rows of a source.

    Attributes:
        bars: schema of the domain for the source's timeframe; a value that is missing is null. A source of days that
            knows its splits and dividends adds the columns `FACTOR`, `SPLIT` or `DIVIDEND` to all of them.
        unread: `UNREAD_SCHEMA`.
        findings: about rows that are bars, such as volumes that were rounded.
    """

    bars: pa.Table
    unread: pa.Table = field(default_factory=UNREAD_SCHEMA.empty_table)
    findings: tuple[Finding, ...] = ()


def rounded_volumes(rows: int) -> tuple[Finding, ...]:
    """That so many bars had a fraction of a share in their volume; nothing for none."""
    said = "volumes with a fraction of a share; the whole shares are kept"
    return (Finding("fractional_volume", "info", None, None, rows, said),) if rows else ()


@dataclass(frozen=True)
class Refused:
    """A file that could not be read to its end; none of its rows is taken."""

    path: str
    reason: str


class NoBarsError(BadDataError):
    """A file has no rows, or is none of bars: nothing is lost without it."""


class BarSource(Protocol):
    """A file, a folder or a table of bars."""

    @property
    def name(self) -> str:
        """What it is."""

    @property
    def timeframe(self) -> Timeframe:
        """Length of its bars."""

    @property
    def corrections(self) -> tuple[str, ...]:
        """What is changed in all rows, in words."""

    def sha256(self) -> str:
        """Of all that it consists of."""

    def files(self) -> Iterator[tuple[str, Iterator[Chunk]]]:
        """Each file in turn: its name, and its rows in chunks of bounded size.

        Raises:
            BadDataError: from the inner iterator, for a file that can't be read to its end.
        """


@dataclass(frozen=True)
class TableSource:
    """A table in memory."""

    name: str
    digest: str
    table: pa.Table
    timeframe: Timeframe = "1d"
    corrections: tuple[str, ...] = ()

    def sha256(self) -> str:
        """As given."""
        return self.digest

    def files(self) -> Iterator[tuple[str, Iterator[Chunk]]]:
        """The table."""
        yield self.name, iter([Chunk(self.table.cast(SHAPES[self.timeframe].schema))])
