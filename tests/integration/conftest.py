"""One real PostgreSQL for all tests here, a database of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from adapters.postgres.migrate import migrate
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import DATABASE, EmbeddedPostgres

TEMPLATE = "with_our_tables"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One server for the whole test session."""
    embedded = EmbeddedPostgres(tmp_path_factory.mktemp("home"))
    embedded.start()
    yield embedded
    embedded.stop()


@pytest.fixture(scope="session")
def template(server: EmbeddedPostgres) -> str:
    """The name of a database with our tables, to be copied: that is a third of the time that making them takes."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
        made = open_pool(server.url.replace(f"/{DATABASE}?", f"/{TEMPLATE}?"))
        migrate(made)
        made.close()
        # A database that somebody is connected to, a vacuum of PostgreSQL's own perhaps, can't be copied.
        connection.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false")
    return TEMPLATE


@pytest.fixture
def empty_url(server: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database without tables, unless the test asks for `pool`."""
    name = f"test_{uuid4().hex[:12]}"
    source = str(request.getfixturevalue("template")) if "pool" in request.fixturenames else "template1"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source))
        )
    yield server.url.replace(f"/{DATABASE}?", f"/{name}?")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def empty_pool(empty_url: str) -> Iterator[Pool]:
    """A pool on a database without tables."""
    pool = open_pool(empty_url)
    yield pool
    pool.close()


@pytest.fixture
def pool(empty_pool: Pool) -> Pool:
    """A database with our tables."""
    migrate(empty_pool)  # which finds nothing to do in a copy of the template
    return empty_pool


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "home"
