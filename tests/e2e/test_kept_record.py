"""A record that an earlier version made is opened, brought up to date, and gone on with as that version would have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.platform import Platform

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "tests" / "records" / "dc83931"
"""A backup that the version of that commit made: 20 companies of the sample, models of 160 sessions, 15 traded."""
SO_FAR = "cc65edda88a79fd7a79a1272d9d8c2fae3d83384b77f9ea8e82ec4097c8ba0ca"
GONE_ON = "536db5c8703b20e2726f75d656a3acf97e3646a8dc8dbeeda90fc815a49c8ce0"
"""The journal of that version after `inplay run --to 2010-06-11` on the same record."""
SAID = {"p_pattern": 0.4506203234195709, "p_catalyst": 0.4626481235027313, "p_outcome": 0.45762537033619544}
"""What that version had on record of T at the close of 2010-05-21."""

pytestmark = pytest.mark.platform


def _said(home: Path, *words: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *words, "--json"], env={**os.environ, "INPLAY_HOME": str(home)}, cwd=ROOT,
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_a_record_of_an_earlier_version_is_gone_on_with(tmp_path: Path) -> None:
    """Restored, read and traded on: what its models said is told as before, and the journal is that version's."""
    home = tmp_path / "home"
    assert _said(home, "data", "restore", str(KEPT))["journal_hash"] == SO_FAR

    assert _said(home, "data", "migrate")["applied"][0] == 22
    decisions = _said(home, "explain", "T", "--at", "2010-05-21")["decisions"]
    assert [(told["account"], told["source"], told["action"]) for told in decisions] == [
        ("ensemble", "ensemble", "none"), ("rule", "rule", "buy"),
    ]  # fmt: skip
    for told in decisions:
        assert {name: told[name] for name in SAID} == SAID

    run = Platform(home, "--to", "2010-06-11", "--exit", "--json", sample=False)
    try:
        assert run.end() == 0, run.text
        facts = run.facts()
    finally:
        run.destroy()
    assert facts["journal_hash"] == GONE_ON
    assert [model["kind"] for model in facts["models"]] == ["pattern", "catalyst", "outcome"]
