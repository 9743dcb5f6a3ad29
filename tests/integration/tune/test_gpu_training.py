"""A training on a GPU that is a number in Ray's books: everything in one process there, the files on this side."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import ray
from ray.util import placement_group_table

from tests.fakes.eventually import eventually
from tests.fakes.planted import planted
from trading.errors import ModelError, UnavailableError
from tune.fits.distributed import ON_GPU
from tune.fits.gpu import NoGpuError, SimulatedGpu
from tune.gpu_training import OnGpu, Terms, train_on_gpu
from tune.on_ray.room import Room
from tune.pipeline import train_ensemble
from tune.search.bounds import Bounds

pytestmark = pytest.mark.platform
DATA = planted(1, sessions=40, per_session=30, skill=0.25)


@pytest.fixture(scope="module", autouse=True)
def ray_with_a_gpu_in_its_books() -> Iterator[None]:
    """Two processors and what is called a GPU."""
    ray.init(
        address="local", num_cpus=2, num_gpus=1, include_dashboard=False, log_to_driver=False, logging_level="error"
    )  # fmt: skip
    yield
    ray.shutdown()


def train(folder: Path, terms: Terms, said: list[str] | None = None) -> OnGpu:
    """What `inplay train --gpu` and a session do."""
    told = [] if said is None else said
    return train_on_gpu(DATA, folder / "models", folder / "search", terms, say=told.append, then=None)


def free() -> bool:
    """Whether nothing is held or asked for on Ray."""
    resources = ray.available_resources()
    return (resources.get("CPU"), resources.get("GPU")) == (2, 1) and not placement_group_table()


def test_everything_is_done_there_and_the_files_are_here(tmp_path: Path) -> None:
    """The files are those that the same training makes in this process, and say where and how busy it was."""
    said: list[str] = []
    made = train(tmp_path / "there", Terms(7, 60.0, gpu=SimulatedGpu()), said)
    here = train_ensemble(
        DATA, tmp_path / "here", tmp_path / "scratch", seed=7, workers=ON_GPU, say=lambda _: None,
        room=Room(within="cpu"),
    )  # fmt: skip
    assert made.trained.card == here.card
    assert made.trained.accuracy == here.accuracy
    assert made.trained.folder == tmp_path / "there" / "models" / here.card.ensemble_id
    for file in (one for one in here.folder.iterdir() if one.suffix != ".json"):
        assert (made.trained.folder / file.name).read_bytes() == file.read_bytes()
    assert {one.name for one in made.trained.folder.iterdir()} == {one.name for one in here.folder.iterdir()}
    assert made.trained.device == "simulated GPU, which trains on the CPU"
    assert made.trained.seconds > 0
    assert made.busy.source == "simulated"
    assert any("trials done" in line for line in said)
    eventually(free, what="nothing is held", timeout_s=30)


class EndedError(Exception):
    """What ends a training from this side."""


def test_one_that_was_ended_holds_nothing_and_goes_on(tmp_path: Path) -> None:
    """What its search had found is on this side, and the next begins with it."""
    terms = Terms(7, 60.0, Bounds(trials=6), gpu=SimulatedGpu())

    def end(line: str) -> None:
        if "trials done" in line and list((tmp_path / "search").glob("search-*.jsonl")):
            raise EndedError

    with pytest.raises(ModelError):
        train_on_gpu(DATA, tmp_path / "models", tmp_path / "search", terms, say=end, then=None)
    eventually(free, what="nothing is held", timeout_s=30)
    (file,) = (tmp_path / "search").glob("search-*.jsonl")
    before = file.read_bytes().splitlines()
    said: list[str] = []
    train(tmp_path, terms, said)
    assert f"going on from {len(before)} fits of a search that was ended before" in said
    after = file.read_bytes().splitlines()
    assert after[: len(before)] == before
    assert len(set(after)) == len(after) > len(before)


def test_a_process_that_is_killed_is_told_in_words(tmp_path: Path) -> None:
    """Killed with -9 in mid-training, as when its machine goes away: no model, no second try, nothing held."""
    with ThreadPoolExecutor(1) as beside:
        ended = beside.submit(train, tmp_path, Terms(7, 60.0, Bounds(trials=200), gpu=SimulatedGpu()))
        eventually(lambda: list((tmp_path / "search").glob("search-*.jsonl")), what="answers", timeout_s=60)
        os.kill(workers()[0], signal.SIGKILL)
        with pytest.raises(ModelError, match=r"Training ended without a model, and none was replaced"):
            ended.result(timeout=60)
    eventually(free, what="nothing is held", timeout_s=30)
    assert not (tmp_path / "models").exists()


def workers() -> list[int]:
    """Processes in which a task on a GPU runs."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "_on_the_machine" in " ".join(process.cmdline()):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


@pytest.mark.skipif(Path("/proc/driver/nvidia").exists(), reason="this machine has a GPU")
def test_a_machine_without_a_real_one_is_refused(tmp_path: Path) -> None:
    """XGBoost would train on its CPU and say nothing."""
    with pytest.raises(UnavailableError, match="trains on 'cpu'"):
        train(tmp_path, Terms(7, 60.0))
    eventually(free, what="nothing is held", timeout_s=30)


def test_when_none_comes_the_wait_ends(tmp_path: Path) -> None:
    """Ray has one, and it is taken."""

    @ray.remote(num_gpus=1, num_cpus=0)
    class Holder:
        def there(self) -> bool:
            return True

    holder = Holder.remote()  # type: ignore[attr-defined]
    ray.get(holder.there.remote())
    try:
        with pytest.raises(NoGpuError, match="No GPU came within"):
            train(tmp_path, Terms(7, 2.0, gpu=SimulatedGpu()))
    finally:
        ray.kill(holder)
    eventually(free, what="nothing is held", timeout_s=30)
