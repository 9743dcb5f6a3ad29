"""The command line of the doctor, as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def _doctor(home: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "doctor", *arguments], capture_output=True, text=True, timeout=120, cwd=ROOT,
        env={**os.environ, "INPLAY_HOME": str(home), **environ}, check=False,
    )  # fmt: skip


def test_the_json_says_the_same_as_the_exit_code(tmp_path: Path) -> None:
    """One JSON object with every check; exit code 0 exactly when the sample run has all it needs."""
    ended = _doctor(tmp_path, "--json")
    told = json.loads(ended.stdout)
    needed = [check for check in told["checks"] if check["needed"]]
    assert told["ready"] == all(check["result"] == "ok" for check in needed)
    assert ended.returncode == (0 if told["ready"] else 1)
    assert {"PostgreSQL", "TA-Lib", "disk space"} <= {check["check"] for check in needed}


def test_a_wrong_setting_is_one_clear_error(tmp_path: Path) -> None:
    """The error goes to standard error in words, as JSON to standard output when asked, and the exit code is 1."""
    ended = _doctor(tmp_path, "--json", INPLAY_HTTP_PORT="abc")
    assert ended.returncode == 1
    assert "INPLAY_HTTP_PORT" in json.loads(ended.stdout)["error"]
    assert ended.stderr.startswith("inplay: Some settings are wrong")
    assert "Traceback" not in ended.stderr
