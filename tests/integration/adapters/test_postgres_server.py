"""The embedded server lives exactly as long as it should, and loses nothing that was committed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import psycopg
import pytest

from adapters.postgres import access
from adapters.postgres.server import EmbeddedPostgres
from trading.errors import UnavailableError

ROOT = Path(__file__).parents[3]
STARTER = textwrap.dedent("""
    import sys
    from pathlib import Path
    from adapters.postgres.server import EmbeddedPostgres
    server = EmbeddedPostgres(Path(sys.argv[1]))
    print(server.start(), flush=True)
    print(server.pid, flush=True)
    sys.stdin.read()
""")


def _start_in_child(home: Path) -> tuple[subprocess.Popen[str], str, int]:
    child = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        start_new_session=True,
    )  # fmt: skip
    assert child.stdout is not None
    return child, child.stdout.readline().strip(), int(child.stdout.readline())


def _rows(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT i FROM kept ORDER BY i")]


def _gone(process: psutil.Process) -> bool:
    """True when it has ended, even where nobody has asked for its exit status yet."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_checksums_and_fsync_are_on_and_no_address_is_listened_on(server: EmbeddedPostgres) -> None:
    """A torn page is noticed, a commit is on disk, and nobody reaches the server over the network."""
    with psycopg.connect(server.url) as connection:
        for name, value in (("data_checksums", "on"), ("fsync", "on"), ("listen_addresses", "")):
            assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)
    assert server.pid is not None
    assert [c for c in psutil.Process(server.pid).net_connections() if c.family.name in {"AF_INET", "AF_INET6"}] == []


def test_committed_rows_survive_kill_9_of_the_server(home: Path) -> None:
    """After kill -9 the server comes back by `restart_if_dead` with every committed row."""
    server = EmbeddedPostgres(home)
    url = server.start()
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 5) AS i")
        assert server.restart_if_dead() is False
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
        assert server.restart_if_dead() is True
        assert _rows(url) == [1, 2, 3, 4, 5]
    finally:
        server.stop()
    assert not server.alive()


def test_kill_9_of_the_run_takes_the_server_along_and_the_next_run_starts(home: Path) -> None:
    """A killed run leaves no orphan; the next one waits for the old server to go and has all rows."""
    child, url, pid = _start_in_child(home)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS i")
    orphan = psutil.Process(pid)
    os.kill(child.pid, signal.SIGKILL)
    child.wait(10)
    server = EmbeddedPostgres(home)
    try:
        assert _rows(server.start()) == [1]
    finally:
        server.stop()
    assert _gone(orphan)


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(home: Path) -> None:
    """The server is in a session of its own, so the run decides when it stops."""
    child, _, pid = _start_in_child(home)
    try:
        assert os.getsid(pid) == pid
        assert os.getsid(pid) != os.getsid(child.pid)
    finally:
        child.kill()
        child.wait(10)
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=20)


def test_a_second_server_on_a_live_folder_is_refused(home: Path) -> None:
    """Another live server on the same data is never touched, and the error names its process."""
    first = EmbeddedPostgres(home)
    first.start()
    try:
        with pytest.raises(UnavailableError, match=f"process {first.pid}"):
            EmbeddedPostgres(home, leaving_timeout_s=0.2).start()
        assert first.alive()
    finally:
        first.stop()


def test_a_stale_lock_file_is_cleared(home: Path) -> None:
    """The lock file of a dead server, with a number that another program has now, stops nobody."""
    server = EmbeddedPostgres(home)
    server.start()
    server.stop()
    (home / "postgres/data/postmaster.pid").write_text(f"{os.getpid()}\n{home}\n1\n5432\n\n\n0 0\nready\n")
    try:
        assert server.start()
    finally:
        server.stop()


def test_a_damaged_folder_is_refused_and_left_as_it_is(home: Path) -> None:
    """Without its control file a cluster can't start; the error says so and no file is deleted."""
    server = EmbeddedPostgres(home)
    server.start()
    server.stop()
    control = home / "postgres/data/global/pg_control"
    control.write_bytes(b"\0" * control.stat().st_size)
    with pytest.raises(UnavailableError, match=r"could not start.*Nothing was deleted"):
        server.start()
    assert control.exists()
    assert not server.alive()


def test_a_folder_with_something_else_in_it_is_refused(home: Path) -> None:
    """A folder that is no cluster of ours is not overwritten."""
    (home / "postgres/data").mkdir(parents=True)
    (home / "postgres/data/letter.txt").write_text("dear")
    with pytest.raises(UnavailableError, match="no data folder of PostgreSQL"):
        EmbeddedPostgres(home).start()
    assert (home / "postgres/data/letter.txt").read_text() == "dear"


def test_a_cluster_that_was_being_made_is_made_again(home: Path) -> None:
    """What a run left that was killed while it made the cluster is thrown away."""
    (home / "postgres/data.new").mkdir(parents=True)
    (home / "postgres/data.new/PG_VERSION").write_text("18")
    server = EmbeddedPostgres(home)
    try:
        assert server.start()
    finally:
        server.stop()


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    """Unix sockets have at most 107 bytes of path; a deeper data folder works all the same."""
    home = tmp_path / ("d" * 60) / ("e" * 60)
    server = EmbeddedPostgres(home)
    try:
        url = server.start()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


def test_too_little_space_is_said_before_anything_is_written(home: Path) -> None:
    """With less room than a server needs, nothing is made."""
    with pytest.raises(UnavailableError, match="Free some space"):
        EmbeddedPostgres(home, space_bytes=10**18).start()
    assert not home.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for the server")
def test_root_with_a_private_folder_lets_nobody_else_in(tmp_path: Path) -> None:
    """Below a folder of mode 0700 the server works, and other users still can neither pass nor list it."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    server = EmbeddedPostgres(private / "home")
    try:
        assert server.start()
    finally:
        server.stop()
    assert private.stat().st_mode & 0o007 == 0
    entries = access._entries(private)
    owner = access.server_owner()
    assert (access.USER, 1, owner.uid) in entries
    assert (access.GROUP_OBJ, 0, access.NOBODY) in entries
