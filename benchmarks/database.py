"""The embedded database that a benchmark writes to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import EmbeddedPostgres


@contextmanager
def database(folder: Path) -> Iterator[Pool]:
    """A pool on a server of its own under `folder`, stopped afterwards."""
    server = EmbeddedPostgres(folder)
    try:
        pool = open_pool(server.start(), name="benchmark")
        try:
            yield pool
        finally:
            pool.close()
    finally:
        server.stop()
