"""What a session with a PostgreSQL that isn't ours needs: refused where it can't be had, set where it can.

A server, a database and a role each bring settings of their own, which change how values are read and written, where
tables are made, and what is checked. None is taken for granted.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import Connection, sql
from psycopg.rows import TupleRow

from trading.errors import ConfigurationError

STATEMENT_TIMEOUT_S = 60
LOCK_TIMEOUT_S = 20
SETTINGS = {
    "statement_timeout": f"{STATEMENT_TIMEOUT_S}s",
    "lock_timeout": f"{LOCK_TIMEOUT_S}s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "datestyle": "ISO, MDY",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "transform_null_equals": "off",
}
"""Of every session. `extra_float_digits`: from 1 on a double is written so that it reads back as the same bits."""


@dataclass(frozen=True)
class Server:
    """What a connection says of the server at its other end.

    Attributes:
        encoding: of text in the database.
        schema: where tables are made; None when no schema of the search path exists.
        standby: it follows another server and takes no writes.
        read_only: its transactions are read-only by default.
        unguarded: its triggers and foreign keys are off.
        pooled: a connection pooler is in between, so a session is not ours from one transaction to the next.
    """

    encoding: str
    schema: str | None
    standby: bool
    read_only: bool
    unguarded: bool
    pooled: bool


def server_of(connection: Connection[TupleRow]) -> Server:
    """What the server at the other end is like.

    A pooler gives its client a process number that it made up, since a cancellation goes to the pooler.
    Source: https://www.postgresql.org/docs/18/protocol-flow.html (BackendKeyData)
    """
    row = connection.execute(
        "SELECT current_setting('server_encoding'), current_schema()::text, pg_is_in_recovery(), "
        "current_setting('default_transaction_read_only') = 'on', "
        "current_setting('session_replication_role') = 'replica', pg_backend_pid()"
    ).fetchone()
    assert row is not None  # noqa: S101 - narrows the type: a SELECT without FROM has one row
    encoding, schema, standby, read_only, unguarded, pid = row
    return Server(str(encoding), schema, standby, read_only, unguarded, pooled=pid != connection.info.backend_pid)


def require_usable(server: Server, target: str, *, read_only: bool) -> None:
    """A record can be kept there as it must be.

    Args:
        server: as it says of itself.
        target: the database in words.
        read_only: nothing is to be written.

    Raises:
        ConfigurationError: naming the setting, and what to do.
    """
    nothing = "No table was made and nothing was changed."
    if server.encoding != "UTF8":
        raise ConfigurationError(
            f"{target} keeps text as {server.encoding}; inplay needs UTF8. {nothing} Make a database with CREATE "
            "DATABASE name ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0, and name it in DATABASE_URL."
        )
    if server.schema is None:
        raise ConfigurationError(
            f"{target} has a search_path that names no schema. {nothing} Set it with ALTER ROLE name SET "
            "search_path = public, or make the schema that it names."
        )
    if server.unguarded:
        raise ConfigurationError(
            f"{target} has session_replication_role = replica, which switches off the rules that guard the journal. "
            f"{nothing} Remove it with ALTER ROLE name RESET session_replication_role, or from PGOPTIONS."
        )
    if server.standby and not read_only:
        raise ConfigurationError(
            f"{target} is a standby, which takes no writes. {nothing} Point DATABASE_URL to the primary server."
        )
    if server.read_only and not read_only:
        raise ConfigurationError(
            f"{target} has default_transaction_read_only = on. {nothing} Remove it with ALTER ROLE name (or ALTER "
            "DATABASE name) RESET default_transaction_read_only, or from PGOPTIONS, or name another user."
        )


def settings_of(server: Server, *, transaction: bool) -> sql.Composed:
    """The statement that makes a session, or only its present transaction, what inplay expects of one.

    Args:
        server: whose schema stays the one where tables are looked for.
        transaction: for the present transaction, as behind a pooler, where a session's settings are others' too.
    """
    values = SETTINGS | {"search_path": f'"{(server.schema or "public").replace(chr(34), chr(34) * 2)}"'}
    parts = [
        sql.SQL("set_config({}, {}, {})").format(sql.Literal(name), sql.Literal(value), sql.Literal(transaction))
        for name, value in values.items()
    ]
    # What was committed is safe: the server may wait for more than the disk, and not for less.
    durable = sql.SQL(
        "set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
        "ELSE current_setting('synchronous_commit') END, {})"
    ).format(sql.Literal(transaction))
    return sql.SQL("SELECT {}").format(sql.SQL(", ").join([*parts, durable]))
