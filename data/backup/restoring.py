"""A backup onto an empty folder: the same record, bars and models as when it was made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.bars.locations import Tier
from adapters.bars.places import FolderPlace, Place, chunks, digest_of, refused
from adapters.machine.lock import NAME as LOCK_NAME
from adapters.postgres.server import EmbeddedPostgres
from data.backup.database import load, require_no_tables
from data.backup.making import Progress, compare
from data.backup.vault import Catalogue, Kept, Vault
from data.storage_rules import StorageRules
from trading.errors import BadDataError, ConfigurationError, UnavailableError

STAGE = "restoring"
"""Everything is brought here first, and into its place once all of it was compared."""
ALLOWED = frozenset({LOCK_NAME, "inplay.toml", STAGE})
"""What a folder may hold and still be called empty: its lock, the user's settings, a restore that was cut off."""


@dataclass(frozen=True)
class Restored:
    """What a restore brought back.

    Attributes:
        made_at: when the backup was made.
        bars: rows of the files of bars.
    """

    name: str
    made_at: datetime
    files: int
    bars: int
    counts: dict[str, int]
    journal_hash: str


class Restore:
    """Restores one backup. The caller holds the lock of the data folder.

    Args:
        home: the data folder, empty but for settings.
        source: the backup target.
        rules: key, and where the tiers lie now; need not be where they lay then.
        url: of an empty database; the embedded server under `home` if None.
    """

    def __init__(self, home: Path, source: str, rules: StorageRules, url: str | None) -> None:
        self._home = home
        self._rules = rules
        self._url = url
        self._vault = Vault(source, rules.locations.s3, rules.backup.key)

    def run(self, at: str, tell: Progress) -> Restored:
        """The machine is as it was when the backup was made; run the platform and it goes on from there.

        Args:
            at: beginning of the backup's name, such as `20261123`; the latest one that fits.
            tell: told how far it is.

        Raises:
            ConfigurationError: when folder or database aren't empty; nothing was overwritten.
            BadDataError: when there is no such backup or a file of it is damaged.
            UnavailableError: when the source doesn't answer or the disk is full.
        """
        require_empty(self._home)
        catalogue = self._vault.catalogue(_chosen(self._vault, at))
        stage = self._home / STAGE
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(parents=True)
        self._require_space(catalogue)
        self._bring_files(catalogue, stage, tell)
        self._bring_database(catalogue, stage)
        for name in ("models", "bars", "postgres"):  # the database last: without it the others are no record
            if (stage / name).exists():
                (stage / name).rename(self._home / name)
        shutil.rmtree(stage)
        return Restored(
            name=catalogue.name,
            made_at=catalogue.made_at,
            files=len(catalogue.files) + 1,
            bars=sum(kept.rows for kept in catalogue.files),
            counts=catalogue.counts,
            journal_hash=catalogue.journal_hash,
        )

    def _bring_files(self, catalogue: Catalogue, stage: Path, tell: Progress) -> None:
        tiers = self._rules.locations.places(stage)
        for kept in catalogue.files:
            self._bring(kept, FolderPlace(stage) if not kept.tier else tiers[_tier(kept)])
            tell("verified", kept.size_bytes)

    def _bring(self, kept: Kept, place: Place) -> None:
        if place.remote and _holds(place, kept):
            return
        with self._vault.get(kept) as source:
            try:
                place.put(kept.path, source)
            except OSError as error:
                lost = f"The backup is as it was, and {self._home} is empty but for {STAGE}/."
                raise UnavailableError(refused(place, kept.path, error, lost)) from error
        if not _holds(place, kept):
            raise BadDataError(f"{place.words}/{kept.path} reads back other than it was written. Check that disk.")

    def _bring_database(self, catalogue: Catalogue, stage: Path) -> None:
        dump = stage / "database.dump"
        with self._vault.get(catalogue.database) as source, dump.open("wb") as file:
            for chunk in chunks(source):
                file.write(chunk)
        with _server(self._url, stage) as url:
            require_no_tables(url)
            compare(load(url, dump), catalogue)

    def _require_space(self, catalogue: Catalogue) -> None:
        needed = sum(kept.size_bytes for kept in catalogue.files) + 4 * catalogue.database.size_bytes
        free = shutil.disk_usage(self._home).free
        if free < needed:
            raise UnavailableError(
                f"{self._home} has {free // 10**6:,} MB free and the backup needs about {needed // 10**6:,} MB. "
                "Nothing was restored. Free some space or set INPLAY_HOME to another disk."
            )


def require_empty(home: Path) -> None:
    """Nothing would be overwritten in the folder.

    Raises:
        ConfigurationError: naming what is there.
    """
    there = sorted(path.name for path in home.iterdir() if path.name not in ALLOWED) if home.is_dir() else []
    if there:
        raise ConfigurationError(
            f"{home} is not empty ({', '.join(there[:5])}). Nothing was restored or overwritten. Name an empty folder "
            "with INPLAY_HOME, or move these away."
        )


def _chosen(vault: Vault, at: str) -> str:
    names = vault.names()
    fitting = [name for name in names if name.startswith(at)]
    if not fitting:
        which = f"of {at}" if at else "under this key (INPLAY_BACKUP_KEY, or none)"
        raise BadDataError(f"{vault.words} has no backup {which}. There are: {', '.join(names[-10:]) or 'none'}.")
    return fitting[-1]


def _tier(kept: Kept) -> Tier:
    if kept.tier in {"hot", "warm", "cold"}:
        tier: Tier = kept.tier  # type: ignore[assignment] # narrowed by the line above, which mypy doesn't see
        return tier
    raise BadDataError(f"{kept.path} is of a tier {kept.tier!r} that this version doesn't know. Update inplay.")


def _holds(place: Place, kept: Kept) -> bool:
    try:
        with place.open(kept.path) as file:
            return digest_of(file) == kept.sha256
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UnavailableError(
            f"{place.words}/{kept.path} can't be read: {error.strerror or error}. Nothing was overwritten; try again."
        ) from error


@contextmanager
def _server(url: str | None, stage: Path) -> Iterator[str]:
    if url is not None:
        yield url
        return
    server = EmbeddedPostgres(stage)
    try:
        yield server.start()
    finally:
        server.stop()
