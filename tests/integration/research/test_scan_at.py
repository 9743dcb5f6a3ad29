"""A scan of the past on the real sample: what was known then, the same whatever came later."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.calendar import close_of
from adapters.machine.lock import RunLock
from adapters.postgres.migrate import erase, migrate
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import EmbeddedPostgres
from adapters.record import Record
from research.scan_at import scan_at
from tests.integration.one_process import Platform
from trading.errors import BadDataError, UnavailableError
from trading.scanner.at_close import Scan, large_cap, ross_cameron

ROOT = Path(__file__).parents[3]
CRASH = date(2010, 5, 6)
OVERNIGHT = timedelta(hours=16)
BEFORE_NOON = datetime(2010, 5, 6, 14, 0, tzinfo=UTC)
"""10:00 in New York: the session is open, so the last close is that of 5 May."""


@pytest.fixture
def platform(pool: Pool, empty_url: str, home: Path) -> Platform:
    """The whole sample on record."""
    made = Platform(home, empty_url, pool)
    made.import_until(None)
    return made


def _without_rows(scan: Scan) -> list[tuple[Any, ...]]:
    return [(one.rank, one.symbol, one.score, one.parts, one.reason) for one in scan.in_play]


def test_a_question_during_a_session_is_answered_from_the_close_before(platform: Platform) -> None:
    """At 10:00 of the crash the answer is that of 5 May; from the close on it is that of 6 May, and a bear market's."""
    pool, home = platform.pool, platform.home
    morning, evening = (scan_at(Record(pool, home), at, large_cap()) for at in (BEFORE_NOON, close_of(CRASH)))
    assert (morning.scan.session, morning.known_at) == (date(2010, 5, 5), close_of(date(2010, 5, 5)))
    assert (evening.scan.session, evening.known_at) == (CRASH, close_of(CRASH))
    assert (evening.regime.trend, evening.regime.volatility_source) == ("bear", "realised")
    fallen = [one for one in evening.scan.in_play if "down" in one.reason]
    assert len(fallen) > len(evening.scan.in_play) / 2, "on the day of the crash most of what is in play fell"


def test_it_is_what_the_platform_scanned_at_that_close(platform: Platform) -> None:
    """The services, session by session, find the same names with the same scores and reasons."""
    with platform.services() as services:
        batch = services["ingestion"].deliver(CRASH)
        market = services["technical_analysis"].observe(CRASH, batch)
        patterns = services["pattern_recognition"].recognise(CRASH, market, services["news"].known_at(CRASH))
        live = Scan(CRASH, services["scanner"].scan(CRASH, market, patterns))
    found = scan_at(Record(platform.pool, platform.home), close_of(CRASH), large_cap())
    assert _without_rows(found.scan) == _without_rows(live)


@pytest.mark.parametrize("rules", [large_cap(), ross_cameron()], ids=["large_cap", "ross_cameron"])
def test_later_data_change_nothing(platform: Platform, rules: Any) -> None:
    """With all bars and events after the session removed, before the gates, every part of the answer is the same."""
    whole = scan_at(Record(platform.pool, platform.home), close_of(CRASH), rules)
    erase(platform.pool)
    migrate(platform.pool)
    platform.import_until(CRASH)
    assert scan_at(Record(platform.pool, platform.home), close_of(CRASH), rules) == whole


def test_a_report_counts_once_the_next_day_has_begun(platform: Platform) -> None:
    """State Street's report of 20 April 2010 is flagged on the next morning, and not at the close of its own day."""
    close = close_of(date(2010, 4, 20))
    evening, morning = (
        scan_at(Record(platform.pool, platform.home), at, large_cap()) for at in (close, close + OVERNIGHT)
    )
    assert evening.scan == morning.scan, "flags move no name"
    assert evening.flags["STT"] == ()
    assert [flag for flag in morning.flags["STT"] if "earnings dated 2010-04-20" in flag]


def test_a_time_without_bars_is_refused(platform: Platform) -> None:
    """Before the data, after them, and in the session that the sample lacks: an older one must not pass for it."""
    for at in (datetime(2008, 1, 4, tzinfo=UTC), datetime(2011, 1, 4, tzinfo=UTC), close_of(date(2010, 8, 18))):
        with pytest.raises(BadDataError, match="2009-08-21 to 2010-08-20"):
            scan_at(Record(platform.pool, platform.home), at, large_cap())


def test_an_empty_record_is_refused(pool: Pool, empty_pool: Pool, home: Path) -> None:
    """Tables without bars, and no tables at all: the way to import some is named."""
    with pytest.raises(UnavailableError, match="inplay run --sample"):
        scan_at(Record(pool, home), BEFORE_NOON, large_cap())
    erase(empty_pool)
    with pytest.raises(UnavailableError, match="inplay run --sample"):
        scan_at(Record(empty_pool, home), BEFORE_NOON, large_cap())


def _asked(home: Path, at: str, *more: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {"INPLAY_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "scan", "--at", at, *more], capture_output=True, text=True, timeout=120,
        cwd=ROOT, env=environ, check=False,
    )  # fmt: skip


def test_the_command_answers_alike_beside_a_run_and_alone(home: Path) -> None:
    """With a run's server up it asks that one; without, it has one of its own for as long as it takes."""
    server = EmbeddedPostgres(home)
    at = "2010-05-06T16:00-04:00"
    with RunLock(home, now=datetime(2010, 1, 4, tzinfo=UTC)):
        pool = open_pool(server.start())
        try:
            migrate(pool)
            Platform(home, server.url, pool).import_until(None)
            beside = _asked(home, at, "--json", "--limit", "5")
        finally:
            pool.close()
            server.stop()
    alone, words = _asked(home, at, "--json", "--limit", "5"), _asked(home, at, "--limit", "5")
    assert (beside.returncode, alone.returncode, words.returncode) == (0, 0, 0), beside.stderr + alone.stderr
    assert json.loads(beside.stdout) == json.loads(alone.stdout)
    told = json.loads(alone.stdout)
    assert (told["session"], told["known_at"], len(told["in_play"])) == ("2010-05-06", "2010-05-06T20:00:00+00:00", 5)
    assert set(told["unknown"]) == {"halted", "earnings tonight", "sector at the time"}
    assert "Known at 2010-05-06 16:00 America/New_York" in words.stdout
    assert all(one["symbol"] in words.stdout for one in told["in_play"])
    assert not (home / "postgres" / "data" / "postmaster.pid").exists(), "no server is left behind"


@pytest.mark.parametrize(
    ("at", "code", "said"),
    [("2010-05-06T16:00", 2, "no time zone"), ("noon", 2, "is no time"), ("2010-05-06T16:00-04:00", 1, "run --sample")],
)
def test_a_wrong_question_is_answered_with_what_to_do(tmp_path: Path, at: str, code: int, said: str) -> None:
    """Wrong usage is exit code 2, a data folder without a record 1; neither makes a folder."""
    ended = _asked(tmp_path / "none", at)
    assert ended.returncode == code
    assert said in " ".join(ended.stderr.split())
    assert not (tmp_path / "none").exists()
