"""The record opened by a command that only reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from adapters.machine.lock import RunLock, is_held
from adapters.postgres.migrate import migrate
from adapters.postgres.pool import open_pool, transaction
from adapters.postgres.server import EmbeddedPostgres
from adapters.record import reading
from adapters.settings import Settings
from cli.main import app
from trading.errors import UnavailableError

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with our tables, empty, and no run."""
    home = tmp_path_factory.mktemp("recorded")
    server = EmbeddedPostgres(home)
    pool = open_pool(server.start())
    migrate(pool)
    pool.close()
    server.stop()
    return home


def test_without_a_run_the_server_is_up_for_the_command_only(recorded: Path) -> None:
    """It reads, can't write, keeps a run from starting meanwhile, and leaves nothing behind."""
    with reading(Settings(home=recorded), now=NOW) as record:
        assert is_held(recorded)
        with transaction(record.pool) as cursor:
            cursor.execute("SELECT count(*) FROM pattern_training_data")
            assert cursor.fetchone() == (0,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), transaction(record.pool) as cursor:
            cursor.execute("DELETE FROM pattern_training_data")
    assert not is_held(recorded)
    assert not (recorded / "postgres/data/postmaster.pid").exists()


def test_beside_a_run_its_own_server_is_read(recorded: Path) -> None:
    """While a run holds the folder its server answers, and goes on after the command."""
    server = EmbeddedPostgres(recorded)
    with RunLock(recorded, now=NOW):
        server.start()
        try:
            with reading(Settings(home=recorded), now=NOW) as record, transaction(record.pool) as cursor:
                cursor.execute("SELECT 1")
            assert server.alive()
        finally:
            server.stop()


def test_a_folder_without_a_record_says_what_to_do(tmp_path: Path) -> None:
    """Nothing is made there."""
    home = tmp_path / "none"
    with pytest.raises(UnavailableError, match="inplay run"), reading(Settings(home=home), now=NOW):
        pass
    assert not home.exists()


def test_an_empty_record_has_no_statistics(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command says so and what to do, rather than printing a table of nothing."""
    monkeypatch.setenv("INPLAY_HOME", str(recorded))
    result = CliRunner().invoke(app, ["patterns", "stats", "--json"])
    assert isinstance(result.exception, UnavailableError)
    assert "no patterns yet" in str(result.exception)
    assert json.dumps(result.stdout) == '""'
