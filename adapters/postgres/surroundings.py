"""What the shell sets for libpq, kept away from connections that it wasn't meant for.

libpq fills in whatever a connection string leaves out from the environment, so a PGPORT, PGSERVICE or PGDATESTYLE of
the user's shell would reach the embedded server, which knows nothing of it. Some of these variables can't be overruled
in the connection string, so they leave the environment of the process, before its first connection.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from adapters.postgres.remote import secured

EMBEDDED = "inplay-embedded"
"""`fallback_application_name` in the URL of a server of our own, by which it is told from one of the user's."""
SESSION = frozenset({"PGDATESTYLE", "PGTZ", "PGGEQO", "PGCLIENTENCODING"})
"""They change what a session answers, and never whom it reaches or how: those of inplay set all of it themselves."""
LIBPQ = SESSION | frozenset(
    {
        "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGREQUIREAUTH",
        "PGCHANNELBINDING", "PGSERVICE", "PGSERVICEFILE", "PGOPTIONS", "PGAPPNAME", "PGSSLMODE", "PGREQUIRESSL",
        "PGSSLNEGOTIATION", "PGSSLCOMPRESSION", "PGSSLCERT", "PGSSLKEY", "PGSSLCERTMODE", "PGSSLROOTCERT", "PGSSLCRL",
        "PGSSLCRLDIR", "PGSSLSNI", "PGREQUIREPEER", "PGSSLMINPROTOCOLVERSION", "PGSSLMAXPROTOCOLVERSION",
        "PGGSSENCMODE", "PGKRBSRVNAME", "PGGSSLIB", "PGGSSDELEGATION", "PGREPLICATION", "PGCONNECT_TIMEOUT",
        "PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION", "PGSYSCONFDIR",
        "PGLOCALEDIR", "PGREALM",
    }
)  # fmt: skip
"""Every variable that libpq reads. Source: https://www.postgresql.org/docs/18/libpq-envars.html"""


def is_embedded(url: str) -> bool:
    """Whether the URL is of a server of our own, as `programs.socket_url` writes it."""
    return conninfo_to_dict(url).get("fallback_application_name") == EMBEDDED


def keep_out(url: str, environ: MutableMapping[str, str] | None = None) -> list[str]:
    """Variables of libpq that don't belong to the connection have left the environment; returns their names.

    A server of our own is reached by its URL alone. For another one libpq's variables mean what they always do
    (PGPASSFILE, PGSSLROOTCERT, PGSERVICE and the like), except those that change how values are written.

    Args:
        url: of the connection.
        environ: this process's by default, and thereby its children's.
    """
    found = os.environ if environ is None else environ
    gone = sorted((LIBPQ if is_embedded(url) else SESSION) & found.keys())
    for name in gone:
        del found[name]
    return gone


def connect(url: str, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection in UTF-8 without the shell's part in it, encrypted to elsewhere; see `psycopg.connect`."""
    keep_out(url)
    return psycopg.connect(secured(url), **{"client_encoding": "UTF8"} | options)
