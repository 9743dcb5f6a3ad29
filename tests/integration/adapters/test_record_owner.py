"""Two runs from two data folders on one record."""

from __future__ import annotations

import psycopg
import pytest

from adapters.postgres.owner import LOCK, owned
from adapters.postgres.pool import Pool
from tests.fakes.eventually import eventually
from trading.errors import AlreadyRunningError


def test_the_second_run_is_refused_and_the_next_one_is_not(pool: Pool, empty_url: str) -> None:
    """It is told who owns the record; once the owner has ended, the record is free."""
    with owned(pool, empty_url) as unguarded:
        assert unguarded == ""
        told = r"since \d{4}-\d\d-\d\d .*Nothing was changed"
        with pytest.raises(AlreadyRunningError, match=told), owned(pool, empty_url):
            pytest.fail("two runs own one record")
    eventually(lambda: _free(empty_url), what="the record is free")
    with owned(pool, empty_url):
        assert not _free(empty_url)


def test_an_owner_whose_connection_dies_frees_the_record(pool: Pool, empty_url: str) -> None:
    """As after kill -9 of a run, or a restart of the server: nobody is locked out."""
    with owned(pool, empty_url):
        with psycopg.connect(empty_url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                [LOCK],
            )
        eventually(lambda: _free(empty_url), what="the record is free")


def _free(url: str) -> bool:
    """Whether nobody owns the record of this database."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())",
            [LOCK],
        ).fetchone()
    return row == (0,)
