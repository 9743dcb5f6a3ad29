"""The limits in force: on record from the first start on, tightened by a start, loosened only by a person."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.postgres.pool import Pool
from adapters.postgres.risk_limits import RiskLimits
from trading.errors import ConfigurationError
from trading.risk.decision_rules import DecisionRules, limits_of, rules_of
from trading.risk.limits import sha256_of

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DEFAULTS = limits_of(DecisionRules())
TIGHT = limits_of(rules_of({"max_weight": 0.05}))
ROOT = Path(__file__).parents[3]


def test_a_start_may_tighten_the_limits_and_not_loosen_them(pool: Pool) -> None:
    """The refusal names the limit and both values, and changes nothing; a person's word lets the next start through."""
    record = RiskLimits(pool)
    assert record.in_force() is None
    first = record.begin(DEFAULTS, code_version="1", at=AT)
    assert (first.action, first.sha256, first.limits) == ("first", sha256_of(DEFAULTS), DEFAULTS)
    assert record.begin(DEFAULTS, code_version="1", at=AT + timedelta(hours=1)) == first, "the same set isn't new"
    tight = record.begin(TIGHT, code_version="1", at=AT + timedelta(hours=2))
    assert tight.action == "tightened"
    with pytest.raises(ConfigurationError, match=r"max_weight from 0\.05 to 0\.1"):
        record.begin(DEFAULTS, code_version="1", at=AT + timedelta(hours=3))
    assert record.in_force() == tight
    accepted = record.accept(DEFAULTS, "looked at it", code_version="1", at=AT + timedelta(hours=4))
    assert (accepted.action, accepted.reason) == ("accepted", "looked at it")
    assert record.begin(DEFAULTS, code_version="1", at=AT + timedelta(hours=5)) == accepted
    assert record.in_force(AT + timedelta(hours=3)) == tight, "both sets are on record"
    assert record.in_force(AT - timedelta(hours=1)) is None


def test_the_command_shows_what_differs_and_accepts_only_when_told(empty_url: str, pool: Pool, tmp_path: Path) -> None:
    """Exit code 1 and the words while the settings are looser; with --accept they are in force."""
    RiskLimits(pool).begin(TIGHT, code_version="1", at=AT)

    def command(*more: str) -> tuple[int, dict[str, object]]:
        ended = subprocess.run(
            [sys.executable, "-m", "cli.main", "trading", "limits", "--json", *more], capture_output=True, text=True,
            timeout=120, cwd=ROOT, check=False,
            env={**os.environ, "DATABASE_URL": empty_url, "INPLAY_HOME": str(tmp_path)},
        )  # fmt: skip
        assert ended.stdout, ended.stderr
        return ended.returncode, json.loads(ended.stdout)

    code, told = command()
    assert (code, told["looser"]) == (1, ["max_weight from 0.05 to 0.1"])
    code, told = command("--accept", "--reason", "meant")
    assert (code, told["looser"]) == (0, [])
    assert RiskLimits(pool).begin(DEFAULTS, code_version="1", at=AT).reason == "meant"
