"""The controller is killed at every single request of a cluster's life; what one reap leaves afterwards.

The life is `ray up`, a GPU worker, its end, and `ray down`, through the provider, against the simulated DigitalOcean.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

import pytest
import requests

from cluster.machines import list_machines
from cluster.network import remove_foundation
from cluster.reaper import destroy_cluster, sweep
from cluster.simulator.cloud import SimulatedCloud
from cluster.simulator.faults import Script
from cluster.simulator.transport import InProcessAdapter
from tests.fakes.simulated import GPU, HEAD, NOTHING_LEFT, SimulatedTime, connect, provide, simulate, tags

When = Literal["before", "after"]
AFTER_EVERY_DEADLINE_S = 6 * 3_600
NEVER = 10_000


class Killed(BaseException):
    """The controller is gone; nothing of ours catches this."""


class Deadly(InProcessAdapter):
    """Kills the controller at one request, before or after it has taken effect; tells what was asked."""

    def __init__(self, cloud: SimulatedCloud, at: int, when: When) -> None:
        super().__init__(cloud)
        self.at, self.when = at, when
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        number = len(self.asked)
        self.asked.append(f"{request.method} {request.path_url.split('?')[0]}")
        if number == self.at and self.when == "before":
            raise Killed
        answer = super().send(request, *args, **kwargs)
        if number == self.at:
            raise Killed
        return answer


class Life:
    """One cluster from its first machine to its last, unless it is killed.

    Attributes:
        kept: `ray up` has said that the head stays, and nobody has taken it down since.
    """

    def __init__(self, folder: Path, head: dict[str, Any], at: int = NEVER, when: When = "before") -> None:
        self.cloud, self.clock = simulate(1, Script())  # seed 1 isn't judged, which would take minutes
        self.deadly = Deadly(self.cloud, at, when)
        self.folder, self.head = folder, head
        self.steps: list[tuple[str, int]] = []

    def run(self) -> bool:
        """Whether it came to its end."""
        try:
            self._live()
        except Killed:
            return False
        return True

    def _live(self) -> None:
        provider = provide(connect(self.cloud, self.clock, self.deadly), self.clock, self.folder)
        (head,) = provider.create_node(self.head, tags("head", ""), 1)
        self.clock.sleep(120)
        provider.non_terminated_nodes({})
        self._step("set up")
        provider.set_node_tags(head, {"ray-node-status": "up-to-date"})
        self._step("is used")
        provider.create_node(GPU, tags("worker", "one"), 1)
        self.clock.sleep(600)
        provider.terminate_nodes(provider.non_terminated_nodes({"ray-node-type": "worker"}))
        provider.create_node(GPU, tags("worker", "two"), 1)
        self.clock.sleep(600)
        everything = provider.non_terminated_nodes({})
        self._step("goes down")
        provider.terminate_nodes(everything)
        provider.cleanup_cluster_resources()

    def _step(self, name: str) -> None:
        self.steps.append((name, len(self.deadly.asked)))


def lives(folder: Path, head: dict[str, Any]) -> Iterator[tuple[Life, Life, str]]:
    """Each life that is killed, after the whole one it is compared with, and in words where it was killed."""
    whole = Life(folder / "whole", head)
    assert whole.run()
    assert len(whole.deadly.asked) > 60
    for at, asked in enumerate(whole.deadly.asked):
        for when in get_args(When):
            killed = Life(folder / f"{at}{when}", head, at, when)
            assert not killed.run()
            assert killed.deadly.asked[-1] == asked
            yield whole, killed, f"killed {when} request {at}, {asked}"


def reap(cloud: SimulatedCloud, clock: SimulatedTime) -> None:
    """One reap from another machine, long after."""
    clock.sleep(AFTER_EVERY_DEADLINE_S)
    sweep(connect(cloud, clock), clock)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: the books are synced to disk after each entry, thousands of times here."""
    memory = Path("/dev/shm")  # noqa: S108  the folder in it has a name of its own
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


def test_a_cluster_with_a_deadline_leaves_nothing_after_one_reap(tmp_path: Path) -> None:
    """A cluster whose head has a deadline too leaves nothing after one reap: no machine, network, firewall or key."""
    for _, life, where in lives(tmp_path, HEAD | {"max_hours": 5}):
        reap(life.cloud, life.clock)
        assert life.cloud.left() == NOTHING_LEFT, where


def test_of_a_cluster_that_stays_one_reap_leaves_a_head_in_use_and_nothing_else(tmp_path: Path) -> None:
    """One reap leaves the head only of a cluster that `ray up` finished and nobody took down; else nothing at all."""
    heads_left = 0
    for whole, life, where in lives(tmp_path, HEAD):
        steps = dict(whole.steps)
        asked = whole.deadly.asked
        finished = next(n for n in range(steps["set up"], len(asked)) if asked[n].startswith("DELETE /v2/tags"))
        down = next(n for n in range(steps["goes down"], len(asked)) if asked[n].startswith("DELETE /v2/droplets"))
        late = life.deadly.when == "after"
        in_use = (life.deadly.at, late) >= (finished, True) and (life.deadly.at, late) < (down, True)
        reap(life.cloud, life.clock)
        machines = [each.is_head() for each in list_machines(connect(life.cloud, life.clock))]
        assert machines == ([True] if in_use else []), where
        assert in_use or life.cloud.left() == NOTHING_LEFT, where
        heads_left += in_use
    assert heads_left > 0


def test_reaping_all_of_a_cluster_leaves_nothing_wherever_it_was_killed(tmp_path: Path) -> None:
    """What `reap --cluster demo --all` does leaves nothing at once, wherever the controller was killed."""
    for _, life, where in lives(tmp_path, HEAD):
        api = connect(life.cloud, life.clock)
        destroy_cluster(api, "demo", life.clock)
        remove_foundation(api, "demo", life.clock)
        assert life.cloud.left() == NOTHING_LEFT, where
        assert not [tag for tag in life.cloud.world.tags if "demo" in tag], where


def test_a_young_network_is_left_alone(tmp_path: Path) -> None:
    """A network that was just laid is left alone: somebody is about to make the first machine in it."""
    life = Life(tmp_path, HEAD)
    provider = provide(connect(life.cloud, life.clock), life.clock, tmp_path)
    (head,) = provider.create_node(HEAD, tags("head", ""), 1)
    provider.terminate_node(head)
    sweep(connect(life.cloud, life.clock), life.clock)
    assert [len(life.cloud.left()[kind]) for kind in ("firewalls", "ssh_keys", "vpcs")] == [1, 1, 1]
    reap(life.cloud, life.clock)
    assert life.cloud.left() == NOTHING_LEFT


@pytest.mark.parametrize("hours", [1.9, 2.1])
def test_a_head_gets_two_hours_to_be_set_up(tmp_path: Path, hours: float) -> None:
    """A head that `ray up` doesn't finish is there for two hours and no longer."""
    life = Life(tmp_path, HEAD)
    provide(connect(life.cloud, life.clock), life.clock, tmp_path).create_node(HEAD, tags("head", ""), 1)
    life.clock.sleep(hours * 3_600)
    reaped = sweep(connect(life.cloud, life.clock), life.clock)
    assert [each.reason.startswith("never set up by `ray up`") for each in reaped] == ([True] if hours > 2 else [])
