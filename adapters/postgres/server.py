"""The embedded PostgreSQL: our child in the foreground, on a unix socket only, gone when we are.

Layout under the data folder: `postgres/data` (the cluster), `postgres/run` (the socket), `postgres/server.log`. They
belong to the user of the server alone, so `trust` on the socket admits nobody but that user, and root.

A run that is killed with -9 takes its server along: the kernel sends the server SIGINT, its fast and clean shutdown.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

import psycopg
from psycopg import sql

from adapters.postgres import launch
from adapters.postgres import programs as cluster
from adapters.postgres.access import Owner, let_pass, let_read, server_owner
from adapters.postgres.surroundings import connect
from trading.errors import UnavailableError

DATABASE = "inplay"
START_TIMEOUT_S = 120.0
"""Recovery after a crash replays the log; that is bounded by `max_wal_size`, not instant."""
LEAVING_TIMEOUT_S = 15.0
STOP_TIMEOUTS_S = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
"""Fast shutdown, immediate shutdown, kill."""
POLL_S = 0.05
CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "idle_in_transaction_session_timeout": "60s",
    "log_min_error_statement": "panic",
}
"""`log_min_error_statement`: the log names an error, and not the statement, which may hold a user's data."""


class EmbeddedPostgres:
    """One PostgreSQL server under one data folder.

    The caller holds the lock of the data folder (`adapters.machine.lock`): two runs never share a server.

    Args:
        home: the data folder.
        leaving_timeout_s: how long the server of a run that just died may take to go.
        space_bytes: free space without which no start is tried.
    """

    def __init__(
        self, home: Path, *, leaving_timeout_s: float = LEAVING_TIMEOUT_S, space_bytes: int = cluster.SPACE_BYTES
    ) -> None:
        self._leaving_timeout_s = leaving_timeout_s
        self._space_bytes = space_bytes
        self._folder = home / "postgres"
        self._data = self._folder / "data"
        self._sockets = cluster.socket_folder(self._folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """How to connect to the database `inplay` of this server."""
        return cluster.socket_url(self._sockets, DATABASE)

    @property
    def pid(self) -> int | None:
        """Process id of the server, None while none runs."""
        return self._process.pid if self._process is not None and self.alive() else None

    def alive(self) -> bool:
        """True while the server process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """A server answers on the returned URL and has the database `inplay`.

        Must be called from the main thread: the kernel ends the server when the *thread* that started it ends.

        Raises:
            UnavailableError: when the server cannot be started; the text says why and what to do.
        """
        if self.alive():
            return self.url
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("EmbeddedPostgres.start() outside the main thread: the server would die with the thread")
        programs = cluster.programs()
        owner = server_owner()
        self._prepare(programs, owner)
        cluster.wait_until_free(self._data, self._leaving_timeout_s)
        cluster.ensure_initialised(self._data, programs, lambda argv, log: self._spawn(argv, log, owner))
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._try_start(programs, owner, deadline):
            time.sleep(POLL_S)
        self._ensure_database()
        return self.url

    def restart_if_dead(self) -> bool:
        """A server answers again; True when it had died and was started anew. Committed rows are all there."""
        if self.alive():
            return False
        self.start()
        return True

    def stop(self) -> None:
        """No server of ours runs; a transaction that was open is rolled back."""
        process, self._process = self._process, None
        if process is None:
            return
        for number, timeout_s in STOP_TIMEOUTS_S:
            if process.poll() is not None:
                return
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout_s)
                return
        raise UnavailableError(f"PostgreSQL (process {process.pid}) did not stop, not even on SIGKILL.")

    def _prepare(self, programs: Path, owner: Owner) -> None:
        cluster.require_space(self._folder, self._space_bytes)
        try:
            for folder in (self._folder, self._sockets):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.chown(folder, owner.uid, owner.gid)
                folder.chmod(0o700)
        except OSError as error:
            raise UnavailableError(
                f"The folder {error.filename} cannot be made: {error.strerror}. Nothing was changed. "
                "Set INPLAY_HOME to a folder that you may write."
            ) from None
        let_read(owner, programs)
        for path in (programs, self._folder, self._sockets):
            let_pass(owner, path)

    def _spawn(self, argv: list[str], log: TextIO, owner: Owner) -> subprocess.Popen[bytes]:
        """The program has been started as the owner, in a session of its own so that Ctrl-C doesn't reach it."""
        who = [str(os.getpid()), str(owner.uid), str(owner.gid)]
        command = [sys.executable, "-I", "-S", str(Path(launch.__file__).resolve()), *who, *argv]
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=environment, start_new_session=True
        )

    def _try_start(self, programs: Path, owner: Owner, deadline: float) -> bool:
        """True once the server answers; False when it has to be tried again because of a predecessor's children."""
        argv = [str(programs / "postgres"), "-D", str(self._data), "-k", str(self._sockets), "-p", str(cluster.PORT)]
        for name, value in CONFIGURATION.items():
            argv += ["-c", f"{name}={value}"]
        log_path = self._folder / "server.log"
        with cluster.open_log(log_path) as log:
            begin = log.tell()
            self._process = self._spawn(argv, log, owner)
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                said = cluster.said_since(log_path, begin)
                if "shared memory block" in said and "still in use" in said:
                    return False
                raise UnavailableError(cluster.explain(said, self._data))
            if self._answers():
                return True
            time.sleep(POLL_S)
        self.stop()
        raise UnavailableError(
            f"PostgreSQL did not answer within {START_TIMEOUT_S:.0f} s; it was stopped and no data was lost. "
            f"Its log is {log_path}."
        )

    def _answers(self) -> bool:
        try:
            with connect(cluster.socket_url(self._sockets, "postgres"), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def _ensure_database(self) -> None:
        with connect(cluster.socket_url(self._sockets, "postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
