"""The record of a data folder, for a command that only reads it, whether a run is alive or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

import psycopg

from adapters.machine.lock import RunLock, is_held
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import EmbeddedPostgres
from adapters.settings import Settings
from trading.errors import UnavailableError

NO_RECORD = "Nothing was changed. Run `inplay run --sample` first."


@contextmanager
def open_record(settings: Settings, *, now: datetime) -> Iterator[Pool]:
    """A pool on the folder's record, whose sessions refuse to write.

    The database of a run that is alive is used where it is; without a run the embedded server is up for as long as the
    context lasts, and the folder is locked so that no run begins meanwhile.

    Raises:
        UnavailableError: when there is no record, or its database can't be reached.
    """
    with ExitStack() as stack:
        pool = open_pool(_url(settings, stack, now), name="inplay reading", size=2)
        stack.callback(pool.close)
        try:
            yield pool
        except psycopg.errors.UndefinedTable:
            raise UnavailableError(f"The database of {settings.home} has no tables of ours. {NO_RECORD}") from None


def _url(settings: Settings, stack: ExitStack, now: datetime) -> str:
    if settings.database_url is not None:
        return _read_only(settings.database_url.get_secret_value())
    if not (settings.home / "postgres").is_dir():
        raise UnavailableError(f"{settings.home} holds no record. {NO_RECORD}")
    server = EmbeddedPostgres(settings.home)
    if is_held(settings.home):
        return _read_only(server.url)
    stack.enter_context(RunLock(settings.home, now=now))
    server.start()
    stack.callback(server.stop)
    return _read_only(server.url)


def _read_only(url: str) -> str:
    """The URL of sessions whose transactions can't write, whatever is asked of them."""
    return psycopg.conninfo.make_conninfo(url, options="-c default_transaction_read_only=on")
