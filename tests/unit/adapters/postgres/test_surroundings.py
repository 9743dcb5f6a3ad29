"""Variables of libpq: kept from the embedded server, and from another one only where they change what it answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg import pq

from adapters.postgres.programs import PORT, socket_folder, socket_url
from adapters.postgres.surroundings import LIBPQ, SESSION, is_embedded, keep_out

OURS = socket_url(Path("/srv/inplay/postgres/run"), "inplay")
THEIRS = "postgresql://u@db.example/x"


def test_every_variable_that_libpq_reads_is_known() -> None:
    """The library itself lists those that stand for a parameter."""
    listed = {option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar}
    assert len(listed) > 20
    assert listed <= LIBPQ


def test_none_is_left_for_a_server_of_our_own() -> None:
    """Whatever the shell says; variables of others stay."""
    environ = dict.fromkeys([*LIBPQ, "PGADMIN_X", "PATH"], "1")
    assert keep_out(OURS, environ) == sorted(LIBPQ)
    assert environ == {"PGADMIN_X": "1", "PATH": "1"}


@pytest.mark.parametrize("name", ["PGPASSFILE", "PGSSLROOTCERT", "PGSERVICE", "PGOPTIONS", "PGHOST"])
def test_those_of_a_connection_stay_for_a_server_of_the_users(name: str) -> None:
    """They mean there what they always mean."""
    environ = {name: "x", **dict.fromkeys(SESSION, "y")}
    assert keep_out(THEIRS, environ) == sorted(SESSION)
    assert environ == {name: "x"}


@pytest.mark.parametrize("url", [THEIRS, "postgresql:///x", "postgresql://postgres@/inplay?host=/var/run/postgresql"])
def test_only_the_url_that_we_write_is_of_our_own_server(url: str) -> None:
    """A socket or a name that looks like ours is not enough."""
    assert (is_embedded(OURS), is_embedded(url)) == (True, False)


def test_the_socket_is_where_every_shell_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long data folder has its socket in a short path, whatever TMPDIR says there and then."""
    long = Path("/srv") / ("x" * 60) / ("y" * 60) / "postgres"
    found = set()
    for folder in ("/tmp", "/var/tmp", "/nowhere/" + "z" * 100):  # noqa: S108 - names only
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr("tempfile.tempdir", None)
        found.add(socket_folder(long))
    assert len(found) == 1
    assert len(str(found.pop() / f".s.PGSQL.{PORT}")) <= 107
