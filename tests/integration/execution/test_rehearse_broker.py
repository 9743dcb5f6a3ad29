"""`inplay rehearse broker` as a user runs it, and that it notices what it is there to notice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from execution.rehearsal.faults import FAULTS
from execution.rehearsal.sessions import BrokerRehearsed

ENDED = BrokerRehearsed((), 100, 100, {"A": 1}, {"A": 1}, (), (), 0, 1, 1, 0, 0, 0, 1, ())


def rehearsed(*flags: str) -> tuple[int, dict[str, Any]]:
    """Exit code and facts."""
    command: Sequence[str] = [sys.executable, "-m", "cli.main", "rehearse", "broker", "--json", *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_sessions_with_everything_that_goes_wrong_end_with_the_same_cash_and_positions() -> None:
    """Sessions with everything that goes wrong end with the same cash and positions on both sides."""
    code, found = rehearsed("--sessions", "14")
    assert (code, found["agrees"], found["not_tried"]) == (0, True, [])
    assert [one["fault"] for one in found["sessions"] if one["fault"]] == list(FAULTS)
    assert found["cash_cents"] == found["account_cash_cents"]
    assert found["shares"] == found["account_shares"]
    assert (found["unexplained"], found["doubled"], found["untold"]) == ([], [], 0)
    assert found["partial_fills"] > 0
    assert found["protections"] > 0
    assert found["exits_by_time"] > 0
    assert found["adopted"] >= 3, "the first deposit, the one by hand, and the order that was left open by hand"


@pytest.mark.parametrize(
    "wrong",
    [{"cash_cents": 101}, {"shares": {"A": 2}}, {"unexplained": ("A +1",)}, {"doubled": ("x",)}, {"untold": 1}],
)
def test_a_cent_a_share_an_adoption_a_double_or_a_lost_fill_is_a_difference(wrong: dict[str, Any]) -> None:
    """A cent a share an adoption a double or a lost fill is a difference."""
    assert ENDED.agrees
    assert not replace(ENDED, **wrong).agrees
