"""The life of models over a few weeks of the sample: by itself, in the same way twice, each trade with its model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.record import reading
from adapters.settings import read_settings

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1_800)]
ROOT = Path(__file__).parents[2]
DAYS = ("--from", "2010-06-01", "--to", "2010-07-02")


def lived(home: Path, *words: str) -> Any:
    """What `inplay rehearse life` told."""
    settings = {"INPLAY_HOME": str(home), "INPLAY_UPDATE_EVERY_SESSIONS": "3", "INPLAY_TRAIN_EVERY_SESSIONS": "10"}
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "rehearse", "life", *DAYS, *words, "--json"], cwd=ROOT,
        env={**os.environ, **settings, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=850,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_a_life_runs_by_itself_and_again_on_a_copy(tmp_path: Path) -> None:
    """Updates and trainings come when they are due; a rehearsal on the first one's bars has the same journal."""
    kept = tmp_path / "kept"
    first = lived(tmp_path / "empty", "--sample", "--keep", str(kept))
    assert first["sessions"] == 24
    assert first["updates"] >= 5
    assert first["trainings"] == 2
    assert first["promotions"] >= 2
    _each_trade_has_its_model(kept)
    again = lived(kept)
    assert {**again, "wall_s": 0} == {**first, "wall_s": 0}


def _each_trade_has_its_model(home: Path) -> None:
    """Who bought by models is named, and was champion or challenger at that session by the record."""
    with reading(read_settings(home=home), now=datetime.now(UTC)) as record, record.pool.connection() as connection:
        life = record.lifecycle.life()
        rows = connection.execute(
            "SELECT session, account, ensemble_id FROM decisions WHERE action = 'buy' AND source = 'ensemble'"
        ).fetchall()
        named = connection.execute(
            "SELECT count(*) FROM decisions WHERE action = 'buy' AND source = 'ensemble' AND ensemble_id IS NULL"
        ).fetchall()
    assert named == [(0,)]
    for session, account, ensemble_id in rows:
        roles = life.at(session)
        assert ensemble_id == (roles.challenger if account == "challenger" else roles.champion)
