"""Patterns within sessions, from real minutes on record to what is said of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from actors.pattern_analysis import PatternAnalysis
from actors.pattern_recognition import PatternRecognition
from actors.wiring import Wiring
from adapters.postgres.pool import Pool
from adapters.postgres.session_patterns import SessionPatternStore
from adapters.record import Record
from data.importing.archive import open_archive
from data.importing.importer import BarImporter
from data.importing.layout import Asked

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SESSION = date(2019, 12, 24)
"""A half-day, in the middle of the archive."""


def _archive() -> Path:
    path = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "data" / "us_etf_1min_2019_12.parquet"
    if not path.exists():
        pytest.skip(f"{path} is absent; set INPLAY_SHARED to the folder of real data to run this")
    return path


@contextmanager
def _services(home: Path, url: str) -> Iterator[tuple[PatternRecognition, PatternAnalysis]]:
    wiring = Wiring(home, SecretStr(url), 10_000_000)
    made = PatternRecognition(wiring), PatternAnalysis(wiring)
    try:
        yield made
    finally:
        for service in made:
            service.pool.close()


def _command(url: str, home: Path, *arguments: str) -> Any:
    environment = {**os.environ, "DATABASE_URL": url, "INPLAY_HOME": str(home)}
    command = [sys.executable, "-m", "cli.main", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_services_log_a_session_and_the_command_the_rest(pool: Pool, empty_url: str, home: Path) -> None:
    """A session is logged once by whoever comes first; all patterns have a plan, a context and an outcome."""
    BarImporter(Record(pool, home), lambda: NOON).run(open_archive(_archive(), Asked()))
    with _services(home, empty_url) as (recognition, analysis):
        found = recognition.recognise_in_session(SESSION)
        assert found is not None
        new = analysis.record_in_session(found)
        assert new == found.table.num_rows > 100
        assert analysis.record_in_session(recognition.recognise_in_session(SESSION)) == 0
        assert analysis.record_in_session(recognition.recognise_in_session(date(2019, 11, 1))) == 0
    made = _command(empty_url, home, "patterns", "log", "--json")
    assert made["sessions_known"] == 1
    assert _command(empty_url, home, "patterns", "log", "--json")["sessions"] == 0
    log = SessionPatternStore(pool).load()
    assert log.num_rows == new + made["patterns_new"]
    late = [stamp for stamp in log["triggered_at"].to_pylist() if stamp.date() == SESSION and stamp.hour >= 18]
    assert all(stamp.hour == 18 and stamp.minute == 0 for stamp in late), "the half-day ends at 13:00, 18:00 UTC"
    told = _command(empty_url, home, "patterns", "stats", "--in-session", "--json")
    assert sum(row["recorded"] for row in told["patterns"]) == log.num_rows
    assert {row["verdict"] for row in told["patterns"]} <= {
        "edge shown", "worse than without it", "no edge shown", "too few",
    }  # fmt: skip
