"""`inplay evaluate acl18` and `kdd17` as they are typed, on made files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from adapters.record import alone
from adapters.settings import read_settings
from tests.fakes.movements import prices, sessions, tweets, written


def typed(home: Path, *words: str, code: int = 0) -> str:
    """What the command prints."""
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", "evaluate", *words],
        env={**os.environ, "INPLAY_HOME": str(home)}, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stdout + done.stderr
    return done.stdout + done.stderr


def test_acl18_says_all_that_a_reader_needs(tmp_path: Path) -> None:
    """Part, baselines, intervals, published figures; without a record the looks aren't on record."""
    path = written(prices(follows=0.8), tmp_path / "p.parquet")
    posts = written(tweets([("S00", "2015-08-03T12:00:00", "beats")] * 3), tmp_path / "t.parquet")
    text = typed(tmp_path / "none", "acl18", "--prices", str(path), "--tweets", str(posts), "--seeds", "2")
    for words in ("dev part: the prices end on 2015-09-30", "always up", "SLOT 58.72%/0.2065", "not on record"):
        assert words in text
    assert not (tmp_path / "none").exists()
    lacking = written(prices(follows=0.8).drop_columns(["open"]), tmp_path / "q.parquet")
    assert "has no column open" in typed(tmp_path / "none", "acl18", "--prices", str(lacking), code=1)


def test_kdd17_counts_the_looks_that_are_on_record(tmp_path: Path, home: Path) -> None:
    """Each one, whichever part it was at."""
    with alone(read_settings(home=home), now=datetime(2026, 11, 28, tzinfo=UTC)):
        pass
    path = str(written(prices(follows=0.7, days=sessions("2014-01-02", "2016-03-01")), tmp_path / "p.parquet"))
    asked = ("kdd17", "--prices", path, "--seeds", "1", "--json")
    looks = [json.loads(typed(home, *asked, *more).splitlines()[-1]) for more in ((), ("--part", "dev"), ())]
    assert [(one["part"], one["looks"]["on_record"]) for one in looks] == [("test", 1), ("dev", 1), ("test", 2)]
    assert looks[0]["scores"] == looks[2]["scores"]
    assert "benchmark" in typed(home, "trials")
