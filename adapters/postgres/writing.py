"""The record of a data folder, for a command that adds to it, whether a run is alive or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from adapters.machine.lock import RunLock, is_held
from adapters.postgres.migrate import migrate
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import EmbeddedPostgres
from adapters.settings import Settings
from trading.errors import AlreadyRunningError


@contextmanager
def writable_record(settings: Settings, *, now: datetime) -> Iterator[Pool]:
    """A pool on the folder's record, migrated.

    The database of a run that is alive is used where it is: only for writes that may come at any time, each in one
    transaction and harmless when repeated. Without a run the embedded server is up for as long as the context lasts,
    and the folder is locked so that no run begins meanwhile. When the run ends first, so does its database; what was
    committed is safe and the rest can be written again.

    Raises:
        UnavailableError: when the database can't be reached.
    """
    with ExitStack() as stack:
        pool = open_pool(_url(settings, stack, now), name="inplay import", size=2)
        stack.callback(pool.close)
        migrate(pool)
        yield pool


@contextmanager
def own_record(settings: Settings, *, now: datetime) -> Iterator[Pool]:
    """A pool on the folder's record, migrated, with the data folder to ourselves: no run is alive meanwhile.

    Raises:
        AlreadyRunningError: when a run is alive.
        UnavailableError: when the database can't be reached.
    """
    with ExitStack() as stack:
        stack.enter_context(RunLock(settings.home, now=now))
        if settings.database_url is not None:
            url = settings.database_url.get_secret_value()
        else:
            server = EmbeddedPostgres(settings.home)
            stack.callback(server.stop)
            url = server.start()
        pool = open_pool(url, name="inplay import")
        stack.callback(pool.close)
        migrate(pool)
        yield pool


def _url(settings: Settings, stack: ExitStack, now: datetime) -> str:
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    server = EmbeddedPostgres(settings.home)
    if is_held(settings.home):
        return server.url
    try:
        stack.enter_context(RunLock(settings.home, now=now))
    except AlreadyRunningError:  # it began this very instant
        return server.url
    stack.callback(server.stop)
    return server.start()
