"""The state of the simulated account, and how long things take in it."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from itertools import count, islice

from cluster.simulator.agenda import Agenda
from cluster.simulator.catalogue import Catalogue
from cluster.simulator.droplet import FIRST_NUMBER, Droplet
from cluster.simulator.enforcement import Enforcement
from cluster.simulator.faults import FaultKind
from cluster.simulator.invoice import Invoice
from cluster.simulator.machines import Machines, NoMachines
from cluster.simulator.messages import Json, Request, not_found, unprocessable


@dataclass(frozen=True)
class Latencies:
    """How long things usually take; each time it is between half and one and a half of that."""

    create_s: float = 30.0
    gpu_create_s: float = 90.0
    tag_s: float = 2.0
    late_tag_s: float = 300.0
    action_s: float = 5.0
    destroy_s: float = 3.0
    firewall_s: float = 1.0
    stale_s: float = 20.0


@dataclass(frozen=True)
class Call:
    """A request that was admitted: its operation's path variables, its time, and the fault that strikes it."""

    request: Request
    variables: dict[str, str]
    now_at: datetime
    fault: FaultKind | None

    def body(self) -> Json:
        """The body, known to be an object."""
        read = self.request.json()
        return read if isinstance(read, dict) else {}


class World:
    """Everything there is, by id. Destroyed droplets stay, with the time of their end."""

    def __init__(
        self,
        *,
        generator: random.Random,
        catalogue: Catalogue,
        latencies: Latencies,
        machines: Machines | None = None,
        droplet_limit: int = 25,
        base_url: str = "https://api.digitalocean.com",
    ) -> None:
        self.generator, self.catalogue, self.latencies = generator, catalogue, latencies
        self.machines: Machines = machines or NoMachines()
        self.droplet_limit, self.base_url = droplet_limit, base_url
        self.agenda, self.invoice = Agenda(), Invoice()
        self.droplets: dict[int, Droplet] = {}
        self.actions: dict[int, Json] = {}
        self.tags: dict[str, None] = {}
        self.keys: dict[int, Json] = {}
        self.firewalls: dict[str, Json] = {}
        self.enforcement = Enforcement()
        self.vpcs: dict[str, Json] = {}
        self.volumes: dict[str, Json] = {}
        self.snapshots: dict[str, Json] = {}
        self.dismantled: dict[int, Json] = {}
        self._numbers = count(FIRST_NUMBER)

    def alive(self) -> list[Droplet]:
        """The droplets that exist and are billed."""
        return [droplet for droplet in self.droplets.values() if droplet.destroyed_at is None]

    def droplet(self, call: Call) -> Droplet:
        """The droplet that the path names.

        Raises:
            Refusal: 404.
        """
        droplet = self.droplets.get(int(call.variables["droplet_id"]))
        if droplet is None or droplet.destroyed_at is not None:
            raise not_found()
        return droplet

    def tell_machines(self) -> None:
        """Each machine knows which firewalls hold for it now."""
        self.enforcement.tell(self.alive(), self.firewalls, self.machines)

    def number(self) -> int:
        """An id that nothing else has."""
        return next(self._numbers)

    def uuid(self) -> str:
        """A UUID that nothing else has."""
        return str(uuid.UUID(int=self.generator.getrandbits(128), version=4))

    def later(self, now_at: datetime, usual_s: float) -> datetime:
        """When something is done that usually takes `usual_s`."""
        return now_at + timedelta(seconds=usual_s * self.generator.uniform(0.5, 1.5))

    def free_address(self, vpc_id: str) -> str:
        """An address of the VPC that no droplet has.

        Raises:
            Refusal: 422, all are taken.
        """
        network = ip_network(self.vpcs[vpc_id]["ip_range"])
        taken = {droplet.private_ip for droplet in self.alive() if droplet.vpc_uuid == vpc_id}
        # The first is the gateway's. One more than are taken is enough to find one that isn't.
        for host in islice(network.hosts(), 1, len(taken) + 2):
            if str(host) not in taken:
                return str(host)
        raise unprocessable("the VPC has no free address")

    def act(self, kind: str, resource_id: int, resource_type: str, region_slug: str, now_at: datetime) -> Json:
        """A new action, in progress."""
        action: Json = {
            "id": self.number(), "status": "in-progress", "type": kind, "started_at": stamp(now_at),
            "completed_at": None, "resource_id": resource_id, "resource_type": resource_type,
            "region": self.catalogue.region(region_slug), "region_slug": region_slug,
        }  # fmt: skip
        self.actions[action["id"]] = action
        return action

    def default_vpc(self, region_slug: str, now_at: datetime) -> str:
        """The id of the region's default VPC, which exists afterwards."""
        for vpc in self.vpcs.values():
            if vpc["default"] and vpc["region"] == region_slug:
                return str(vpc["id"])
        return str(self.add_vpc(f"default-{region_slug}", region_slug, None, "", now_at, default=True)["id"])

    def add_vpc(
        self, name: str, region_slug: str, ip_range: str | None, description: str, now_at: datetime, *, default: bool
    ) -> Json:
        """A new VPC, with a free range if none is named."""
        vpc_id = self.uuid()
        number = self.number() - FIRST_NUMBER
        vpc: Json = {
            "id": vpc_id, "urn": f"do:vpc:{vpc_id}", "name": name, "description": description, "region": region_slug,
            "ip_range": ip_range or f"10.{100 + number // 256 % 100}.{number % 256}.0/24", "default": default,
            "created_at": stamp(now_at),
        }  # fmt: skip
        self.vpcs[vpc_id] = vpc
        return vpc


def stamp(at: datetime) -> str:
    """A time as the API writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
