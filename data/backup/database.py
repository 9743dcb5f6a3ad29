"""PostgreSQL in a backup: one snapshot that is dumped and counted, and its return into an empty database."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.bars.files import BarFile
from adapters.postgres import programs as cluster
from adapters.postgres.bars_record import file_of
from adapters.postgres.remote import secured
from adapters.postgres.sessions import server_of
from adapters.postgres.surroundings import LIBPQ, SESSION, connect, is_embedded
from trading.errors import BadDataError, ConfigurationError, UnavailableError
from trading.ledger.double_entry import GENESIS

TIMEOUT_S = 3_600
VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "dbname": "PGDATABASE",
    "service": "PGSERVICE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "channel_binding": "PGCHANNELBINDING",
    "gssencmode": "PGGSSENCMODE",
}
"""Given to the programs in the environment: command lines are seen by every user of the machine."""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"


@dataclass(frozen=True)
class Facts:
    """What a record is compared by.

    Attributes:
        counts: rows by table.
        journal_hash: of the last entry, once every entry was found to continue the one before.
    """

    counts: dict[str, int]
    journal_hash: str


@dataclass(frozen=True)
class Snapshot:
    """The record at one instant."""

    facts: Facts
    files: tuple[BarFile, ...]


@contextmanager
def dumped(url: str, target: Path) -> Iterator[Snapshot]:
    """The dump is in `target`, and what is yielded is of the very same instant.

    Raises:
        UnavailableError: when the database can't be dumped.
        ConfigurationError: when it is reached through a connection pooler.
    """
    with _answering(), connect(url, application_name="inplay backup") as connection:
        if server_of(connection).pooled:
            raise ConfigurationError(
                "DATABASE_URL leads through a connection pooler, where a dump would not be of one instant. No backup "
                "was made and earlier ones are as they were. Run `inplay data backup` with the DATABASE_URL of the "
                "server itself, which a managed database offers on another port."
            )
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        connection.commit()
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None  # noqa: S101 - narrows the type: a SELECT without FROM has one row
        snapshot = Snapshot(facts(connection), _files(connection))
        _program(
            url, "pg_dump", "--format=custom", "--compress=gzip:3", "--no-owner", "--no-privileges",
            f"--snapshot={row[0]}", f"--file={target}",
        )  # fmt: skip
        yield snapshot


def load(url: str, dump: Path) -> Facts:
    """The dump is in the database, all of it or nothing; returns what is there now.

    Raises:
        UnavailableError: when it can't be loaded.
        BadDataError: when the journal in it isn't whole.
    """
    _program(url, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges",
             f"--dbname={conninfo_to_dict(url).get('dbname', '')}", str(dump))  # fmt: skip
    with _answering(), connect(url, application_name="inplay restore") as connection:
        return facts(connection)


@contextmanager
def scratch(url: str) -> Iterator[str]:
    """A database without tables on the same server, gone afterwards.

    Raises:
        UnavailableError: when the user may not make one.
    """
    name = f"inplay_check_{uuid4().hex[:12]}"
    try:
        with _answering(), connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege as error:  # no OperationalError, so it comes through
        raise UnavailableError(
            "The backup is complete but could not be verified: its restore needs a temporary database, and the user of "
            "DATABASE_URL may not make one (ALTER ROLE … CREATEDB)."
        ) from error
    try:
        yield make_conninfo(url, dbname=name)
    finally:
        with _answering(), connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def require_no_tables(url: str) -> None:
    """A restore would overwrite nothing in the database.

    Raises:
        ConfigurationError: naming some of the tables that it has.
    """
    with _answering(), connect(url) as connection:
        rows = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LIMIT 5"
        ).fetchall()
    if rows:
        raise ConfigurationError(
            f"The database of DATABASE_URL isn't empty (it has {', '.join(name for (name,) in rows)}). Nothing was "
            "overwritten. Point it to an empty database."
        )


@contextmanager
def _answering() -> Iterator[None]:
    """A database that is away is an error that says so."""
    try:
        yield
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[0]
        raise UnavailableError(
            f"PostgreSQL went away or refuses: {said}. Nothing was overwritten, earlier backups are as they were; try "
            "again."
        ) from error


def facts(connection: psycopg.Connection[Any]) -> Facts:
    """Rows of every table, and the hash of the journal.

    Raises:
        BadDataError: when an entry of the journal doesn't continue the one before.
    """
    tables = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
    ).fetchall()
    counts = {name: _count(connection, name) for (name,) in tables}
    if "journal" not in counts:
        return Facts(counts, GENESIS)
    row = connection.execute(
        "SELECT count(*) FILTER (WHERE prev_hash IS DISTINCT FROM before OR hash <> encode(sha256(convert_to("
        "prev_hash || body, 'UTF8')), 'hex')), coalesce((array_agg(hash ORDER BY seq DESC))[1], %s) FROM "
        "(SELECT *, coalesce(lag(hash) OVER (ORDER BY seq), %s) AS before FROM journal) AS entries",
        [GENESIS, GENESIS],
    ).fetchone()
    assert row is not None  # noqa: S101 - narrows the type: an aggregate has one row
    if row[0]:
        raise BadDataError(f"{row[0]} entries of the journal don't continue the one before; nothing was overwritten.")
    return Facts(counts, str(row[1]))


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert row is not None  # noqa: S101 - as above
    return int(row[0])


def _files(connection: psycopg.Connection[Any]) -> tuple[BarFile, ...]:
    rows = connection.execute(
        "SELECT path, tier, timeframe, sessions, rows, sha256, feature_schema FROM bar_files ORDER BY file_id"
    ).fetchall()
    return tuple(file_of(row) for row in rows)


def program_environment(url: str) -> dict[str, str]:
    """How PostgreSQL's own programs reach the database: by the URL, then as libpq would unless the server is ours."""
    kept = frozenset() if is_embedded(url) else (LIBPQ - SESSION) | {"HOME"}  # ~/.pgpass and ~/.postgresql
    inherited = {name: os.environ[name] for name in sorted(kept) if name in os.environ}
    parts = conninfo_to_dict(secured(url))
    said = {variable: str(parts[key]) for key, variable in VARIABLES.items() if parts.get(key) is not None}
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", **inherited, **said}


def _program(url: str, name: str, *arguments: str) -> None:
    path = cluster.programs() / name
    try:
        done = subprocess.run(
            [str(path), *arguments], capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
            env=program_environment(url),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UnavailableError(
            f"{name} was not done after {TIMEOUT_S // 60} minutes. Nothing was overwritten."
        ) from None
    if done.returncode:
        said = " / ".join(done.stderr.strip().splitlines()[:3])
        raise UnavailableError(f"{name} ended with {done.returncode}: {said}. Nothing was overwritten; try again.")
