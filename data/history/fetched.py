"""Pages of a feed's history on disk, as a source of an import: a stop costs the page that was on its way."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from adapters.bars.files import SHAPES, Timeframe
from adapters.feeds.port import BarHistory, Page, Span
from adapters.feeds.source import UNREAD_SCHEMA, Chunk, NoBarsError, rounded_volumes
from trading.errors import BadDataError, UnavailableError

FOLDER = "fetched"
MOST_PAGES = 1_000_000


@dataclass(frozen=True)
class _Place:
    """How far a fetch has come.

    Attributes:
        symbols: those that it has brought bars of.
        rounded: bars whose volume was rounded.
    """

    hashes: list[str] = field(default_factory=list)
    symbols: list[str] = field(default_factory=list)
    cursor: str | None = None
    complete: bool = False
    rounded: int = 0


class FetchedBars:
    """What a feed has of a span, fetched once; a `BarSource`.

    The folder is named by what is asked, so asking the same again goes on after the last complete page.
    """

    def __init__(self, home: Path, history: BarHistory, span: Span) -> None:
        self._history, self._span = history, span
        asked = json.dumps([history.name, span.timeframe, str(span.first_at), str(span.last_at), span.symbols])
        self._folder = home / FOLDER / hashlib.sha256(asked.encode()).hexdigest()[:16]
        self._place = self._read_place()

    @property
    def name(self) -> str:
        """What it is."""
        return self._history.name

    @property
    def timeframe(self) -> Timeframe:
        """Length of its bars."""
        return self._span.timeframe

    @property
    def corrections(self) -> tuple[str, ...]:
        """What is changed in all rows."""
        return self._history.corrections

    @property
    def pages(self) -> int:
        """How many are on disk."""
        return len(self._place.hashes)

    def fetch(self, tell: Callable[[int], None] = lambda _: None) -> int:
        """All pages are on disk; returns the number of rows that were fetched now.

        Args:
            tell: told the rows of each page.

        Raises:
            InplayError: when the feed can't be had; complete pages stay, and asking the same again goes on after them.
        """
        rows = 0
        while not self._place.complete:
            if self.pages >= MOST_PAGES:
                raise BadDataError(f"{self.name} has no end: over {MOST_PAGES:,} pages. Nothing was stored.")
            page = self._history.page(self._span, self._place.cursor)
            self._keep(page)
            rows += page.bars.num_rows + page.unread.num_rows
            tell(page.bars.num_rows + page.unread.num_rows)
        return rows

    def sha256(self) -> str:
        """Of all pages in turn, and of what was asked."""
        return hashlib.sha256(":".join([self._folder.name, *self._place.hashes]).encode()).hexdigest()

    def files(self) -> Iterator[tuple[str, Iterator[Chunk]]]:
        """The pages, and each symbol that the feed has nothing of, as a file that can't be read.

        Raises:
            BadDataError: when not all was fetched.
        """
        if not self._place.complete:
            raise BadDataError(f"{self.name} was not fetched to its end. Nothing was stored; fetch again.")
        for number, digest in enumerate(self._place.hashes):
            yield f"page {number + 1}", self._chunks(number, digest)
        for symbol in sorted(set(self._span.symbols) - set(self._place.symbols)):
            yield symbol, _nothing(symbol)

    def discard(self) -> None:
        """The pages are gone; what was imported from them is on record."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _chunks(self, number: int, digest: str) -> Iterator[Chunk]:
        bars, unread = (self._path(number, kind).read_bytes() for kind in ("bars", "unread"))
        if hashlib.sha256(bars + unread).hexdigest() != digest:
            raise BadDataError(f"{self._path(number, 'bars')} was changed or damaged. Remove {self._folder}.")
        findings = rounded_volumes(self._place.rounded) if number == 0 else ()
        yield Chunk(pa.ipc.open_file(bars).read_all(), pa.ipc.open_file(unread).read_all(), findings)

    def _path(self, number: int, kind: str) -> Path:
        return self._folder / f"{number:07d}.{kind}.arrow"

    def _keep(self, page: Page) -> None:
        """The page is on disk first, then that it is."""
        bars = ipc_bytes(page.bars.cast(SHAPES[self.timeframe].schema))
        unread = ipc_bytes(page.unread.cast(UNREAD_SCHEMA))
        digest = hashlib.sha256(bars + unread).hexdigest()
        symbols = sorted({*self._place.symbols, *map(str, page.bars.column("symbol").unique().to_pylist())})
        rounded = self._place.rounded + page.rounded
        place = _Place([*self._place.hashes, digest], symbols, page.cursor, page.cursor is None, rounded)
        text = json.dumps(asdict(place))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for kind, data in (("bars", bars), ("unread", unread)):
                write_synced(self._path(self.pages, kind), data)
            write_synced(self._folder / "place.json", text.encode())
        except OSError as error:
            raise UnavailableError(
                f"Pages cannot be set down in {self._folder}: {error.strerror}. Those before are kept. Free some "
                "space, then ask the same again: it goes on."
            ) from error
        self._place = place

    def _read_place(self) -> _Place:
        try:
            found: dict[str, Any] = json.loads((self._folder / "place.json").read_text())
            return _Place(**found)
        except FileNotFoundError:
            return _Place()
        except (OSError, ValueError, TypeError) as error:
            raise BadDataError(
                f"{self._folder} can't be gone on with: {error}. Remove it, then fetch again."
            ) from error


def _nothing(symbol: str) -> Iterator[Chunk]:
    """Raises when it is read, as a file does."""
    chunks: list[Chunk] = []
    yield from chunks
    raise NoBarsError(f"the feed has no bar of {symbol} in this span")


def ipc_bytes(table: pa.Table) -> bytes:
    """The table as an Arrow file."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def write_synced(path: Path, data: bytes) -> None:
    """The file holds the data, all of it or as it was before, also after a power cut."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
