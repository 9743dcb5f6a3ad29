"""The command line of the status, as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from adapters.machine.lock import RunLock
from adapters.machine.run_state import RunState, write_state
from serve.api import create_app
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN
from tests.fakes.server import served

ROOT = Path(__file__).parents[3]


def _status(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environ |= {"INPLAY_HOME": str(home), "INPLAY_API_TOKEN": TOKEN}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "status", *arguments], capture_output=True, text=True, timeout=120, cwd=ROOT,
        env=environ, check=False,
    )  # fmt: skip


def test_nothing_runs_is_exit_code_3(tmp_path: Path) -> None:
    """Where nothing runs a program learns it from the exit code, a reader from the words."""
    ended = _status(tmp_path)
    assert (ended.returncode, ended.stderr) == (3, "")
    assert "nothing ran here yet" in ended.stdout


def test_the_json_tells_what_the_words_tell_and_never_the_token(tmp_path: Path) -> None:
    """A run with an ill service is exit code 1; both forms name it, neither shows the token."""
    with (
        RunLock(tmp_path, now=datetime(2010, 1, 4, tzinfo=UTC)),
        served(create_app(FakePlatform(done=64), TOKEN)) as url,
    ):
        write_state(tmp_path, RunState(os.getpid(), "replaying", sessions_total=100, url=url))
        words, program = _status(tmp_path), _status(tmp_path, "--json")
    told = json.loads(program.stdout)
    assert (words.returncode, program.returncode) == (1, 1)
    assert (told["verdict"], told["sessions_done"], told["services"]["ensemble"]) == ("troubled", 64, "degraded")
    assert f"${told['equity_usd']['rule']:,.2f}" in words.stdout
    assert "ensemble degraded" in words.stdout
    assert TOKEN not in words.stdout + program.stdout
