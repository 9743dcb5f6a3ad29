"""Whatever is sent, the simulated API answers, and answers as its specification says."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from cluster.simulator.agenda import VirtualClock
from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.messages import Request
from tests.fakes.specification import ABSENT, specification

SPECIFICATION = specification()
pytestmark = pytest.mark.skipif(not SPECIFICATION.judges, reason=ABSENT)
HEADERS = {"authorization": f"Bearer {TOKEN}", "X-Dangerous": "true"}
NONSENSE: list[Any] = [
    None,
    True,
    0,
    -1,
    10**20,
    "",
    "a b",
    "x" * 300,
    "10.0.0.0/33",
    [],
    {},
    [1],
    ["a"],
    [None],
    {"a": 1},
]
FIT = {
    "name": "abc", "size": "s-2vcpu-4gb", "image": "ubuntu-24-04-x64", "region": "nyc1", "size_gigabytes": 10,
    "public_key": "ssh-ed25519 AAAA", "type": "attach", "tags": ["a"], "inbound_rules": [], "ip_range": "10.9.0.0/16",
}  # fmt: skip
FIELDS = [*FIT, "names", "vpc_uuid", "volumes", "ssh_keys", "user_data", "droplet_id", "droplet_ids", "resources"]
QUERIES = ["", "?page=0", "?page=99&per_page=1", "?per_page=x", "?tag_name=a", "?type=gpus", "?private=true"]
WHOLE = [b"", b"{", b"[]", b"3", b"\xff"]


def body(generator: random.Random, droplet_ids: list[int]) -> bytes:
    """A body that fits some operation, with fields changed or missing; or none that fits any."""
    if generator.random() < 0.2:
        return generator.choice(WHOLE)
    fields = dict(FIT)
    if droplet_ids:
        chosen = generator.choice(droplet_ids)
        fields |= {"droplet_id": chosen, "resources": [{"resource_id": str(chosen), "resource_type": "droplet"}]}
    fields["type"] = generator.choice(["attach", "detach", "resize", "snapshot", "rename", "power_off", "rebuild"])
    for _ in range(generator.randrange(3)):
        fields[generator.choice(FIELDS)] = generator.choice(NONSENSE)
    return json.dumps({key: value for key, value in fields.items() if generator.random() < 0.95}).encode()


def url(generator: random.Random, path: str, cloud: SimulatedCloud) -> str:
    """An address of the operation, whose variables name what exists or doesn't."""
    world = cloud.world
    known: list[Any] = [*world.droplets, *world.actions, *world.vpcs, *world.firewalls, *world.volumes, *world.keys]
    known += [*world.snapshots, "ubuntu-24-04-x64", "a", "x=", "1"]
    return re.sub(r"\{\w+\}", lambda _: str(generator.choice(known)), path) + generator.choice(QUERIES)


def test_nonsense_is_answered_within_the_specification() -> None:
    """Six thousand calls to random operations: never an error of ours, never an answer that isn't declared."""
    statuses = set()
    for seed in range(100):
        generator, clock = random.Random(seed), VirtualClock()
        cloud = SimulatedCloud(now=clock, generator=generator, specification=SPECIFICATION)
        for _ in range(60):
            method, path = generator.choice(list(SPECIFICATION.operations))
            sent = b"" if method == "GET" else body(generator, list(cloud.world.droplets))
            answer = cloud.answer(Request.of(method, url(generator, path, cloud), HEADERS, sent))
            statuses.add(answer.status)
            clock.sleep(generator.uniform(0, 20))
        assert [each for each in cloud.spec_violations if " answered: " in each] == [], f"seed {seed}"
    assert statuses >= {200, 201, 202, 204, 404, 422}
