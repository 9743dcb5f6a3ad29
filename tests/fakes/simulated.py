"""The provider over the simulated DigitalOcean: a client without sockets, a clock, whole random lives with faults."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from ray.autoscaler.node_launch_exception import NodeLaunchException
from requests.adapters import BaseAdapter

from cluster.api import DigitalOcean
from cluster.errors import ClusterError
from cluster.machines import list_machines
from cluster.provider import DigitalOceanNodeProvider
from cluster.reaper import sweep
from cluster.simulator.agenda import VirtualClock
from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.faults import FaultKind, Faults, SeededFaults
from cluster.simulator.transport import InProcessAdapter
from tests.fakes.specification import specification

END_POINT = "https://api.digitalocean.com/v2/"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIsGJaIAKqPRsYcZ4Vd5zGHX6JJXDqmSLUjFBnDJYkhs test"
NOTHING_LEFT: dict[str, list[object]] = {
    "droplets": [],
    "firewalls": [],
    "volumes": [],
    "ssh_keys": [],
    "snapshots": [],
    "vpcs": [],
}
"""Of an account in which nothing is, by kind."""
HEAD = {"size": "s-2vcpu-4gb", "image": "ubuntu-24-04-x64"}
GPU = {"size": "gpu-h100x1-80gb", "image": "gpu-h100x1-base", "max_hours": 4, "fallback_sizes": ["gpu-l40sx1-48gb"]}
CAP_USD_PER_H = 12.0
PRICES_USD_PER_H = {"s-2vcpu-4gb": 0.03571, "gpu-h100x1-80gb": 3.39, "gpu-l40sx1-48gb": 1.57}
"""Source: DigitalOcean's price list of 2026-05."""
JUDGED_EVERY = 10
"""Answers of every tenth seed are judged by the specification: that takes ten times as long as all the rest."""


class SimulatedTime:
    """The simulator's clock, as the provider reads it."""

    def __init__(self) -> None:
        self.virtual = VirtualClock(datetime.fromisoformat("2026-11-02T10:00:00+00:00"))

    def now_s(self) -> float:
        return self.virtual().timestamp()

    def sleep(self, duration_s: float) -> None:
        self.virtual.sleep(duration_s)


def connect(cloud: SimulatedCloud, clock: SimulatedTime, adapter: BaseAdapter | None = None) -> DigitalOcean:
    """A client of the simulator, without sockets."""

    def session() -> requests.Session:
        made = requests.Session()
        made.trust_env = False  # there is no proxy before a simulator, and looking for one is half of a call's time
        made.mount("https://", adapter or InProcessAdapter(cloud))
        return made

    return DigitalOcean(TOKEN, clock=clock, open_session=session, end_point=END_POINT)


def provide(
    api: DigitalOcean, clock: SimulatedTime, folder: Path, *, on_head: bool = False
) -> DigitalOceanNodeProvider:
    """A provider of a cluster named demo, as `ray up` has it or as the head's autoscaler does."""
    caps = {"usd_per_h": CAP_USD_PER_H, "usd_per_session": 200, "usd_per_month": 500}
    config = {"region": "tor1", "admin_cidrs": ["203.0.113.7/32"], "spend_caps": caps, "ledger_folder": str(folder)}
    config |= {"ssh_public_key_text": KEY} | ({"runs_on_head": True} if on_head else {})
    return DigitalOceanNodeProvider(config, "demo", api=api, clock=clock)


def simulate(seed: int, faults: Faults) -> tuple[SimulatedCloud, SimulatedTime]:
    """An empty account."""
    clock = SimulatedTime()
    judged = seed % JUDGED_EVERY == 0
    cloud = SimulatedCloud(
        now=clock.virtual,
        generator=random.Random(seed),
        faults=faults,
        judged=judged,
        specification=specification(),
    )
    return cloud, clock


def tags(kind: str, request: str) -> dict[str, str]:
    """Ray's tags of a launch."""
    return {"ray-node-type": kind, "ray-user-node-type": f"ray.{kind}", "ray-launch-request": request}


def ours(cloud: SimulatedCloud) -> list[Any]:
    """The machines that aren't the stranger's."""
    return [each for each in cloud.settle().alive() if each.name != "web"]


def random_life(seed: int, folder: Path) -> None:
    """No fault doubles or hides a machine, breaks a limit or touches a stranger; an AssertionError names the seed."""
    draw = random.Random(seed)
    refused = {FaultKind.UNAUTHORIZED, FaultKind.FORBIDDEN}
    kinds = [kind for kind in FaultKind if kind not in refused]
    faults = SeededFaults(random.Random(seed), rate=0.0, kinds=kinds)
    cloud, clock = simulate(seed, faults)
    api = connect(cloud, clock)
    stranger = api.post("droplets", {"name": "web", "region": "tor1", **HEAD, "tags": ["inplay-cluster:demo"]})
    stranger_id = stranger.body["droplet"]["id"]
    faults._rate = 0.08
    provider = provide(api, clock, folder)
    for step in range(10):
        try:
            known = provider.non_terminated_nodes({})
            if known and draw.random() < 0.3:
                provider.terminate_nodes(known[:1])
            elif step == 0 and draw.random() < 0.5:
                provider.create_node(HEAD, tags("head", ""), 1)
            else:
                provider.create_node(GPU, tags("worker", f"r{step}"), draw.randint(1, 2))
        except (ClusterError, NodeLaunchException):
            clock.sleep(5)  # the autoscaler skips such a round
        hourly = sum(PRICES_USD_PER_H[each.size_slug] for each in ours(cloud))
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
