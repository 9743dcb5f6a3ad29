"""DigitalOcean's own client and python-digitalocean work against the simulator over real HTTP."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import digitalocean
import pytest
import requests

from cluster.simulator.agenda import VirtualClock
from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.faults import Fault, FaultKind, Script
from cluster.simulator.server import serving
from tests.fakes.specification import specification

pydo = pytest.importorskip("pydo")
policies = pytest.importorskip("azure.core.pipeline.policies")

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl rehearsal"
DROPLET = {"size": "s-2vcpu-4gb", "image": "ubuntu-24-04-x64", "region": "nyc1", "tags": ["ray:one"]}
GPU = {"size": "gpu-l40sx1-48gb", "image": "gpu-h100x1-base", "region": "tor1", "tags": ["ray:one"]}


@dataclass
class Served:
    cloud: SimulatedCloud
    clock: VirtualClock
    end_point: str

    def official(self) -> Any:
        # The client refuses to send a token over plain HTTP by itself, so the header is set by another of its policies.
        policy = policies.HeadersPolicy({"authorization": f"Bearer {TOKEN}"})
        return pydo.Client(TOKEN, endpoint=self.end_point.removesuffix("/v2/"), authentication_policy=policy)


@pytest.fixture
def served() -> Iterator[Served]:
    """A cloud behind a real server; at the end nothing has left the specification."""
    clock = VirtualClock()
    cloud = SimulatedCloud(now=clock, generator=random.Random(5), specification=specification())
    with serving(cloud, silence_s=0.05) as end_point:
        yield Served(cloud, clock, end_point)
    assert cloud.spec_violations == []


def test_pydo_makes_lists_and_destroys_droplets(served: Served) -> None:
    """A droplet is new at first, active and tagged later, gone after its destruction."""
    client = served.official()
    made = client.droplets.create(body={"name": "head", **DROPLET})["droplet"]
    assert made["status"] == "new"
    served.clock.sleep(60)
    read = client.droplets.get(made["id"])["droplet"]
    assert (read["status"], read["tags"], read["size_slug"]) == ("active", ["ray:one"], "s-2vcpu-4gb")
    assert [each["id"] for each in client.droplets.list(tag_name="ray:one")["droplets"]] == [made["id"]]
    client.droplets.destroy(made["id"])
    served.clock.sleep(60)
    assert client.droplets.list()["droplets"] == []


def test_pydo_sees_gpu_droplets_only_when_it_asks_for_them(served: Served) -> None:
    """A GPU droplet isn't in the default list."""
    client = served.official()
    gpu = client.droplets.create(body={"name": "gpu", **GPU})["droplet"]
    assert client.droplets.list()["droplets"] == []
    assert [each["id"] for each in client.droplets.list(type="gpus")["droplets"]] == [gpu["id"]]


def test_pydo_destroys_by_tag(served: Served) -> None:
    """All with the tag go, GPU or not, and no other."""
    client = served.official()
    client.droplets.create(body={"names": ["a", "b"], **DROPLET})
    client.droplets.create(body={"name": "gpu", **GPU})
    client.droplets.create(body={"name": "foreign", **DROPLET, "tags": []})
    served.clock.sleep(60)
    client.droplets.destroy_by_tag(tag_name="ray:one")
    served.clock.sleep(60)
    assert [each.split()[1] for each in served.cloud.left()["droplets"]] == ["foreign"]


def test_pydo_uses_networks_keys_tags_volumes_and_prices(served: Served) -> None:
    """What a cluster needs beside droplets can be made, found, used and removed."""
    client = served.official()
    key = client.ssh_keys.create(body={"name": "key", "public_key": PUBLIC_KEY})["ssh_key"]
    client.tags.create(body={"name": "ray:one"})
    vpc = client.vpcs.create(body={"name": "ray-one", "region": "nyc1", "ip_range": "10.200.0.0/24"})["vpc"]
    rule = {"protocol": "tcp", "ports": "22", "sources": {"addresses": ["198.51.100.7/32"]}}
    firewall = client.firewalls.create(body={"name": "ray-one", "inbound_rules": [rule], "tags": ["ray:one"]})
    body = {"name": "head", **DROPLET, "vpc_uuid": vpc["id"], "ssh_keys": [key["id"]]}
    droplet = client.droplets.create(body=body)["droplet"]
    volume = client.volumes.create(body={"name": "data", "region": "nyc1", "size_gigabytes": 100})["volume"]
    served.clock.sleep(60)
    attach = {"type": "attach", "droplet_id": droplet["id"]}
    assert client.volume_actions.post_by_id(volume["id"], body=attach)["action"]["status"] == "in-progress"
    served.clock.sleep(60)
    assert client.volumes.get(volume["id"])["volume"]["droplet_ids"] == [droplet["id"]]
    held_by = client.droplets.list_firewalls(droplet["id"])["firewalls"]
    assert [each["id"] for each in held_by] == [firewall["firewall"]["id"]]
    assert client.vpcs.list_members(vpc["id"])["meta"]["total"] == 1
    client.droplets.destroy_with_associated_resources_dangerous(droplet["id"], x_dangerous=True)
    served.clock.sleep(60)
    client.firewalls.delete(firewall["firewall"]["id"])
    client.vpcs.delete(vpc["id"])
    client.ssh_keys.delete(key["id"])
    assert not any(served.cloud.left().values())
    assert {size["slug"]: size["price_hourly"] for size in client.sizes.list(per_page=200)["sizes"]}[
        "gpu-h100x1-80gb"
    ] == pytest.approx(3.39)


def test_pydo_tags_resources(served: Served) -> None:
    """A tag assigned is on the droplet, and no more once unassigned."""
    client = served.official()
    droplet = client.droplets.create(body={"name": "head", **DROPLET, "tags": []})["droplet"]
    client.tags.create(body={"name": "late"})
    resources = {"resources": [{"resource_id": str(droplet["id"]), "resource_type": "droplet"}]}
    client.tags.assign_resources("late", body=resources)
    assert client.droplets.get(droplet["id"])["droplet"]["tags"] == ["late"]
    client.tags.unassign_resources("late", body=resources)
    assert client.droplets.get(droplet["id"])["droplet"]["tags"] == []


def test_python_digitalocean_makes_finds_and_destroys(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library that the provider builds on can do a droplet's whole life."""
    monkeypatch.setenv("DIGITALOCEAN_END_POINT", served.end_point)
    monkeypatch.setenv("PYTHON_DIGITALOCEAN_REQUEST_TIMEOUT_SEC", "10")
    key = digitalocean.SSHKey(token=TOKEN, name="key", public_key=PUBLIC_KEY)
    key.create()
    # Without a VPC the library sends `"vpc_uuid": null`, which the specification doesn't allow.
    vpc = served.official().vpcs.create(body={"name": "ray-one", "region": "nyc1"})["vpc"]
    droplet = digitalocean.Droplet(
        token=TOKEN, name="head", size_slug="s-2vcpu-4gb", image="ubuntu-24-04-x64", region="nyc1", ssh_keys=[key.id],
        tags=["ray:one"], vpc_uuid=vpc["id"],
    )  # fmt: skip
    droplet.create()
    served.clock.sleep(60)
    found = digitalocean.Manager(token=TOKEN).get_all_droplets(tag_name="ray:one")
    assert [(each.id, each.status) for each in found] == [(droplet.id, "active")]
    found[0].destroy()
    key.destroy()
    served.clock.sleep(60)
    served.official().vpcs.delete(vpc["id"])
    assert not any(served.cloud.left().values())


def test_all_pages_are_reached(served: Served) -> None:
    """Following the links gives every size once."""
    slugs, url = [], f"{served.end_point}sizes?per_page=5"
    while url:
        page = requests.get(url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=10).json()
        slugs += [size["slug"] for size in page["sizes"]]
        url = page["links"].get("pages", {}).get("next")
    assert sorted(slugs) == sorted(served.cloud.world.catalogue.sizes)


def test_a_time_out_is_silence_and_the_call_had_its_effect() -> None:
    """Over HTTP the client learns nothing, though the droplet is there."""
    faults = Script([Fault(FaultKind.TIMEOUT_AFTER, method="POST", path="droplets$")])
    cloud = SimulatedCloud(now=VirtualClock(), generator=random.Random(5), faults=faults, specification=specification())
    with serving(cloud, silence_s=0.05) as end_point, pytest.raises(requests.ConnectionError):
        requests.post(
            f"{end_point}droplets",
            json={"name": "head", **DROPLET},
            headers={"authorization": f"Bearer {TOKEN}"},
            timeout=10,
        )
    assert len(cloud.left()["droplets"]) == 1
