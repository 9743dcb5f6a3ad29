"""A pool of connections to PostgreSQL, bounded in number, waiting and statement time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolTimeout

from adapters.postgres.remote import capacity_of, secured
from trading.errors import BadDataError, ConfigurationError, UnavailableError

Connection = psycopg.Connection[tuple[Any, ...]]
Cursor = psycopg.Cursor[tuple[Any, ...]]
Pool = ConnectionPool[Connection]

CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_S = 60
LOCK_TIMEOUT_S = 20
MINIMUM_VERSION = 14
KEEPALIVE = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""A dead peer is noticed after a minute."""


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
        ConfigurationError: when the URL, the user, the password or the database is wrong.
        UnavailableError: when nothing answers there within about 5 s, or it is too old.
    """
    target = where(url)
    url = secured(url)
    arguments: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": name, **KEEPALIVE}
    try:
        with psycopg.connect(url, **arguments) as connection:
            capacity = capacity_of(connection)
    except psycopg.OperationalError as error:
        raise _refusal(target, error) from None
    if capacity.version < MINIMUM_VERSION:
        raise UnavailableError(f"{target} is PostgreSQL {capacity.version}; inplay needs {MINIMUM_VERSION} or later.")
    size = min(size, capacity.pool_size)
    pool: Pool = ConnectionPool(
        url, kwargs=arguments, min_size=0, max_size=size, timeout=30.0, max_idle=60.0,
        configure=partial(_configure, read_only=read_only), check=ConnectionPool.check_connection,
        reconnect_timeout=30.0, name=name, open=False,
    )  # fmt: skip
    pool.open()
    return pool


def _configure(connection: Connection, *, read_only: bool) -> None:
    # Statements, not start-up options: a connection pooler in between refuses the latter.
    for setting, value in (
        ("statement_timeout", f"{STATEMENT_TIMEOUT_S}s"),
        ("lock_timeout", f"{LOCK_TIMEOUT_S}s"),
        ("idle_in_transaction_session_timeout", "60s"),
        ("timezone", "UTC"),
    ):
        connection.execute("SELECT set_config(%s, %s, false)", [setting, value])
    connection.commit()
    if read_only:  # said at each BEGIN; as a setting of the session, a pooler could hand it on to a writer
        connection.read_only = True


def _refusal(target: str, error: psycopg.OperationalError) -> ConfigurationError | UnavailableError:
    said = str(error)
    for sign, advice in (
        (
            "does not support SSL",
            "Switch TLS on there, or add ?sslmode=disable to DATABASE_URL where nobody can listen in between.",
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
    """
    try:
        with pool.connection() as connection, connection.transaction(), connection.cursor() as cursor:
            yield cursor
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        detail = error.diag.message_detail or ""
        raise BadDataError(
            f"The database refused a row, nothing was written: {error.diag.message_primary} {detail}"
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
