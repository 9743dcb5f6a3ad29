"""A search on a local Ray that is killed with -9 goes on from what it had found, and finds the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.eventually import eventually
from tests.fakes.planted import planted
from trading.views.members.registry import MEMBERS
from tune.search.bounds import Bounds
from tune.search.search import search
from tune.search.trials import SearchTrial

pytestmark = pytest.mark.platform
FACTS = {"sessions": 60, "per_session": 30, "skill": 0.2}
PROGRAM = """
import ray, sys
from pathlib import Path
from tests.integration.tune.test_search_on_ray import *
ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
search(planted(1, **FACTS), Path(sys.argv[1]), MEMBERS, seed=7, bounds=Bounds(trials=6))
"""


def answers(folder: Path) -> list[bytes]:
    """What is kept, line by line."""
    return [line for file in folder.glob("search-*.jsonl") for line in file.read_bytes().splitlines()]


def test_a_killed_search_asks_only_what_is_missing_and_finds_the_same(local_ray: None, tmp_path: Path) -> None:  # noqa: ARG001
    """Killed in mid-batch by its process; begun again: the lines on disk stay, each question is asked once."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", PROGRAM, str(killed)]) as program:
        eventually(lambda: len(answers(killed)) >= 20, what="twenty answers", timeout_s=120)
        program.kill()
    before = answers(killed)
    said: list[str] = []
    data = planted(1, **FACTS)  # type: ignore[arg-type]
    again = search(data, killed, MEMBERS, seed=7, bounds=Bounds(trials=6), say=said.append)
    assert any("going on from" in line for line in said)
    after = answers(killed)
    assert after[: len(before)] == before
    straight = search(data, whole, MEMBERS, seed=7, bounds=Bounds(trials=6))

    def told(trials: tuple[SearchTrial, ...]) -> list[dict[str, object]]:
        return [one.to_dict() for one in trials]

    assert told(again.trials) == told(straight.trials)
    assert again.winners == straight.winners
    assert len(after) == len(set(after)) == len(answers(whole))
