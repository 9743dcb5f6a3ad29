"""Behind a transaction pooler nothing of a session is assumed: right answers, our settings, no backup."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from adapters.postgres.access import let_pass, server_owner
from adapters.postgres.bulk import insert_missing
from adapters.postgres.migrate import migrate
from adapters.postgres.owner import UNGUARDED, owned
from adapters.postgres.pool import Pool, PoolBehindPooler, open_pool, transaction
from data.backup.database import dumped
from tests.fakes.eventually import eventually
from trading.errors import ConfigurationError

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer isn't installed (apt-get install pgbouncer)")
Pooled = Callable[..., str]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _bouncer(folder: Path, url: str, mode: str) -> Iterator[str]:
    parts, port, owner = conninfo_to_dict(url), _free_port(), server_owner()
    folder.mkdir()
    users, ini = folder / "users.txt", folder / "pgb.ini"
    users.write_text('"postgres" ""\n')
    ini.write_text(
        f"[databases]\npooled = host={parts['host']} port=5432 dbname={parts['dbname']}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = trust\nauth_file = {users}\n"
        f"pool_mode = {mode}\ndefault_pool_size = 10\nunix_socket_dir =\nlogfile = {folder}/log\n"
    )
    os.chown(folder, owner.uid, owner.gid)
    let_pass(owner, ini)
    user, group = (owner.uid, owner.gid) if os.geteuid() == 0 else (None, None)
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([str(PGBOUNCER), str(ini)], stdout=quiet, stderr=quiet, user=user, group=group)
    try:
        eventually(lambda: _listens(port), what="PgBouncer listens")
        yield f"postgresql://postgres@127.0.0.1:{port}/pooled"
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture
def transactions(empty_url: str, tmp_path: Path) -> Iterator[str]:
    """The database through a PgBouncer in transaction mode."""
    with _bouncer(tmp_path / "pgb", empty_url, "transaction") as url:
        yield url


def _together(work: Callable[[int], None], count: int = 4) -> None:
    failed: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []


def test_each_pool_gets_the_answers_to_its_own_questions(transactions: str) -> None:
    """Statements of one shape and several pools: each answer names the pool that asked."""
    pools = [open_pool(transactions, name=f"p{number}") for number in range(4)]

    def ask(number: int) -> None:
        for turn in range(100):
            with transaction(pools[number]) as cursor:
                cursor.execute(f"SELECT 'answer of {number}'::text, %s::int", [turn])
                assert cursor.fetchone() == (f"answer of {number}", turn)

    _together(ask)
    for pool in pools:
        pool.close()


def test_each_transaction_has_our_settings_whoever_had_the_session_before(transactions: str) -> None:
    """Others change the sessions that they share with us; none of our transactions notices."""
    pools = [open_pool(transactions, name=f"p{number}") for number in range(2)]
    assert isinstance(pools[0], PoolBehindPooler)

    def work(number: int) -> None:
        if number >= 2:
            _spoil(transactions)
            return
        for _ in range(60):
            with transaction(pools[number]) as cursor:
                found = [cursor.execute(f"SHOW {name}").fetchone() for name in ("timezone", "statement_timeout")]
                assert found == [("UTC",), ("1min",)]
                assert cursor.execute("SELECT '2010-04-01'::date::text, 0.1::float8").fetchone() == ("2010-04-01", 0.1)
                assert cursor.execute("SHOW transaction_read_only").fetchone() == ("off",)

    _together(work)
    for pool in pools:
        pool.close()


def _spoil(url: str) -> None:
    """What other programs leave behind in sessions."""
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as stranger:
        for _ in range(60):
            stranger.execute("SET timezone = 'Asia/Tokyo'")
            stranger.execute("SET statement_timeout = 0")
            stranger.execute("SET datestyle = 'SQL, DMY'")
            stranger.execute("SET extra_float_digits = -10")
            stranger.execute("SET default_transaction_read_only = on")


def test_the_record_is_made_and_filled_through_it(transactions: str) -> None:
    """Migrations, and rows by binary COPY over a temporary table, from several pools at once."""
    pools: list[Pool] = [open_pool(transactions, name=f"p{number}") for number in range(3)]
    assert len(migrate(pools[0])) > 10
    assert migrate(pools[1]) == []
    with transaction(pools[0]) as cursor:
        cursor.execute("CREATE TABLE filled (who int, turn int, UNIQUE (who, turn))")

    def fill(number: int) -> None:
        rows = [(number, turn) for turn in range(50)]
        for _ in range(10):
            with transaction(pools[number]) as cursor:
                insert_missing(cursor, "filled", ("who", "turn"), rows)

    _together(fill, 3)
    with transaction(pools[2]) as cursor:
        assert cursor.execute("SELECT who, count(*) FROM filled GROUP BY who ORDER BY who").fetchall() == [
            (0, 50), (1, 50), (2, 50),
        ]  # fmt: skip
    for pool in pools:
        pool.close()


def test_a_reader_cannot_write_through_it(transactions: str) -> None:
    """PostgreSQL itself refuses, in whichever session the transaction is."""
    pool = open_pool(transactions, read_only=True)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), transaction(pool) as cursor:
        cursor.execute("CREATE TABLE made (i int)")
    pool.close()


def test_a_backup_through_it_is_refused_by_name(transactions: str, tmp_path: Path) -> None:
    """pg_dump's settings would stay in sessions of others, and a snapshot needs its own."""
    with (
        pytest.raises(ConfigurationError, match=r"connection pooler.*the server itself"),
        dumped(transactions, tmp_path / "dump"),
    ):
        pass
    assert not (tmp_path / "dump").exists()


def test_a_pooler_of_sessions_is_noticed_as_well(empty_url: str, tmp_path: Path) -> None:
    """What is right for transactions is right for sessions."""
    with _bouncer(tmp_path / "pgb", empty_url, "session") as url:
        pool = open_pool(url)
        assert isinstance(pool, PoolBehindPooler)
        with transaction(pool) as cursor:
            assert cursor.execute("SHOW timezone").fetchone() == ("UTC",)
        pool.close()


def test_without_a_pooler_sessions_keep_their_settings(empty_url: str) -> None:
    """No statement is spent on it, transaction after transaction."""
    pool = open_pool(empty_url)
    assert not isinstance(pool, PoolBehindPooler)
    with pool.connection() as connection:
        assert connection.execute("SHOW lock_timeout").fetchone() == ("20s",)
    pool.close()


def test_a_record_behind_a_pooler_is_said_to_be_unguarded(transactions: str) -> None:
    """A lock of a session means nothing there, so none is taken, and the run says so."""
    pool = open_pool(transactions)
    with owned(pool, transactions) as first, owned(pool, transactions) as second:
        assert first == second == UNGUARDED
    pool.close()
