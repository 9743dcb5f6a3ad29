"""A PostgreSQL that is not on this machine: encrypted unless told otherwise, and no more connections than it has."""

from __future__ import annotations

import os
from dataclasses import dataclass

from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

LOCAL = ("localhost", "127.", "::1", "/", "@")
"""Beginnings of hosts on this machine: names, loopback addresses, folders of sockets."""
POOLS = 16
"""Pools of a run, one a process: the services, the run itself, the interface, a command beside it."""
RESERVE = 3
"""Connections that are left for whoever looks at the database meanwhile."""


@dataclass(frozen=True)
class Capacity:
    """What a server can bear.

    Attributes:
        version: major version.
        connections: that an ordinary user may open, over all programs.
        in_use: now, ours that asks included.
        tls: version of the protocol, such as `TLSv1.3`; empty when the connection isn't encrypted.
    """

    version: int
    connections: int
    in_use: int
    tls: str

    @property
    def pool_size(self) -> int:
        """Connections that each pool may open so that all of them fit; one at least."""
        return max(1, (self.connections - RESERVE) // POOLS)


def is_local(url: str) -> bool:
    """Whether the server is on this machine, so that nobody can listen in between."""
    parts = conninfo_to_dict(url)
    hosts = str(parts.get("host") or parts.get("hostaddr") or os.environ.get("PGHOST") or "/").split(",")
    return all(host.startswith(LOCAL) for host in hosts)


def secured(url: str) -> str:
    """The URL, with `sslmode=require` when the server is elsewhere and neither it nor PGSSLMODE says a mode."""
    said = conninfo_to_dict(url).get("sslmode") or os.environ.get("PGSSLMODE")
    return url if said or is_local(url) else make_conninfo(url, sslmode="require")


def capacity_of(connection: Connection[TupleRow]) -> Capacity:
    """What the server at the other end can bear."""
    row = connection.execute(
        "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int "
        "- coalesce(current_setting('reserved_connections', true), '0')::int, "
        "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
    ).fetchone() or (0, 0)
    tls = connection.execute("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl").fetchone()
    return Capacity(connection.info.server_version // 10_000, int(row[0]), int(row[1]), str(tls[0]) if tls else "")
