"""What came in, copied into a folder of its own: a run there is the run that was."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pytest

from adapters.calendar import sessions_between
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import DATABASE, EmbeddedPostgres
from adapters.record import Record
from data.inputs import INPUTS, copy_inputs
from tests.integration.one_process import Platform, register_scorer
from trading.bars.panel import as_date
from trading.errors import ConfigurationError

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 6, 1), date(2010, 6, 4))]


def counts(pool: Pool) -> dict[str, int]:
    """Rows by table."""
    with pool.connection() as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchall()[0][0]  # noqa: S608 - our tables
            for (name,) in names
        }


def test_a_run_on_a_copy_of_the_inputs_is_the_run_that_was(
    pool: Pool, empty_url: str, home: Path, tmp_path: Path, server: EmbeddedPostgres
) -> None:
    """Inputs are all there, nothing that was made of them is, and the same sessions give the same journal."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(None)
    was, record = platform.replay(SESSIONS), Record(pool, home)
    before = counts(pool)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE copy_of_inputs")
    url = server.url.replace(f"/{DATABASE}?", "/copy_of_inputs?")
    other = tmp_path / "other"
    copy_inputs(record, empty_url, other, url)
    copied = open_pool(url)
    try:
        found = counts(copied)
        assert {name: found[name] for name in INPUTS - {"bar_files"}} == {
            name: before[name] for name in INPUTS - {"bar_files"}
        }
        assert not any(count for name, count in found.items() if name not in INPUTS)
        features = len(record.bar_tables.files(timeframe="features"))
        assert features >= 1
        assert found["bar_files"] == before["bar_files"] - features
        assert Record(copied, other).bars.read_all("1d").equals(record.bars.read_all("1d"))
        register_scorer(copied)
        again = Platform(other, url, copied).replay(SESSIONS)
        assert again.journal == was.journal
        assert counts(pool) == before, "the record was only read"
    finally:
        copied.close()


def test_bars_that_lie_elsewhere_are_not_left_out_in_silence(pool: Pool, empty_url: str, home: Path) -> None:
    """Nothing is copied when a file isn't in the data folder."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(date(2010, 1, 29))
    record = Record(pool, home)
    (home / record.bar_tables.files()[0].path).unlink()
    with pytest.raises(ConfigurationError, match=r"1 of .* files of bars lie in tiers outside"):
        copy_inputs(record, empty_url, home / "other", empty_url)
    assert not (home / "other").exists()
