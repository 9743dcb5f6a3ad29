"""A backup from start to end: copied, verified by restoring it elsewhere, and older ones thinned out."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from adapters.bars.files import BarFile
from adapters.bars.files_lock import files_lock
from adapters.bars.places import Place, chunks, digest_of
from data.backup.database import Facts, dumped, load, scratch
from data.backup.vault import STAMP, Catalogue, Kept, Vault
from data.storage_rules import StorageRules
from trading.errors import BadDataError, ConfigurationError, UnavailableError

FOLDERS = ("models",)
"""Folders of the data folder that a backup takes along, beside the bars and the database. Secrets (`api_token`,
`approval_key`, `inplay.toml`) stay out of it."""

Progress = Callable[[str, int], None]
"""Told what is done (`copied`, `verified`) and with how many bytes more."""


@dataclass(frozen=True)
class Made:
    """What a backup did.

    Attributes:
        name: of the backup, by its time.
        files_new: those that the target didn't have yet.
        rows_verified: rows of all tables that were compared after the restore, `bars_verified` those of the files.
        dropped: older backups that are no longer kept.
    """

    name: str
    target: str
    encrypted: bool
    files: int
    files_new: int
    bytes_new: int
    rows_verified: int
    bars_verified: int
    journal_hash: str
    dropped: tuple[str, ...]


class Backup:
    """Makes backups of a data folder; one at a time to a target.

    Args:
        home: the data folder.
        url: of the record.
        rules: where the tiers lie, where the backup goes, what is kept.
        version: of the program.
        clock: tells the time that a backup is named by.

    Raises:
        ConfigurationError: when no target is set.
    """

    def __init__(
        self, home: Path, url: str, rules: StorageRules, *, version: str, clock: Callable[[], datetime]
    ) -> None:
        if rules.backup.target is None:
            raise ConfigurationError(
                "No backup target is named. Nothing was copied. Name one, or set INPLAY_BACKUP_TARGET."
            )
        self._home = home
        self._url = url
        self._rules = rules
        self._version = version
        self._clock = clock
        self._vault = Vault(rules.backup.target, rules.locations.s3, rules.backup.key)

    def make(self, tell: Progress | None = None) -> Made:
        """The record, the bars of all tiers and the models are in the target, and were restored from it once.

        Stopped at any point it leaves earlier backups as they were; what was copied already isn't copied again.

        Raises:
            UnavailableError: when target, database or a tier doesn't answer.
            BadDataError: when a file is damaged, here or there.
        """
        say = tell or _silent
        self._refuse_wrong_clock()
        known = self._vault.objects()
        new: list[Kept] = []
        with files_lock(self._home), tempfile.TemporaryDirectory(prefix="inplay-backup-") as folder:
            dump = Path(folder) / "database"
            at = self._clock()
            with dumped(self._url, dump) as snapshot:
                files = [*self._bars(snapshot.files), *self._others()]
            with dump.open("rb") as source:
                database = Kept("database", digest_of(source), dump.stat().st_size)
            for kept, opened in (*files, (database, lambda: dump.open("rb"))):
                if kept.sha256 not in known:
                    self._copy(kept, opened)
                    known.add(kept.sha256)
                    new.append(kept)
                    say("copied", kept.size_bytes)
        facts = snapshot.facts
        catalogue = Catalogue(
            at, self._version, facts.journal_hash, facts.counts, database, tuple(kept for kept, _ in files)
        )
        self._vault.put_catalogue(catalogue)
        rows, bars = verify(self._vault, catalogue, self._url, say)
        dropped = superfluous(self._vault.names(), self._rules.backup.keep_daily, self._rules.backup.keep_weekly)
        self._vault.drop(dropped)
        return Made(
            name=catalogue.name,
            target=self._vault.words,
            encrypted=self._rules.backup.key is not None,
            files=len(catalogue.files) + 1,
            files_new=len(new),
            bytes_new=sum(kept.size_bytes for kept in new),
            rows_verified=rows,
            bars_verified=bars,
            journal_hash=catalogue.journal_hash,
            dropped=tuple(dropped),
        )

    def _refuse_wrong_clock(self) -> None:
        """Backups are named, kept and restored by their time: one made earlier than the last would be dropped at once.

        Raises:
            UnavailableError: the target holds a backup of a time that is to come.
        """
        stamp = self._clock().astimezone(UTC).strftime(STAMP)
        ahead = [name for name in self._vault.names() if name > stamp]
        if ahead:
            raise UnavailableError(
                f"{self._vault.words} holds the backup {ahead[-1]}, and this machine's clock says {stamp}: it was set "
                "back, or was ahead then. Nothing was copied or dropped. Correct the clock; if it is right, move "
                f"backups/{ahead[-1]}.* away from there."
            )

    def _bars(self, files: Sequence[BarFile]) -> Iterator[tuple[Kept, Callable[[], IO[bytes]]]]:
        places = self._rules.locations.places(self._home)
        sizes = {tier: place.sizes() for tier, place in places.items() if any(file.tier == tier for file in files)}
        for file in files:
            size = sizes[file.tier].get(file.path)
            if size is None:
                raise BadDataError(
                    f"{places[file.tier].words}/{file.path} is in the manifest and not there, so no whole backup can "
                    "be made. Earlier backups are as they were. Mount its volume, or restore it from one of them."
                )
            yield Kept(file.path, file.sha256, size, file.tier, file.rows), _opener(places[file.tier], file.path)

    def _others(self) -> Iterator[tuple[Kept, Callable[[], IO[bytes]]]]:
        for name in FOLDERS:
            for path in sorted((self._home / name).rglob("*")):
                if path.is_file():
                    with path.open("rb") as source:
                        sha256 = digest_of(source)
                    yield Kept(path.relative_to(self._home).as_posix(), sha256, path.stat().st_size), _file(path)

    def _copy(self, kept: Kept, opened: Callable[[], IO[bytes]]) -> None:
        """The file is in the target; one that isn't what its hash says is refused before it is sent."""
        try:
            with opened() as source, tempfile.TemporaryFile() as copy:
                digest = hashlib.sha256()
                for chunk in chunks(source):
                    digest.update(chunk)
                    copy.write(chunk)
                if digest.hexdigest() != kept.sha256:
                    raise BadDataError(
                        f"{kept.path} does not match its hash: it was changed or damaged. Earlier backups are as they "
                        "were. Restore it from one of them."
                    )
                copy.seek(0)
                self._vault.put(kept.sha256, copy)
        except OSError as error:
            raise UnavailableError(
                f"{kept.path} can't be read for the backup: {error.strerror or error}. Earlier backups are as they "
                "were."
            ) from error


def verify(vault: Vault, catalogue: Catalogue, url: str, tell: Progress) -> tuple[int, int]:
    """The backup was restored into a temporary folder and database, and is what it was made of.

    Returns:
        Rows of the tables and rows of the files of bars.

    Raises:
        BadDataError: when anything differs.
    """
    bars = 0
    for kept in catalogue.files:
        with vault.get(kept) as source:
            bars += _rows(kept, source)
        tell("verified", kept.size_bytes)
    with tempfile.TemporaryDirectory(prefix="inplay-verify-") as folder, scratch(url) as elsewhere:
        dump = Path(folder) / "database"
        with vault.get(catalogue.database) as source, dump.open("wb") as file:
            for chunk in chunks(source):
                file.write(chunk)
        compare(load(elsewhere, dump), catalogue)
    return sum(catalogue.counts.values()), bars


def compare(found: Facts, catalogue: Catalogue) -> None:
    """The record that was restored is the one that was backed up.

    Raises:
        BadDataError: when a count or the journal's hash differs.
    """
    if found == Facts(catalogue.counts, catalogue.journal_hash):
        return
    differ = {
        table: (catalogue.counts.get(table), found.counts.get(table))
        for table in sorted({*catalogue.counts, *found.counts})
        if catalogue.counts.get(table) != found.counts.get(table)
    }
    raise BadDataError(
        f"The backup {catalogue.name} restores to another record: journal {found.journal_hash[:12]} in place of "
        f"{catalogue.journal_hash[:12]}, rows before and after: {differ}. Use another backup."
    )


def superfluous(names: Sequence[str], keep_daily: int, keep_weekly: int) -> list[str]:
    """Backups that are no longer kept: all but the last of each of the latest days and weeks that have any."""
    kept: set[str] = set()
    for count, unit in ((keep_daily, "%Y-%m-%d"), (keep_weekly, "%G-%V")):
        last_of = {datetime.strptime(name, STAMP).replace(tzinfo=UTC).strftime(unit): name for name in sorted(names)}
        kept |= {last_of[key] for key in sorted(last_of)[len(last_of) - min(count, len(last_of)) :]}
    return [name for name in sorted(names) if name not in kept]


def _rows(kept: Kept, source: IO[bytes]) -> int:
    if not kept.tier:
        return 0
    try:
        rows = int(pq.read_metadata(source).num_rows)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadDataError(f"{kept.path} restores to no Parquet file: {error}. Use another backup.") from None
    if rows != kept.rows:
        raise BadDataError(f"{kept.path} restores to {rows} bars in place of {kept.rows}. Use another backup.")
    return rows


def _opener(place: Place, path: str) -> Callable[[], IO[bytes]]:
    return lambda: place.open(path)


def _file(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _silent(what: str, size_bytes: int) -> None:
    """Nobody is told."""
