"""A wrong DATABASE_URL is told apart from a server that is away, in words, within seconds, without the password."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from adapters.postgres import remote
from adapters.postgres.pool import Pool, open_pool, transaction
from trading.errors import BadDataError, ConfigurationError, InplayError, UnavailableError

SECRET = "hunter2"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("made", "error", "says"),
    [
        (lambda _: f"postgres!{SECRET}", ConfigurationError, "no PostgreSQL URL"),
        (lambda _: f"postgresql://u:{SECRET}@nowhere.invalid/x", ConfigurationError, "Correct the host"),
        (lambda _: f"postgresql://u:{SECRET}@127.0.0.1:{_free_port()}/x", UnavailableError, "Connection refused"),
        (lambda url: url.replace("/test_", "/absent_"), ConfigurationError, "does not exist"),
        (lambda url: url.replace("postgres@", f"joe:{SECRET}@"), ConfigurationError, "Correct the user"),
    ],
)
def test_a_wrong_url_says_what_to_do(
    empty_url: str, made: Callable[[str], str], error: type[InplayError], says: str
) -> None:
    """Each mistake has its own text; the password is in none."""
    with pytest.raises(error, match=says) as caught:
        open_pool(made(empty_url))
    assert SECRET not in str(caught.value)


def test_a_server_that_never_answers_is_given_up(empty_url: str) -> None:
    """A host that accepts the connection and stays silent costs seconds, not forever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(UnavailableError, match="does not answer"):
            open_pool(f"postgresql://u:{SECRET}@127.0.0.1:{silent.getsockname()[1]}/x")
    assert time.monotonic() - began < 60
    assert empty_url


def test_a_refused_row_leaves_nothing_of_its_transaction(empty_pool: Pool) -> None:
    """A broken rule is a BadDataError, and the rows before it are not there either."""
    with transaction(empty_pool) as cursor:
        cursor.execute("CREATE TABLE few (i int PRIMARY KEY)")
    with pytest.raises(BadDataError, match="nothing was written"), transaction(empty_pool) as cursor:
        cursor.executemany("INSERT INTO few VALUES (%s)", [[1], [1]])
    with transaction(empty_pool) as cursor:
        assert cursor.execute("SELECT count(*) FROM few").fetchone() == (0,)


def test_a_pool_heals_after_its_connections_were_cut(empty_pool: Pool) -> None:
    """Connections that the server closed are replaced without the caller noticing."""
    with transaction(empty_pool) as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        before = cursor.fetchone()
    with transaction(empty_pool) as cursor:
        cursor.execute("SELECT 1")
    with pytest.raises(UnavailableError), transaction(empty_pool) as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    with transaction(empty_pool) as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() != before


def test_a_server_elsewhere_without_tls_is_refused_with_advice(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded server offers none; asked as if it were elsewhere, nothing is sent in the clear."""
    monkeypatch.setattr(remote, "LOCAL", ("nowhere",))
    with socket.create_server(("127.0.0.1", 0)) as plain:
        thread = threading.Thread(target=_refuse_tls, args=[plain])
        thread.start()
        with pytest.raises(ConfigurationError, match=r"\?sslmode=disable"):
            open_pool(f"postgresql://u:{SECRET}@127.0.0.1:{plain.getsockname()[1]}/x")
        thread.join(10)
    assert empty_url


def _refuse_tls(server: socket.socket) -> None:
    """What a PostgreSQL without TLS answers to a request for it: N."""
    connection, _ = server.accept()
    with connection:
        connection.recv(8)
        connection.sendall(b"N")


def test_a_pool_takes_no_more_than_the_server_has(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 200 pools to share 97 connections each gets one, and the work gets done all the same."""
    monkeypatch.setattr(remote, "POOLS", 200)
    pool = open_pool(empty_url, size=4)
    try:
        assert pool.max_size == 1
        with transaction(pool) as cursor:
            assert cursor.execute("SELECT 1").fetchone() == (1,)
    finally:
        pool.close()
