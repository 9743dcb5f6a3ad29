"""Databases on other machines: which they are, that they are encrypted, and how many connections fit."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from adapters.postgres.remote import POOLS, RESERVE, Capacity, is_local, secured

MANAGED = "postgresql://u:p@db-1.b.db.ondigitalocean.com:25060/x"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGSSLMODE", "PGHOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        (MANAGED, False), ("postgresql://u@10.0.0.5/x", False), ("postgresql://u@a.example,localhost/x", False),
        ("postgresql://u@localhost/x", True), ("postgresql://u@127.0.0.1:5433/x", True), ("postgresql:///x", True),
        ("postgresql://u@/x?host=/tmp/run", True), ("postgresql://u@[::1]/x", True),
    ],
)  # fmt: skip
def test_only_this_machine_is_local(url: str, local: bool) -> None:  # noqa: FBT001
    """A private network is not: others are in it."""
    assert is_local(url) == local
    assert conninfo_to_dict(secured(url)).get("sslmode") == (None if local else "require")


@pytest.mark.parametrize("mode", ["disable", "verify-full"])
def test_what_the_url_says_of_encryption_stands(mode: str) -> None:
    """Whoever writes a mode gets it, stricter or not."""
    assert conninfo_to_dict(secured(f"{MANAGED}?sslmode={mode}"))["sslmode"] == mode


@pytest.mark.parametrize("connections", [22, 47, 97, 997])
def test_all_pools_together_fit_the_server(connections: int) -> None:
    """22 is what the smallest managed database leaves; a reserve stays free for others."""
    size = Capacity(16, connections, 1, "TLSv1.3").pool_size
    assert size >= 1
    assert size * POOLS + RESERVE <= connections
