"""Faults at any request double, hide or leave no machine."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from ray.autoscaler.node_launch_exception import NodeLaunchException

from cluster.errors import ApiError
from cluster.machines import list_machines
from cluster.reaper import sweep
from tests.fakes.cloud import FakeClock, FakeCloud, Reply
from tests.unit.cluster.test_provider import HEAD, HEAD_TAGS, REFUSED, WORKER, WORKER_TAGS, client, open_provider

FAULTS: list[Callable[[], Exception]] = [
    lambda: Reply(429, {"id": "too_many_requests", "message": "slow down"}, retry_after="3"),
    lambda: Reply(500, {"id": "server_error", "message": "oops"}),
    lambda: Reply(502, "<html>Bad Gateway</html>"),
    lambda: Reply(422, REFUSED),
    requests.ReadTimeout,
    requests.ConnectionError,
]


@pytest.mark.parametrize("seed", range(150))
def test_no_fault_doubles_or_hides_a_machine(seed: int, tmp_path: Path) -> None:
    """No fault doubles or hides a machine."""
    draw = random.Random(seed)
    cloud = FakeCloud(FakeClock())
    stranger = cloud.add("web")

    def perhaps(_method: str, _path: str, _number: int) -> None:
        if draw.random() < 0.08:
            fault = draw.choice(FAULTS)()
            raise fault

    provider = open_provider(cloud, tmp_path)
    cloud.before = cloud.after = perhaps
    cloud.tags_late = draw.random() < 0.3
    for step in range(12):
        try:
            known = provider.non_terminated_nodes({})
            if known and draw.random() < 0.3:
                provider.terminate_nodes(known[:1])
            else:
                provider.create_node(WORKER, WORKER_TAGS | {"ray-launch-request": f"r{step}"}, draw.randint(1, 2))
        except (ApiError, NodeLaunchException):
            continue  # the autoscaler skips such a round
        hourly = sum(each["size"]["price_hourly"] for each in cloud.droplets.values()) - 0.03571
        assert hourly <= 20, f"seed {seed}: over the cap"
    cloud.before = cloud.after = lambda _method, _path, _number: None
    known = provider.non_terminated_nodes({})
    names = [name for name in cloud.names() if name != "web"]
    assert sorted(names) == sorted(set(names)), f"seed {seed}: doubled"
    assert {int(each) for each in known} == set(cloud.droplets) - {stranger}, f"seed {seed}: unknown to the provider"
    in_a_minute = max(sum(0 <= at_s - start_s < 60 for at_s in cloud.made_at_s) for start_s in cloud.made_at_s)
    assert in_a_minute <= 250, f"seed {seed}: over the rate limit"
    cloud.clock.sleep(5 * 3_600)
    sweep(client(cloud), cloud.clock)
    assert list(cloud.droplets) == [stranger], f"seed {seed}: unknown to the reaper"


class Killed(BaseException):
    """The controller is gone; nothing of ours catches this."""


def life(cloud: FakeCloud, folder: Path) -> None:
    """A cluster from its first machine to its last."""
    provider = open_provider(cloud, folder)
    (head,) = provider.create_node(HEAD, HEAD_TAGS, 1)
    provider.create_node(WORKER, WORKER_TAGS, 1)
    provider.terminate_nodes(provider.non_terminated_nodes({"ray-node-type": "worker"}))
    provider.terminate_node(head)
    provider.cleanup_cluster_resources()


def test_killed_at_any_request_one_teardown_leaves_nothing(tmp_path: Path) -> None:
    """Killed at any request one teardown leaves nothing."""
    whole = FakeCloud(FakeClock())
    life(whole, tmp_path / "whole")
    for at in range(len(whole.requests)):
        for when in ("before", "after"):
            cloud = FakeCloud(FakeClock())

            def kill(_method: str, _path: str, number: int, at: int = at) -> None:
                if number == at:
                    raise Killed

            setattr(cloud, when, kill)
            with pytest.raises(Killed):
                life(cloud, tmp_path / f"{when}{at}")
            setattr(cloud, when, lambda _method, _path, _number: None)
            open_provider(cloud, tmp_path / "other").cleanup_cluster_resources()
            assert not cloud.droplets, f"killed {when} request {at}"
            assert not list_machines(client(cloud))
            assert all(not things for things in cloud.things.values()), f"killed {when} request {at}"
