"""A pool of connections to PostgreSQL, bounded in number, waiting and statement time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolTimeout

from adapters.postgres.remote import capacity_of, secured
from adapters.postgres.sessions import Server, require_usable, server_of, settings_of
from adapters.postgres.surroundings import connect
from trading.errors import BadDataError, ConfigurationError, UnavailableError

Connection = psycopg.Connection[tuple[Any, ...]]
Cursor = psycopg.Cursor[tuple[Any, ...]]
Pool = ConnectionPool[Connection]

CONNECT_TIMEOUT_S = 5
MINIMUM_VERSION = 14
KEEPALIVE = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""A dead peer is noticed after a minute."""


class PoolBehindPooler(ConnectionPool[Connection]):
    """A pool whose connections lead through a pooler such as PgBouncer, which gives each transaction another session.

    Nothing of a session is assumed there: no statement is prepared, and each transaction makes its own settings.

    Attributes:
        settings: the statement that each transaction begins with.
    """

    settings: sql.Composed


def where(url: str) -> str:
    """The URL in words for a message: user, host, port, database, and never the password.

    Raises:
        ConfigurationError: when it is no PostgreSQL URL.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # its text quotes the URL, so it is not passed on
        raise ConfigurationError(
            "DATABASE_URL is no PostgreSQL URL. It reads postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with special "
            "characters of the password percent-encoded. Unset it to use the embedded PostgreSQL."
        ) from None
    host, port = parts.get("host") or "localhost", parts.get("port") or 5432
    return f"database {parts.get('dbname') or '(default)'} at {host}:{port} as {parts.get('user') or '(default user)'}"


def open_pool(url: str, *, name: str = "inplay", size: int = 4, read_only: bool = False) -> Pool:
    """A pool whose connections work; at most `size` of them, made when they are needed.

    Args:
        url: `postgresql://…`, or what the embedded server's `start()` returned; to another machine it is encrypted
            unless its `sslmode` says otherwise.
        name: shown by `pg_stat_activity`, so that one sees who holds a connection.
        size: connections at most, fewer where the server has few; a caller waits 30 s for a free one.
        read_only: PostgreSQL refuses whatever would write.

    Raises:
        ConfigurationError: when the URL, the user, the password, the database or a setting of it is wrong.
        UnavailableError: when nothing answers there within about 5 s, or it is too old.
    """
    target = where(url)
    url = secured(url)
    arguments: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT_S, "application_name": name, "client_encoding": "UTF8", **KEEPALIVE
    }  # fmt: skip
    try:
        with connect(url, prepare_threshold=None, **arguments) as connection:
            connection.execute("SELECT set_config('statement_timeout', '10s', true)")
            capacity, server = capacity_of(connection), server_of(connection)
    except psycopg.OperationalError as error:
        raise _refusal(target, error) from None
    if capacity.version < MINIMUM_VERSION:
        raise UnavailableError(f"{target} is PostgreSQL {capacity.version}; inplay needs {MINIMUM_VERSION} or later.")
    require_usable(server, target, read_only=read_only)
    kind: type[Pool] = ConnectionPool
    if server.pooled:
        kind, arguments = PoolBehindPooler, {**arguments, "prepare_threshold": None}
    pool: Pool = kind(
        url, kwargs=arguments, min_size=0, max_size=min(size, capacity.pool_size), timeout=30.0, max_idle=60.0,
        configure=partial(_configure, server=server, read_only=read_only), check=ConnectionPool.check_connection,
        reconnect_timeout=30.0, name=name, open=False,
    )  # fmt: skip
    if isinstance(pool, PoolBehindPooler):
        pool.settings = settings_of(server, transaction=True)
    pool.open()
    return pool


def _configure(connection: Connection, *, server: Server, read_only: bool) -> None:
    # Said at each BEGIN, whatever the server's defaults are.
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    connection.read_only = read_only
    if not server.pooled:  # statements, not start-up options: some servers refuse the latter
        connection.execute(settings_of(server, transaction=False))
        connection.commit()


def _refusal(target: str, error: psycopg.OperationalError) -> ConfigurationError | UnavailableError:
    said = str(error)
    for sign, advice in (
        (
            "does not support SSL",
            "Switch TLS on there, or add ?sslmode=disable to DATABASE_URL where nobody can listen in between.",
        ),
        (
            "startup parameter",
            "A connection pooler takes no such parameter: remove it from DATABASE_URL, or unset PGOPTIONS.",
        ),
        ("too many connections", "Raise its max_connections, or stop what else uses it."),
        ("remaining connection slots", "Raise its max_connections, or stop what else uses it."),
        ("password", "Correct user and password in DATABASE_URL."),
        ("role", "Correct the user in DATABASE_URL."),
        ("pg_hba.conf", "Allow this machine and user in pg_hba.conf, or add ?sslmode=require to DATABASE_URL."),
        ("database", "Make that database, or correct its name in DATABASE_URL."),
        ("could not translate host name", "Correct the host in DATABASE_URL."),
        ("resolve host", "Correct the host in DATABASE_URL."),
    ):
        if sign in said.replace("the database system", ""):
            return ConfigurationError(f"PostgreSQL refused {target}: {_brief(said)}. {advice} Nothing was started.")
    return UnavailableError(
        f"PostgreSQL does not answer: {target}: {_brief(said)}. No data was lost. Start it or correct DATABASE_URL; "
        "unset DATABASE_URL to use the embedded PostgreSQL."
    )


def _brief(said: str) -> str:
    return said.strip().split("\n", 1)[0].split("FATAL:", 1)[-1].strip().rstrip(".")[:200]


@contextmanager
def transaction(pool: Pool) -> Iterator[Cursor]:
    """A cursor in one transaction: all of it is on record afterwards, or none.

    Raises:
        UnavailableError: when the database cannot be reached, or went away. If it went away while the transaction was
            being committed, whether it was is unknown; every writer of ours may be repeated.
        BadDataError: when a row breaks a rule of its table; nothing was written.
        ConfigurationError: when the user of the database lacks a right.
    """
    try:
        with pool.connection() as connection, connection.transaction(), connection.cursor() as cursor:
            if isinstance(pool, PoolBehindPooler):
                cursor.execute(pool.settings)
            yield cursor
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        said = error.diag.message_primary or str(error)
        raise BadDataError(
            f"The database refused a row, nothing was written: {said} {error.diag.message_detail or ''}".rstrip()
        ) from error
    except UnicodeEncodeError as error:
        raise BadDataError(
            f"A text can't be kept, nothing was written: it has half of a character ({error.object[error.start]!r})."
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            f"The user of DATABASE_URL lacks a right: {error.diag.message_primary}. Nothing of this step was written. "
            "Let it own the tables, or grant it what is missing, such as GRANT CREATE, USAGE ON SCHEMA public."
        ) from error
    except psycopg.errors.DiskFull as error:
        raise UnavailableError(
            f"The disk of PostgreSQL is full: {_brief(str(error))}. Nothing of this step was written and what was "
            "committed is safe. Free some space and run again."
        ) from error
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise UnavailableError(
            f"PostgreSQL went away or is overloaded: {_brief(str(error))}. What was committed is safe; try again."
        ) from error
