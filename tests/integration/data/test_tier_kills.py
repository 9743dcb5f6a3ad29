"""Kill -9 at random points of moves, merges and backups: every bar readable once, every finished backup whole.

`INPLAY_TIER_KILLS` says how many rounds (default 20, `make chaos` 50); the seed and the delay are in every message.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from adapters.bars.places import S3Access
from adapters.bars.store import BarStore
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool
from adapters.postgres.tier_record import TierRecord
from data.backup.making import verify
from data.backup.vault import Vault
from data.tiers.archive import Archive
from tests.integration.data.tier_bars import SESSIONS, TODAY, WARM, strays, write_small_files

ROUNDS = int(os.environ.get("INPLAY_TIER_KILLS", "20"))
DAYS = [*SESSIONS[:6], *WARM[:4], *SESSIONS[-6:]]
HERE = Path(__file__).parent


def _start(home: Path, url: str, target: Path) -> subprocess.Popen[str]:
    """The worker, at its beginning."""
    environment = {**os.environ, "PYTHONPATH": f"{HERE.parents[2]}{os.pathsep}{HERE}"}
    command = [sys.executable, str(HERE / "tier_worker.py"), str(home), url, str(target)]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "begin\n"
    return worker


def _killed_after(worker: subprocess.Popen[str], delay_s: float) -> bool:
    """Whether the worker was still at it when it was killed."""
    assert worker.stdout is not None
    with worker.stdout:
        try:
            worker.wait(delay_s)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
            return True
    assert worker.returncode == 0
    return False


def test_every_bar_survives_kills_at_random_points(home: Path, pool: Pool, empty_url: str, tmp_path: Path) -> None:
    """After each kill the bars are the same and nothing is left over; what is called a backup can be restored."""
    target = tmp_path / "target"
    target.mkdir()
    write_small_files(home, pool, DAYS)
    worker = _start(home, empty_url, target)
    started = time.monotonic()
    assert not _killed_after(worker, 60)
    whole_s = time.monotonic() - started
    killed = 0
    checked: set[str] = set()
    for seed in range(ROUNDS):
        with pool.connection() as connection:
            connection.execute("TRUNCATE bar_files")
        shutil.rmtree(home)
        expected = write_small_files(home, pool, DAYS)
        delay_s = random.Random(seed).uniform(0, whole_s)
        worker = _start(home, empty_url, target)
        started = time.monotonic()
        if _killed_after(worker, delay_s):
            killed += 1
        else:  # the machine was busier when it was timed
            whole_s = min(whole_s, time.monotonic() - started)
        where = f"seed {seed}, killed after {delay_s:.3f} s"
        store = BarStore(home, BarRecord(pool))
        assert store.read_all().equals(expected), where
        Archive(home, TierRecord(pool)).recover()
        assert store.read_all().equals(expected), where
        assert strays(home, pool) == set(), where
        checked |= _backups_restore(target, empty_url, checked)
    Archive(home, TierRecord(pool)).run(TODAY)
    assert store.read_all().equals(expected)
    assert killed >= ROUNDS // 4, f"only {killed} of {ROUNDS} kills came before the end: nothing was tested"


def _backups_restore(target: Path, url: str, checked: set[str]) -> set[str]:
    """Backups that were not looked at yet, and the latest of the others: each is restored and compared."""
    vault = Vault(str(target), S3Access())
    names = vault.names()
    fresh = set(names[-1:]) | (set(names) - checked)
    for name in fresh:
        verify(vault, vault.catalogue(name), url, lambda _what, _bytes: None)
    return fresh
