"""Migrations: numbered plain SQL files, each applied once, in order, in a transaction of its own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from psycopg.abc import Query

from adapters.postgres.pool import Cursor, Pool, transaction
from trading.errors import ConfigurationError, InplayError

LOCK = 7_230_001
"""Number of the advisory lock; any constant that no other program uses."""
NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
RECORD = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer PRIMARY KEY CHECK (version > 0),
    name       text NOT NULL,
    sha256     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""
TABLES = re.compile(r"^CREATE TABLE (?:IF NOT EXISTS )?(\w+)", re.MULTILINE)
VIEWS = re.compile(r"^CREATE (?:OR REPLACE )?VIEW (\w+)", re.MULTILINE)
FUNCTIONS = re.compile(r"^CREATE (?:OR REPLACE )?FUNCTION (\w+)\(\)", re.MULTILINE)
"""What migrations make, so that it can be erased without a list of its own."""


@dataclass(frozen=True)
class Migration:
    """One file: `0001_bars.sql` is version 1 with the name `bars`."""

    version: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """What the record keeps to notice a changed file."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def _folder_text(name: str) -> str:
    return resources.files("adapters.postgres").joinpath("migrations", name).read_text(encoding="utf-8")


def bundled() -> list[Migration]:
    """The migrations of this version of the program, in order, numbered without a hole."""
    found = []
    for file in resources.files("adapters.postgres").joinpath("migrations").iterdir():
        match = NAME.fullmatch(file.name)
        if match:
            found.append(Migration(int(match[1]), match[2], _folder_text(file.name)))
    found.sort(key=lambda migration: migration.version)
    if not found or [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise InplayError("The migrations of this installation are incomplete. Install inplay again: `make install`.")
    return found


def migrate(pool: Pool, migrations: Sequence[Migration] | None = None) -> list[int]:
    """The database has the tables of this version of the program.

    Args:
        pool: of the database.
        migrations: those to apply; the bundled ones by default.

    Returns:
        The versions applied now, empty when there was nothing to do.

    Raises:
        ConfigurationError: when the database is newer than the program, or was made by a file that has changed since.
            The database is as it was.
        UnavailableError: when another program has been migrating it for too long.
    """
    wanted = bundled() if migrations is None else migrations
    applied = []
    for migration in wanted:
        with transaction(pool) as cursor:
            done = _done(cursor)
            _require_same(done, wanted)
            if migration.version in done:
                continue
            cursor.execute("SELECT set_config('statement_timeout', '600s', true)")
            _execute(cursor, migration.sql)
            cursor.execute(
                "INSERT INTO schema_migrations (version, name, sha256) VALUES (%s, %s, %s)",
                [migration.version, migration.name, migration.sha256],
            )
        applied.append(migration.version)
    return applied


def missing(pool: Pool) -> list[int]:
    """The versions that would be applied; nothing is, and nothing is locked.

    Raises:
        ConfigurationError: as `migrate`.
        psycopg.errors.UndefinedTable: when no tables of ours are there.
    """
    wanted = bundled()
    with transaction(pool) as cursor:
        done = _applied(cursor)
    _require_same(done, wanted)
    return [migration.version for migration in wanted if migration.version not in done]


def erase(pool: Pool) -> None:
    """Our tables are gone from the database, with everything in them; nothing else is touched."""
    with transaction(pool) as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        made = "\n".join(migration.sql for migration in bundled())
        tables, functions = set(TABLES.findall(made)) | {"schema_migrations"}, set(FUNCTIONS.findall(made))
        views = {name for migration in bundled() for name in VIEWS.findall(migration.sql)}
        if views:
            _execute(cursor, f"DROP VIEW IF EXISTS {', '.join(sorted(views))}")
        _execute(cursor, f"DROP TABLE IF EXISTS {', '.join(sorted(tables))}")
        _execute(cursor, f"DROP FUNCTION IF EXISTS {', '.join(f'{name}()' for name in sorted(functions))}")


def _execute(cursor: Cursor, text: str) -> None:
    query: Query = text.encode()  # a file of ours; as bytes it passes for a literal
    cursor.execute(query)


def _done(cursor: Cursor) -> dict[int, tuple[str, str]]:
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    cursor.execute(RECORD)
    return _applied(cursor)


def _applied(cursor: Cursor) -> dict[int, tuple[str, str]]:
    cursor.execute("SELECT version, name, sha256 FROM schema_migrations ORDER BY version")
    return {version: (name, digest) for version, name, digest in cursor.fetchall()}


def _require_same(done: dict[int, tuple[str, str]], wanted: Sequence[Migration]) -> None:
    known = {migration.version: migration for migration in wanted}
    newest, newest_known = max(done, default=0), max(known, default=0)
    if newest > newest_known:
        raise ConfigurationError(
            f"The database is of version {newest} and this program knows versions up to {newest_known}. Nothing was "
            "changed. Update inplay, or point DATABASE_URL or INPLAY_HOME to another database."
        )
    for version, (name, digest) in done.items():
        if known[version].sha256 != digest:
            raise ConfigurationError(
                f"Migration {version} ({name}) was changed after it made this database. Nothing was changed. Restore "
                "the file, or start anew with `inplay run --fresh`."
            )
