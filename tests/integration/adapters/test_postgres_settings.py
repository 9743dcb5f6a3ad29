"""A server's own settings: refused by name before a table is made, or made no difference of."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from adapters.postgres.migrate import migrate
from adapters.postgres.pool import open_pool, transaction
from adapters.postgres.server import DATABASE, EmbeddedPostgres
from adapters.settings import read_settings
from cli.doctor.machine import diagnose
from trading.errors import ConfigurationError

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def _of_the_user(url: str) -> str:
    """The same database as a DATABASE_URL of the user's own."""
    return url.split("&port", 1)[0]


@pytest.fixture
def url(empty_url: str) -> str:
    """A database without tables, as DATABASE_URL would name it."""
    return _of_the_user(empty_url)


def _alter(url: str, setting: str) -> None:
    name = str(conninfo_to_dict(url)["dbname"])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} SET ").format(sql.Identifier(name)) + sql.SQL(setting))  # type: ignore[arg-type]


@pytest.fixture
def encoded(server: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the encoding asked for."""
    name = f"encoded_{uuid4().hex[:8]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} ENCODING {} LOCALE 'C' LOCALE_PROVIDER 'libc' TEMPLATE template0").format(
                sql.Identifier(name), sql.Literal(request.param)
            )
        )
    yield _of_the_user(server.url.replace(f"/{DATABASE}?", f"/{name}?"))
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.parametrize("encoded", ["SQL_ASCII", "LATIN1", "EUC_JP"], indirect=True)
def test_a_database_of_another_encoding_is_refused_before_a_table_is_made(encoded: str, tmp_path: Path) -> None:
    """The text names the encoding and the statement that makes a right one; doctor says the same."""
    with pytest.raises(ConfigurationError, match=r"keeps text as .*ENCODING 'UTF8'.*TEMPLATE template0"):
        open_pool(encoded)
    findings = diagnose(read_settings(home=tmp_path / "home", database_url=encoded), {}, NOW)
    found = next(finding for finding in findings if finding.check == "PostgreSQL")
    assert found.result == "broken"
    assert "ENCODING 'UTF8'" in found.detail
    with psycopg.connect(encoded) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("default_transaction_read_only = on", "default_transaction_read_only"),
        ("session_replication_role = 'replica'", "session_replication_role"),
        ("search_path = 'nowhere'", "search_path"),
    ],
)
def test_what_would_spoil_a_record_is_refused_by_name(url: str, setting: str, says: str) -> None:
    """Each with the statement that removes it."""
    _alter(url, setting)
    with pytest.raises(ConfigurationError, match=rf"{says}.*No table was made.*ALTER ROLE"):
        open_pool(url)


def test_values_are_written_and_read_the_same_whatever_the_server_prefers(url: str) -> None:
    """Dates, times, intervals, doubles, bytes and backslashes; and the record is made twice without a word."""
    for setting in (
        "datestyle = 'SQL, DMY'", "timezone = 'Asia/Kolkata'", "intervalstyle = 'iso_8601'",
        "extra_float_digits = -10", "bytea_output = 'escape'", "standard_conforming_strings = off",
        "default_transaction_isolation = 'serializable'", "client_encoding = 'LATIN1'", "synchronous_commit = off",
        "array_nulls = off", "statement_timeout = '100ms'",
    ):  # fmt: skip
        _alter(url, setting)
    pool = open_pool(url)
    assert migrate(pool) != []
    assert migrate(pool) == []
    with transaction(pool) as cursor:
        cursor.execute("SELECT pg_sleep(0.2)")
        row = cursor.execute(
            "SELECT '2010-04-01'::date, '2010-04-01 12:00+00'::timestamptz, interval '25 hours', 0.1::float8 + 0.2, "
            "'\\x00ff'::bytea, length('\\n'), 'Zürich 株'::text, current_setting('transaction_isolation'), "
            "current_setting('synchronous_commit')"
        ).fetchone()
    pool.close()
    assert row == (
        date(2010, 4, 1), datetime(2010, 4, 1, 12, tzinfo=UTC), timedelta(hours=25), 0.1 + 0.2, b"\x00\xff", 2,
        "Zürich 株", "read committed", "on",
    )  # fmt: skip


def test_a_schema_of_the_users_own_is_kept_to(url: str) -> None:
    """Where the search path leads first, and nothing is looked for elsewhere."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute('CREATE SCHEMA "My ""Trades"')
    _alter(url, 'search_path = "My ""Trades", public')
    pool = open_pool(url)
    migrate(pool)
    with transaction(pool) as cursor:
        found = cursor.execute("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename = 'journal'").fetchall()
        assert found == [('My "Trades',)]
    pool.close()


def test_a_missing_right_is_told_in_words(url: str, server: EmbeddedPostgres) -> None:
    """A user without CREATE on the schema, as PostgreSQL 15 and later have it."""
    role = f"joe_{uuid4().hex[:8]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    pool = open_pool(url.replace("postgres@", f"{role}@"))
    with pytest.raises(ConfigurationError, match=r"lacks a right.*permission denied for schema public.*GRANT"):
        migrate(pool)
    pool.close()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.mark.parametrize(
    "variables",
    [
        {"PGDATESTYLE": "SQL, DMY", "PGTZ": "Asia/Tokyo", "PGCLIENTENCODING": "LATIN1"},
        {"PGOPTIONS": "-c default_transaction_read_only=on"},
        {"PGSERVICE": "work", "PGHOSTADDR": "192.0.2.1", "PGPORT": "6432", "PGSSLMODE": "verify-full"},
        {"PGTARGETSESSIONATTRS": "standby", "PGUSER": "joe", "PGREQUIREAUTH": "scram-sha-256"},
    ],
)
def test_a_record_made_in_one_shell_opens_in_another(tmp_path: Path, variables: dict[str, str]) -> None:
    """The embedded server is started and its record made, and opened again, with what a shell sets for psql."""
    script = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from adapters.record import alone, writing; from adapters.settings import read_settings\n"
        "settings = read_settings(home=Path(sys.argv[1])); now = datetime.now(UTC)\n"
        "for way in (alone, writing):\n"
        "    with way(settings, now=now) as record: print(record.migrated)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "home")],
        env={**os.environ, **variables}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[1] == "()"
