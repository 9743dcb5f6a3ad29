"""How pg_dump and pg_restore reach a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.postgres.programs import socket_url
from data.backup.database import program_environment


def test_libpqs_variables_reach_them_for_a_server_of_the_users_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password file of the shell counts there, what the URL says counts more, and values are written as ever."""
    for name, value in {"PGPASSFILE": "/p", "PGPORT": "6432", "PGDATESTYLE": "SQL, DMY", "PGSERVICE": "w"}.items():
        monkeypatch.setenv(name, value)
    theirs = program_environment("postgresql://u@db.example:25060/x?sslcert=/c&options=-cwork_mem%3D4MB")
    assert {name: theirs.get(name) for name in ("PGPASSFILE", "PGPORT", "PGSERVICE", "PGSSLCERT", "PGSSLMODE")} == {
        "PGPASSFILE": "/p", "PGPORT": "25060", "PGSERVICE": "w", "PGSSLCERT": "/c", "PGSSLMODE": "require",
    }  # fmt: skip
    assert (theirs["PGOPTIONS"], "PGDATESTYLE" in theirs) == ("-cwork_mem=4MB", False)
    ours = program_environment(socket_url(Path("/srv/run"), "inplay"))
    assert {name for name in ours if name.startswith("PG")} == {
        "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSSLMODE",
    }  # fmt: skip
    assert ours["PGPORT"] == "5432"
