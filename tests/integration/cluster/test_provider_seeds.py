"""A thousand random lives of the provider against the simulated DigitalOcean, `PROVIDER_SEEDS` of them on demand."""

from __future__ import annotations

import logging
import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.fakes.simulated import random_life

SEEDS = int(os.environ.get("PROVIDER_SEEDS", "1000"))
PROCESSES = min(4, os.cpu_count() or 1)


def outcome(seed: int, folder: Path) -> str:
    """Nothing, or what went wrong with the seed."""
    logging.disable(logging.ERROR)  # refusals are what this is about; thousands of lines of them help nobody
    with tempfile.TemporaryDirectory(dir=folder) as own:
        try:
            random_life(seed, Path(own))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told with its seed
            return f"seed {seed}: {type(error).__name__}: {error}"
    return ""


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: the books are synced to disk after each entry, thousands of times here."""
    memory = Path("/dev/shm")  # noqa: S108  the folder in it has a name of its own
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


def test_no_seed_doubles_or_hides_a_machine(tmp_path: Path) -> None:
    """No seed doubles or hides a machine, exceeds a limit or a cap, touches a stranger or outlives the reaper."""
    assert SEEDS > 0
    # Spawned, not forked: Ray's threads are about by the time that this test runs.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as processes:
        outcomes = list(processes.map(partial(outcome, folder=tmp_path), range(SEEDS), chunksize=10))
    assert len(outcomes) == SEEDS
    assert [each for each in outcomes if each] == []
