"""Kill -9 of every trading process at random sessions: the journal of the main job never changes.

`INPLAY_CHAOS_ROUNDS` says how many rounds (default 3, some three minutes each); the seed is in every failure message.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.platform import Platform

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1800)]
ROUNDS = int(os.environ.get("INPLAY_CHAOS_ROUNDS", "3"))
VICTIMS = (
    *(f"ray::{host.title()}" for host in ("trading", "analysis", "sources", "review", "upkeep", "health")),
    "ServeReplica:inplay:Ensemble",
    "bin/postgres -D",
)
EXTRA_KILLS = 3
"""Beside one of each: some process dies more than once, also while what it needs is starting."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The journal hash of a run that nobody disturbed."""
    run = Platform(tmp_path_factory.mktemp("undisturbed"), "--exit", "--json")
    try:
        assert run.end(600) == 0, run.text
        yield str(run.facts()["journal_hash"])
    finally:
        run.destroy()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_random_kills_leave_the_journal_as_it_was(undisturbed: str, tmp_path: Path, seed: int) -> None:
    """Each host of services, the replica and the database killed at random sessions, three twice: the same journal."""
    draw = random.Random(seed)
    plan = sorted((draw.randrange(1, 95), victim) for victim in (*VICTIMS, *draw.choices(VICTIMS, k=EXTRA_KILLS)))
    run = Platform(tmp_path, "--exit", "--json")
    try:
        for number, victim in plan:
            run.wait_for_session(number)
            run.kill(victim)
        assert run.end(600) == 0, f"seed {seed}, plan {plan}\n{run.text}"
        assert run.facts()["journal_hash"] == undisturbed, f"seed {seed}, plan {plan}"
        run.assert_gone()
    finally:
        run.destroy()
