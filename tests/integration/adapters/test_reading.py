"""The record opened by a command that only reads."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from adapters.machine.lock import RunLock, is_held
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.migrate import bundled, migrate, missing
from adapters.postgres.pool import open_pool, transaction
from adapters.postgres.server import EmbeddedPostgres
from adapters.record import NO_BARS, NO_RECORD, reading
from adapters.settings import Settings
from cli.main import app
from trading.broker.controls import Control
from trading.errors import ConfigurationError, UnavailableError

ROOT = Path(__file__).parents[3]
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


def test_a_record_of_an_earlier_version_is_left_to_who_asks_for_the_change(tmp_path: Path) -> None:
    """To read migrates nothing and says what does: the earlier version couldn't use it afterwards."""
    server = EmbeddedPostgres(tmp_path)
    pool = open_pool(server.start())
    migrate(pool, bundled()[:-2])
    pool.close()
    server.stop()
    with pytest.raises(UnavailableError, match="inplay data migrate"), reading(Settings(home=tmp_path), now=NOW):
        pass
    asked = ["data", "migrate", "--json"]
    environment = {"INPLAY_HOME": str(tmp_path)}
    done = [CliRunner().invoke(app, asked, env=environment) for _ in range(2)]
    last = bundled()[-1].version
    assert [json.loads(one.stdout) for one in done] == [
        {"version": last, "applied": [last - 1, last]}, {"version": last, "applied": []},
    ]  # fmt: skip
    with reading(Settings(home=tmp_path), now=NOW) as record:
        assert missing(record.pool) == []


READER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from adapters.postgres.pool import transaction
from adapters.record import reading
from adapters.settings import Settings
with reading(Settings(home=Path(sys.argv[1])), now=datetime.now(UTC)) as record, transaction(record.pool) as cursor:
    print("in", flush=True)
    sys.stdin.readline()
    cursor.execute("SELECT count(*) FROM decisions")
    assert cursor.fetchone() == (0,)
"""


def _reader(home: Path) -> subprocess.Popen[str]:
    """A process that reads until it is told to go on."""
    command = [sys.executable, "-c", READER, str(home)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_commands_that_overlap_share_the_server(recorded: Path) -> None:
    """Whoever started it stops it last; who comes while it waits for the others reads as well."""
    first, second = _reader(recorded), None
    try:
        assert first.stdout.readline() == "in\n"
        second = _reader(recorded)
        assert second.stdout.readline() == "in\n"
        first.stdin.write("\n")
        first.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            first.wait(1.0)  # it has read what it wanted, and waits for the second
        assert second.communicate("\n", timeout=60)[0] == ""
        assert (second.returncode, first.wait(60)) == (0, 0)
    finally:
        for process in (first, second):
            if process is not None:
                process.kill()
                process.communicate()
    assert not is_held(recorded)
    assert not (recorded / "postgres/data/postmaster.pid").exists()


def test_a_reader_that_is_killed_stops_nobody_for_good(recorded: Path) -> None:
    """Kill -9 of the one that started the server: the next command starts it anew."""
    first = _reader(recorded)
    assert first.stdout.readline() == "in\n"
    first.kill()
    first.communicate()
    after = _reader(recorded)
    assert after.communicate("\n", timeout=60)[0] == "in\n"
    assert after.returncode == 0


def test_a_record_of_a_later_version_is_refused(tmp_path: Path) -> None:
    """Also by whom only reads: it may mean other things by the same columns."""
    server = EmbeddedPostgres(tmp_path)
    pool = open_pool(server.start())
    migrate(pool)
    with transaction(pool) as cursor:
        cursor.execute("INSERT INTO schema_migrations VALUES (9999, 'later', 'x')")
    pool.close()
    server.stop()
    with pytest.raises(ConfigurationError, match="Update inplay"), reading(Settings(home=tmp_path), now=NOW):
        pass


@pytest.mark.parametrize("missing", ["inplay run", "no bars on record"])
def test_a_reader_makes_no_folder_whatever_it_says(tmp_path: Path, missing: str) -> None:
    """Also with a folder for PostgreSQL that holds no database: it stays as empty as it was."""
    home = tmp_path / "none"
    texts = {"inplay run": NO_RECORD, "no bars on record": NO_BARS}
    for make in (False, True):
        if make:
            (home / "postgres").mkdir(parents=True)
        with (
            pytest.raises(UnavailableError, match=missing),
            reading(Settings(home=home), now=NOW, missing=texts[missing]),
        ):
            pass
        assert home.exists() is make
    assert [path.name for path in home.rglob("*")] == ["postgres"]


@pytest.mark.parametrize(
    "command",
    [
        ["scan", "--at", "2010-05-06T16:00-04:00"], ["trading", "status"], ["trading", "limits"],
        ["trading", "limits", "--accept"], ["trading", "suspend"], ["trading", "kill"],
    ],
)  # fmt: skip
def test_commands_that_ask_of_a_record_make_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """They say that there are no bars, in the same words, and the folder isn't there afterwards."""
    home = tmp_path / "none"
    monkeypatch.setenv("INPLAY_HOME", str(home))
    result = CliRunner().invoke(app, command)
    assert str(result.exception) == NO_BARS.format(home=home)
    assert not home.exists()


def test_postgresql_refuses_every_writer_that_got_a_reading_session(recorded: Path) -> None:
    """A control, an instrument, a choice: the stores themselves can't write through it, and nothing is on record."""
    with reading(Settings(home=recorded), now=NOW) as record:
        instruments = pa.table({name: ["AA"] for name in ("symbol", "name", "sector", "industry")})
        suspend = Control("suspend", "command", "a drill", NOW)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            record.bar_tables.record_instruments(instruments)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            ControlRecord(record.pool).give(suspend)
        assert record.bar_tables.instruments() == {}
        assert ControlRecord(record.pool).state().paused == ""


def test_a_command_that_only_looks_at_trading_looks_through_a_reading_session(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`status` works where a control given by `suspend` in a writing session is on record."""
    monkeypatch.setenv("INPLAY_HOME", str(recorded))
    for command, words in ((["suspend", "--reason", "a drill"], "a drill"), (["status"], "a drill"), (["limits"], "")):
        result = CliRunner().invoke(app, ["trading", *command])
        assert result.exit_code == 0, result.exception
        assert words in result.stdout
    assert CliRunner().invoke(app, ["trading", "resume"]).exit_code == 0


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
