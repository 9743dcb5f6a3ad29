"""The provider against the simulated DigitalOcean: random lives, faults at any call, judged by its specification."""

from __future__ import annotations

import os
import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from ray.autoscaler.node_launch_exception import NodeLaunchException

from cluster.api import DigitalOcean
from cluster.errors import ClusterError
from cluster.machines import list_machines
from cluster.provider import DigitalOceanNodeProvider
from cluster.reaper import sweep
from cluster.simulator.agenda import VirtualClock
from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.faults import FaultKind, Script, SeededFaults
from cluster.simulator.transport import InProcessAdapter
from tests.fakes.specification import specification

SEEDS = int(os.environ.get("PROVIDER_SEEDS", "40"))
"""More on demand: each takes a tenth of a second or two."""
END_POINT = "https://api.digitalocean.com/v2/"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIsGJaIAKqPRsYcZ4Vd5zGHX6JJXDqmSLUjFBnDJYkhs test"
HEAD = {"size": "s-2vcpu-4gb", "image": "ubuntu-24-04-x64"}
GPU = {"size": "gpu-h100x1-80gb", "image": "gpu-h100x1-base", "max_hours": 4, "fallback_sizes": ["gpu-l40sx1-48gb"]}
CAP_USD_PER_H = 12.0
SPECIFICATION = specification()


class SimulatedTime:
    """The simulator's clock, as the provider reads it."""

    def __init__(self) -> None:
        self.virtual = VirtualClock(datetime.fromisoformat("2026-11-02T10:00:00+00:00"))

    def now_s(self) -> float:
        return self.virtual().timestamp()

    def sleep(self, duration_s: float) -> None:
        self.virtual.sleep(duration_s)


def connect(cloud: SimulatedCloud, clock: SimulatedTime) -> DigitalOcean:
    """A client of the simulator, without sockets."""

    def session() -> requests.Session:
        made = requests.Session()
        made.mount("https://", InProcessAdapter(cloud))
        return made

    return DigitalOcean(TOKEN, clock=clock, open_session=session, end_point=END_POINT)


def provide(api: DigitalOcean, clock: SimulatedTime, folder: Path) -> DigitalOceanNodeProvider:
    """A provider of a cluster named demo."""
    caps = {"usd_per_h": CAP_USD_PER_H, "usd_per_session": 200, "usd_per_month": 500}
    config = {"region": "tor1", "admin_cidrs": ["203.0.113.7/32"], "spend_caps": caps, "ledger_folder": str(folder)}
    return DigitalOceanNodeProvider(config | {"ssh_public_key_text": KEY}, "demo", api=api, clock=clock)


def simulate(seed: int, faults: SeededFaults | Script) -> tuple[SimulatedCloud, SimulatedTime]:
    """An empty account."""
    clock = SimulatedTime()
    cloud = SimulatedCloud(
        now=clock.virtual,
        generator=random.Random(seed),
        faults=faults,
        judged=seed % 10 == 0,
        specification=SPECIFICATION,
    )
    return cloud, clock


def tags(kind: str, request: str) -> dict[str, str]:
    """Ray's tags of a launch."""
    return {"ray-node-type": kind, "ray-user-node-type": f"ray.{kind}", "ray-launch-request": request}


def test_a_whole_life_keeps_to_the_specification_and_leaves_nothing(tmp_path: Path) -> None:
    """A whole life keeps to the specification and leaves nothing."""
    cloud, clock = simulate(0, Script())
    provider = provide(connect(cloud, clock), clock, tmp_path)
    provider.create_node(HEAD, tags("head", ""), 1)
    provider.create_node(GPU, tags("worker", "one"), 1)
    clock.sleep(300)
    nodes = provider.non_terminated_nodes({})
    assert [provider.is_running(node) for node in nodes] == [True, True]
    assert all(provider.internal_ip(node) and provider.external_ip(node) for node in nodes)
    provider.terminate_nodes(nodes)
    provider.cleanup_cluster_resources()
    assert cloud.spec_violations == []
    assert cloud.left() == {"droplets": [], "firewalls": [], "volumes": [], "ssh_keys": [], "snapshots": [], "vpcs": []}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_fault_doubles_or_hides_a_machine(seed: int, tmp_path: Path) -> None:
    """No fault doubles or hides a machine, breaks a limit or touches a stranger."""
    draw = random.Random(seed)
    refused = {FaultKind.UNAUTHORIZED, FaultKind.FORBIDDEN}
    kinds = [kind for kind in FaultKind if kind not in refused]
    faults = SeededFaults(random.Random(seed), rate=0.0, kinds=kinds)
    cloud, clock = simulate(seed, faults)
    api = connect(cloud, clock)
    stranger = api.post("droplets", {"name": "web", "region": "tor1", **HEAD, "tags": ["inplay-cluster:demo"]})
    stranger_id = stranger.body["droplet"]["id"]
    faults._rate = 0.08
    provider = provide(api, clock, tmp_path)
    for step in range(10):
        try:
            known = provider.non_terminated_nodes({})
            if known and draw.random() < 0.3:
                provider.terminate_nodes(known[:1])
            else:
                provider.create_node(GPU, tags("worker", f"r{step}"), draw.randint(1, 2))
        except (ClusterError, NodeLaunchException):
            clock.sleep(5)  # the autoscaler skips such a round
        hourly = sum(3.39 if "h100" in each.size_slug else 1.57 for each in ours(cloud))
        assert hourly <= CAP_USD_PER_H, f"seed {seed}: over the cap"
    faults._rate = 0.0
    clock.sleep(900)
    for _ in range(2):  # the second sees what the first destroyed
        known = provider.non_terminated_nodes({})
        clock.sleep(300)
    labels = [each.name for each in ours(cloud)]
    assert sorted(labels) == sorted(set(labels)), f"seed {seed}: doubled"
    assert sorted(map(int, known)) == sorted(each.id for each in ours(cloud)), f"seed {seed}: unknown to the provider"
    assert cloud.max_calls_per_min() <= 250, f"seed {seed}: over the rate limit"
    clock.sleep(5 * 3_600)
    sweep(connect(cloud, clock), clock)
    assert [each.id for each in list_machines(connect(cloud, clock))] == [stranger_id], f"seed {seed}: not reaped"
    provider.cleanup_cluster_resources()
    assert [each.id for each in cloud.settle().alive()] == [stranger_id], f"seed {seed}"
    assert cloud.spec_violations == [], f"seed {seed}"


def ours(cloud: SimulatedCloud) -> list[Any]:
    """The machines that aren't the stranger's."""
    return [each for each in cloud.settle().alive() if each.name != "web"]
