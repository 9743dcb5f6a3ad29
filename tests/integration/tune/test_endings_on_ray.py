"""However a fit or a search ends, nothing on Ray stays reserved for it: a group that is left keeps a rented machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster
from ray.util import placement_group_table

from actors.training import run_within
from tests.fakes.eventually import eventually
from tests.fakes.failing_trainings import ON_GPU, Scheduler, die, hold, long_fit, long_search, refused
from tests.fakes.planted import planted
from trading.errors import InplayError, ModelError, UnavailableError
from trading.views.members.registry import MEMBERS
from tune.fits.distributed import Workers
from tune.on_ray.placements import SESSIONS, Placements, remove_of_sessions
from tune.search.search import search

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head with two processors and no GPU."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "num_gpus": 0, "include_dashboard": False})
    ray.init(address=made.address, log_to_driver=False, logging_level="error")
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture(autouse=True)
def clean(cluster: Any) -> Iterator[None]:  # noqa: ARG001
    """After each ending all processors are free again, no group lives, and no process trains on."""
    yield
    eventually(lambda: not live(), what="no placement group alive")
    eventually(lambda: ray.available_resources().get("CPU") == 2, what="both processors free")


def live() -> list[str]:
    """The names of groups that hold or ask for resources."""
    return [group["name"] for group in placement_group_table().values() if group["state"] != "REMOVED"]


def created() -> bool:
    """Whether some group has its resources."""
    return any(group["state"] == "CREATED" for group in placement_group_table().values())


def aside(function: Callable[..., Any], *args: Any, **named: Any) -> Future[Any]:
    """The function runs in a thread."""
    return ThreadPoolExecutor(1).submit(function, *args, **named)


def test_a_refused_fit_leaves_nothing() -> None:
    """XGBoost refuses a depth below zero; the error is one line and names it."""
    with pytest.raises(ModelError, match="max_depth") as told:
        Placements().run(refused, bundles=[{"CPU": 1}])
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("training", [long_fit, long_search])
def test_a_training_at_its_limit_is_ended(training: Callable[[Placements], None]) -> None:
    """A fit or a search that isn't done in time is ended, with a sentence, while it holds resources."""
    placements = Placements()
    ended = aside(run_within, 8.0, training, placements, placements=placements)
    eventually(created, what="the training's resources", timeout_s=8.0)
    with pytest.raises(UnavailableError, match="wasn't done after"):
        ended.result()
    assert placements.states() == {}


@pytest.mark.parametrize("force", [False, True])
def test_a_cancelled_training_is_ended(force: bool) -> None:  # noqa: FBT001
    """Cancelled as Ray does it, by an interrupt or by killing the process: whoever waits is told, nothing is left."""
    placements = Placements()
    reference = ray.remote(num_cpus=0, max_retries=0)(long_fit).remote(placements)
    eventually(created, what="the training's resources")
    ray.cancel(reference, force=force)
    with pytest.raises((ray.exceptions.RayError, InplayError)):
        ray.get(reference, timeout=20)
    placements.remove()


def test_a_killed_training_process_is_told() -> None:
    """The process of a training is killed with -9: a sentence, and nothing is left."""
    placements = Placements()
    ended = aside(run_within, 60.0, die, placements, placements=placements)
    with pytest.raises(UnavailableError, match="was killed or crashed"):
        ended.result(timeout=20)


@pytest.mark.parametrize("training", ["long_fit", "long_search"])
def test_the_death_of_the_program_that_trains_frees_everything(cluster: Any, training: str) -> None:
    """A program that called a fit or a search is killed with -9; Ray takes back what its job had."""
    words = (
        f"import ray; ray.init({cluster.address!r}, log_to_driver=False); from tests.fakes.failing_trainings import *; "
        f"{training}(Placements())"
    )
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", words], stderr=subprocess.DEVNULL) as program:
        eventually(created, what="the training's resources", timeout_s=30)
        program.kill()


def test_what_a_killed_scheduler_left_is_removed_by_the_next() -> None:
    """A detached scheduler is killed in mid-training: the next one removes what it had, and the processors are free."""
    placements = Placements(f"{SESSIONS}-test")
    handle: Any = ray.remote(Scheduler).options(name="scheduler", lifetime="detached", num_cpus=0).remote()
    handle.train.remote(placements)
    eventually(lambda: "CREATED" in placements.states().values(), what="the training's resources")
    ray.kill(handle, no_restart=True)
    others = Placements("run-of-somebody-else")
    other = others.named([{"CPU": 0.5}])
    eventually(lambda: remove_of_sessions() == 0 and not placements.states(), what="no group of sessions")
    assert len(others.states()) == 1
    ray.util.remove_placement_group(other)


def test_a_lost_machine_ends_the_fit(cluster: Any) -> None:
    """The machine with the GPU goes away in mid-fit: no other one is waited for or asked for."""
    node = cluster.add_node(num_cpus=1, num_gpus=1)
    ended = aside(Placements().run, hold, bundles=[{"CPU": 1, "GPU": 1}])
    eventually(created, what="the training's resources")
    cluster.remove_node(node)
    with pytest.raises(ModelError, match="lost a machine"):
        ended.result(timeout=20)


def test_a_fit_that_a_gpu_refuses_frees_the_machine(cluster: Any) -> None:
    """xgboost-ray raises without cleaning up; the GPU is free at once all the same."""
    node = cluster.add_node(num_cpus=1, num_gpus=1)
    with pytest.raises(ModelError, match="trains on 'cpu'"):
        long_fit(Placements(), ON_GPU)
    eventually(lambda: ray.available_resources().get("GPU") == 1, what="the GPU free")
    cluster.remove_node(node)


def test_a_fit_without_room_says_what_it_asked_for() -> None:
    """No GPU in the cluster: the wait ends, the sentence names what was asked for, and nobody asks any more."""
    with pytest.raises(ModelError, match="asks Ray for 1 CPU, 1 GPU, of which 2 CPU, 0 GPU are free"):
        long_fit(Placements(wait_s=0.5), ON_GPU)


def test_a_search_without_room_ends(tmp_path: Path) -> None:
    """Other work has all processors, before a search begins or once it has: it ends with a sentence."""
    busy = Placements()
    taken = busy.named([{"CPU": 2}])
    assert taken.wait(10)
    data = planted(1, sessions=40, per_session=10)
    with pytest.raises(ModelError, match="asks Ray for 1 CPU, of which 0 CPU are free"):
        search(data, tmp_path, MEMBERS, seed=1, placements=Placements(wait_s=0.5))

    class Passed(Placements):
        def require(self, bundles: Any, *, elsewhere: bool = False) -> None:
            """As if others took the room just after it was looked for."""

    with pytest.raises(ModelError, match="no trial had a CPU for 2 s"):
        search(data, tmp_path, MEMBERS, seed=1, placements=Passed(wait_s=2))
    busy.remove()


def test_more_processors_than_the_head_has_are_refused_at_once() -> None:
    """Work on CPUs stays on the head, so three processors never come: no wait, and the way out."""
    with pytest.raises(ModelError, match="asks for 3 CPU on Ray's head, which has 2"):
        long_fit(Placements(), Workers(actors=3))
