"""A replay that was stopped goes on as if it had not been."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from adapters.calendar import sessions_between
from adapters.postgres.migrate import erase, migrate
from adapters.postgres.pool import Pool
from tests.integration.one_process import Platform
from trading.bars.panel import as_date

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 6, 7), date(2010, 6, 14))]


def test_a_resumed_replay_ends_with_the_same_journal(pool: Pool, empty_url: str, tmp_path: Path) -> None:
    """Stopped after three sessions and run again from the warm-up on, it records what one run records, hash by hash."""
    at_once = Platform(tmp_path / "at-once", empty_url, pool)
    at_once.import_until(SESSIONS[-1])
    expected = at_once.replay(SESSIONS)

    erase(pool)
    migrate(pool)
    resumed = Platform(tmp_path / "resumed", empty_url, pool)
    resumed.import_until(SESSIONS[-1])
    resumed.replay(SESSIONS[:3])
    got = resumed.replay(SESSIONS)

    assert got == expected


def test_repeating_a_complete_replay_changes_nothing(pool: Pool, empty_url: str, tmp_path: Path) -> None:
    """The second replay of the same sessions answers the same and adds no row."""
    platform = Platform(tmp_path, empty_url, pool)
    platform.import_until(SESSIONS[1])
    assert platform.replay(SESSIONS[:2]) == platform.replay(SESSIONS[:2])
