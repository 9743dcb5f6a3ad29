"""One run at a time on a record that isn't in the data folder: two folders may name the same DATABASE_URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from adapters.postgres.pool import CONNECT_TIMEOUT_S, KEEPALIVE, Pool, PoolBehindPooler, where
from adapters.postgres.surroundings import connect
from trading.errors import AlreadyRunningError, UnavailableError

LOCK = 7_230_011
"""Number of the advisory lock that a run holds for as long as it is alive."""
OWNER = "inplay owner"
"""Shown by `pg_stat_activity` for the connection that holds it."""
UNGUARDED = (
    "DATABASE_URL leads through a connection pooler, so a second run on the same record from another data folder "
    "wouldn't be noticed"
)


@contextmanager
def owned(pool: Pool, url: str) -> Iterator[str]:
    """The record is ours while this lasts. PostgreSQL frees it however the run ends, and when it restarts itself.

    Args:
        pool: of the run.
        url: of the same database.

    Yields:
        What isn't guarded, in words; empty when all is.

    Raises:
        AlreadyRunningError: when a run with another data folder owns it.
        UnavailableError: when the database doesn't answer.
    """
    if isinstance(pool, PoolBehindPooler):
        yield UNGUARDED
        return
    try:
        connection = connect(
            url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S, application_name=OWNER, **KEEPALIVE
        )
    except psycopg.OperationalError as error:
        raise UnavailableError(f"PostgreSQL does not answer: {where(url)}. No data was lost; try again.") from error
    try:
        connection.execute("SELECT set_config('idle_session_timeout', '0', false)")
        if not _taken(connection):
            raise AlreadyRunningError(
                f"Another run{_holder(connection)} owns the {where(url)}. Nothing was changed. Stop it with Ctrl-C or "
                "`kill -INT` its process, or give this one another DATABASE_URL."
            )
        yield ""
    finally:
        connection.close()


def _taken(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
    return bool(row and row[0])


def _holder(connection: psycopg.Connection[tuple[object, ...]]) -> str:
    row = connection.execute(
        "SELECT coalesce(host(a.client_addr), 'this machine'), to_char(a.backend_start AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD HH24:MI') FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.objid = %s AND l.granted AND a.datname = current_database()",
        [LOCK],
    ).fetchone()
    return "" if row is None else f" (from {row[0]}, since {row[1]} UTC)"
