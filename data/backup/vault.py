"""What a backup target holds: files by their content, and one catalogue a backup that names them.

    objects/ab/abcdef…        a file, named by its SHA-256 (of what it says, also where it is encrypted)
    backups/20261123T063000Z.json    what the backup made then consists of

With a key every file is encrypted for it in the age format (https://age-encryption.org/v1) and its name ends in `.age`,
so any age program can read a backup without inplay.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pyrage
from pydantic import SecretStr

from adapters.bars.places import CHUNK_BYTES, FolderPlace, Place, S3Access, digest_of, place_at, refused
from data.backup.rsync import RsyncPlace, is_rsync
from trading.errors import BadDataError, ConfigurationError, UnavailableError

FORMAT = 1
STAMP = "%Y%m%dT%H%M%SZ"
AGE = ".age"


@dataclass(frozen=True)
class Kept:
    """A file of a backup.

    Attributes:
        path: relative to the data folder or to the place of its tier.
        tier: of a file of bars; empty for others.
        rows: of a file of bars; 0 for others.
    """

    path: str
    sha256: str
    size_bytes: int
    tier: str = ""
    rows: int = 0


@dataclass(frozen=True)
class Catalogue:
    """What a backup consists of.

    Attributes:
        made_at: when its snapshot of the record was taken.
        journal_hash: of the last entry of the journal.
        counts: rows by table.
        database: the dump of PostgreSQL.
    """

    made_at: datetime
    version: str
    journal_hash: str
    counts: dict[str, int]
    database: Kept
    files: tuple[Kept, ...]

    @property
    def name(self) -> str:
        """Of the backup, by its time."""
        return self.made_at.astimezone(UTC).strftime(STAMP)

    def objects(self) -> set[str]:
        """Hashes of all that it consists of."""
        return {self.database.sha256, *(file.sha256 for file in self.files)}


class Vault:
    """A backup target.

    Args:
        target: a folder, `USER@HOST:PATH` or `s3://BUCKET/PREFIX`.
        access: to an object store.
        key: age identity.
    """

    def __init__(self, target: str, access: S3Access, key: SecretStr | None = None) -> None:
        self._place = _place(target, access)
        self.words = self._place.words
        self._key = None if key is None else _identity(key)
        self._end = "" if key is None else AGE

    def objects(self) -> set[str]:
        """Hashes of the files that are there, under this key or none."""
        names = [name for name in self._sizes() if name.startswith("objects/")]
        return {Path(name).name.removesuffix(AGE) for name in names if name.endswith(AGE) == bool(self._end)}

    def names(self) -> list[str]:
        """Of the backups under this key or none, the earliest first."""
        end = f".json{self._end}"
        names = [Path(name).name for name in self._sizes() if name.startswith("backups/")]
        return sorted(name.removesuffix(end) for name in names if name.endswith(end))

    def put(self, sha256: str, source: IO[bytes]) -> None:
        """The file is there under its hash."""
        with self._sealed(source) as sealed:
            self._put(self._object(sha256), sealed)

    @contextmanager
    def get(self, file: Kept) -> Iterator[IO[bytes]]:
        """The file, compared with its hash before it is handed out.

        Raises:
            BadDataError: when it isn't what was put there, or the key is another one.
            UnavailableError: when the target doesn't answer.
        """
        path = self._object(file.sha256)
        with self._opened(path, file.path) as plain:
            if digest_of(plain) != file.sha256:
                raise BadDataError(
                    f"{self.words}/{path} ({file.path}) is not what was put there. Nothing was overwritten. To "
                    "restore, use a backup without it; to back up, delete it there, and the next backup copies it anew."
                )
            plain.seek(0)
            yield plain

    def put_catalogue(self, catalogue: Catalogue) -> None:
        """The backup is there: all that it names was put before."""
        text = json.dumps({"format": FORMAT, **asdict(catalogue)}, default=str).encode()
        with tempfile.TemporaryFile() as plain:
            plain.write(text)
            plain.seek(0)
            with self._sealed(plain) as sealed:
                self._put(f"backups/{catalogue.name}.json{self._end}", sealed)

    def catalogue(self, name: str) -> Catalogue:
        """What the backup consists of.

        Raises:
            BadDataError: when it can't be read.
        """
        path = f"backups/{name}.json"
        with self._opened(path + self._end, path) as plain:
            try:
                return _catalogue(json.loads(plain.read()))
            except (ValueError, TypeError, KeyError) as error:
                raise BadDataError(f"{self.words}/{path} is no catalogue of a backup: {error!r}.") from None

    def drop(self, names: list[str]) -> int:
        """The backups are gone, and what no other one consists of; returns how many files those were."""
        for name in names:
            self._delete(f"backups/{name}.json{self._end}")
        needed = {sha256 for name in self.names() for sha256 in self.catalogue(name).objects()}
        unneeded = self.objects() - needed
        for sha256 in unneeded:
            self._delete(self._object(sha256))
        return len(unneeded)

    def _object(self, sha256: str) -> str:
        return f"objects/{sha256[:2]}/{sha256}{self._end}"

    def _sizes(self) -> dict[str, int]:
        try:
            return self._place.sizes()
        except OSError as error:
            raise UnavailableError(
                f"The backup target {self.words} doesn't answer: {error.strerror or error}. Nothing was changed. Check "
                "its address, keys and net."
            ) from error

    def _put(self, path: str, source: IO[bytes]) -> None:
        try:
            self._place.put(path, source)
        except OSError as error:
            kept = "Earlier backups are as they were, and what was copied already is not copied again."
            raise UnavailableError(refused(self._place, path, error, kept)) from error

    def _delete(self, path: str) -> None:
        try:
            self._place.delete(path)
        except OSError as error:
            raise UnavailableError(
                f"{self.words}/{path} is no longer needed and can't be deleted: {error.strerror or error}. The backup "
                "itself is complete; the next one tries again."
            ) from error

    @contextmanager
    def _sealed(self, source: IO[bytes]) -> Iterator[IO[bytes]]:
        if self._key is None:
            yield source
            return
        with tempfile.TemporaryFile() as sealed:
            pyrage.encrypt_io(source, sealed, [self._key.to_public()])
            sealed.seek(0)
            yield sealed

    @contextmanager
    def _opened(self, path: str, what: str) -> Iterator[IO[bytes]]:
        """The file as it was before it was encrypted, in a temporary file."""
        with tempfile.TemporaryFile() as plain:
            try:
                with self._place.open(path) as stored:
                    if self._key is None:
                        shutil.copyfileobj(stored, plain, CHUNK_BYTES)
                    else:
                        pyrage.decrypt_io(stored, plain, [self._key])
            except FileNotFoundError:
                raise BadDataError(
                    f"{self.words} has no {what} under this key. If the backup is encrypted, INPLAY_BACKUP_KEY must be "
                    "the one that it was made with; if it isn't, unset it."
                ) from None
            except pyrage.DecryptError as error:
                raise BadDataError(
                    f"{self.words}/{path} can't be decrypted: {error}. INPLAY_BACKUP_KEY must be the key that the "
                    "backup was made with."
                ) from None
            except OSError as error:
                raise UnavailableError(
                    f"{self.words}/{path} can't be read: {error.strerror or error}. Nothing was overwritten; try again."
                ) from error
            plain.seek(0)
            yield plain


def _place(target: str, access: S3Access) -> Place:
    if is_rsync(target):
        return RsyncPlace(target)
    if "://" in target:
        return place_at(target, access)
    return FolderPlace(Path(target).expanduser())


def _identity(key: SecretStr) -> Any:
    try:
        return pyrage.x25519.Identity.from_str(key.get_secret_value().strip())
    except pyrage.IdentityError:
        raise ConfigurationError(
            "INPLAY_BACKUP_KEY is no age identity (AGE-SECRET-KEY-1…). `age-keygen` makes one; keep a copy of it "
            "elsewhere, since nobody can read the backups without it."
        ) from None


def _catalogue(read: dict[str, Any]) -> Catalogue:
    if read["format"] != FORMAT:
        raise ValueError(f"format {read['format']}, made by another version of inplay")
    return Catalogue(
        made_at=datetime.fromisoformat(read["made_at"]),
        version=str(read["version"]),
        journal_hash=str(read["journal_hash"]),
        counts={str(table): int(count) for table, count in read["counts"].items()},
        database=Kept(**read["database"]),
        files=tuple(Kept(**file) for file in read["files"]),
    )
