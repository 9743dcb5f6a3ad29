"""Live bars on disk as they arrive, a file a batch, until the session is over and they go through the gates."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from adapters.bars.files import Timeframe
from adapters.feeds.source import UNREAD_SCHEMA, Chunk
from data.history.fetched import ipc_bytes, write_synced
from trading.bars.live_batches import LIVE_SCHEMA, Batch, Counts, latest_versions
from trading.errors import BadDataError, UnavailableError

FOLDER = "live"
SEALED = ".sealed"
COUNTS = b"counts"


class Spool:
    """The batches of a feed, each whole or not there, numbered within their session.

    One thread writes; any process may read.
    """

    def __init__(self, home: Path, feed: str) -> None:
        self._folder = home / FOLDER / feed.replace(" ", "-")
        self._next: dict[date, int] = {}

    def write(self, batch: Batch, counts: Counts) -> None:
        """The batch is on disk, with the counts of its session up to it.

        Raises:
            UnavailableError: when the disk is full or not writable; the batch isn't there then.
        """
        self._write(batch.session, "bars", batch.bars, counts)

    def write_unread(self, session: date, unread: pa.Table, counts: Counts) -> None:
        """The messages that are no bars, `UNREAD_SCHEMA`, are on disk."""
        self._write(session, "unread", unread, counts)

    def _write(self, session: date, kind: str, table: pa.Table, counts: Counts) -> None:
        folder = self._folder / str(session)
        number = self._next.get(session) or self._last(folder) + 1
        said = table.replace_schema_metadata({COUNTS: json.dumps(asdict(counts)).encode()})
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_synced(folder / f"{number:07d}.{kind}.arrow", ipc_bytes(said))
        except OSError as error:
            raise UnavailableError(
                f"Live bars cannot be set down in {folder}: {error.strerror}. They wait, and the feed with them. Free "
                "some space."
            ) from error
        self._next[session] = number + 1

    @staticmethod
    def _last(folder: Path) -> int:
        return max((int(path.name.split(".", 1)[0]) for path in folder.glob("*.arrow")), default=0)

    def sessions(self) -> list[date]:
        """Those that are being written, ascending."""
        names = [path.name for path in self._folder.glob("*-*-*") if not path.name.endswith(SEALED)]
        return sorted(date.fromisoformat(name) for name in names)

    def restore(self, session: date) -> tuple[pa.Table, Counts]:
        """All bars of the session, `LIVE_SCHEMA`, and the counts as of the last batch."""
        folder = self._folder / str(session)
        counts = Counts()
        for path in folder.glob("*.part"):  # a write that was cut off
            path.unlink(missing_ok=True)
        for path in sorted(folder.glob("*.arrow")):
            counts = _counts(path)
        return _bars(folder), counts

    def after(self, session: date, number: int, most: int = 60) -> list[tuple[int, pa.Table]]:
        """The batches of a session that is being written after that number, `LIVE_SCHEMA`; at most `most`."""
        paths = sorted((self._folder / str(session)).glob("*.bars.arrow"))
        found = [(int(path.name.split(".", 1)[0]), path) for path in paths]
        return [(at, _read(path)) for at, path in found if at > number][:most]

    def seal(self, session: date) -> None:
        """Nothing is added to what there is of the session; what comes later is written anew."""
        folder = self._folder / str(session)
        if folder.is_dir():
            number = len(list(self._folder.glob(f"{session}.*{SEALED}"))) + 1
            while (target := self._folder / f"{session}.{number}{SEALED}").exists():
                number += 1
            folder.rename(target)
        self._next.pop(session, None)

    def sealed(self) -> list[SealedSession]:
        """What waits to go through the gates, the earliest session first."""
        return [SealedSession(self._folder.name, path) for path in sorted(self._folder.glob(f"*{SEALED}"))]


@dataclass(frozen=True)
class SealedSession:
    """The live bars of a session; a `BarSource`."""

    feed: str
    folder: Path

    @property
    def session(self) -> date:
        """Of its bars."""
        return date.fromisoformat(self.folder.name[:10])

    @property
    def name(self) -> str:
        """What it is."""
        return f"{self.feed.replace('-', ' ')} {self.session}"

    @property
    def timeframe(self) -> Timeframe:
        """Of its bars."""
        return "1m"

    @property
    def corrections(self) -> tuple[str, ...]:
        """What is changed in all rows: nothing."""
        return ()

    def sha256(self) -> str:
        """Of all batches in turn."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.glob("*.arrow")):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def files(self) -> Iterator[tuple[str, Iterator[Chunk]]]:
        """Each bar once, as it arrived last, and what could not be read."""
        yield self.folder.name, iter([Chunk(latest_versions(_bars(self.folder)), self.unread())])

    def unread(self) -> pa.Table:
        """Messages that are no bars."""
        tables = [_read(path) for path in sorted(self.folder.glob("*.unread.arrow"))]
        return pa.concat_tables([UNREAD_SCHEMA.empty_table(), *(one.replace_schema_metadata(None) for one in tables)])

    def counts(self) -> Counts:
        """As of the last batch."""
        paths = sorted(self.folder.glob("*.arrow"))
        return _counts(paths[-1]) if paths else Counts()

    def superseded(self) -> int:
        """Bars that a later version replaces."""
        bars = _bars(self.folder)
        return int(bars.num_rows - latest_versions(bars).num_rows)

    def discard(self) -> None:
        """The folder is gone; what was in it is on record."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _bars(folder: Path) -> pa.Table:
    tables = [_read(path).replace_schema_metadata(None) for path in sorted(folder.glob("*.bars.arrow"))]
    return pa.concat_tables([LIVE_SCHEMA.empty_table(), *tables]).combine_chunks()


def _read(path: Path) -> pa.Table:
    try:
        return pa.ipc.open_file(path.read_bytes()).read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise BadDataError(
            f"{path} can't be read: {error}. The other batches are whole; move this one away."
        ) from error


def _counts(path: Path) -> Counts:
    said = (_read(path).schema.metadata or {}).get(COUNTS)
    return Counts(**json.loads(said)) if said else Counts()
