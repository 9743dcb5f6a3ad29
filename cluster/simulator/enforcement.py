"""Which rules hold for which droplet at the moment, told to the machines whenever that changes.

A firewall holds with the rules that it had when its status last became `succeeded`, and for the droplets that it names
or that have one of its tags by now, so a late tag is a machine without a firewall, as it is at DigitalOcean.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence

from cluster.simulator.droplet import Droplet
from cluster.simulator.machines import Machines
from cluster.simulator.messages import Json


class Enforcement:
    """The rules in force, and what each machine was last told of them."""

    def __init__(self) -> None:
        self._rules: dict[str, Json] = {}
        self._told: dict[int, str] = {}

    def enforce(self, firewall: Json) -> None:
        """The firewall's rules of this moment are in force."""
        self._rules[firewall["id"]] = copy.deepcopy(
            {key: firewall[key] for key in ("name", "inbound_rules", "outbound_rules")}
        )

    def lift(self, firewall_id: str) -> None:
        """The firewall holds for nobody."""
        self._rules.pop(firewall_id, None)

    def forget(self, droplet_id: int) -> None:
        """The droplet is gone; nothing more is told about it."""
        self._told.pop(droplet_id, None)

    def tell(self, alive: Sequence[Droplet], firewalls: Mapping[str, Json], machines: Machines) -> None:
        """Each running machine knows the firewalls that hold for it; told only what changed.

        Args:
            alive: the droplets that exist.
            firewalls: as they are written down, by id.
            machines: to be told.
        """
        for droplet in alive:
            if droplet.status == "new":
                continue
            holding = [
                _resolved(alive, rules) for number, rules in self._rules.items() if protects(firewalls[number], droplet)
            ]
            text = json.dumps(holding, sort_keys=True)
            if self._told.get(droplet.id) != text:
                self._told[droplet.id] = text
                machines.guard(droplet.id, holding)


def protects(firewall: Json, droplet: Droplet) -> bool:
    """Whether the firewall holds for the droplet: by id, or by a tag that has been applied."""
    return droplet.id in firewall["droplet_ids"] or bool(set(firewall["tags"]) & set(droplet.tags))


def _resolved(alive: Sequence[Droplet], rules: Json) -> Json:
    """The rules with addresses in place of tags and droplets."""
    found: Json = {"name": rules["name"]}
    for kind, side in (("inbound_rules", "sources"), ("outbound_rules", "destinations")):
        found[kind] = [
            {"protocol": rule["protocol"], "ports": str(rule.get("ports") or "0"), side: _addresses(alive, rule[side])}
            for rule in rules[kind]
        ]
    return found


def _addresses(alive: Sequence[Droplet], peers: Json) -> Json:
    named, tags = set(peers.get("droplet_ids") or ()), set(peers.get("tags") or ())
    droplets = [each for each in alive if each.id in named or tags & set(each.tags)]
    own = [address for each in droplets for address in (each.private_ip, each.public_ip)]
    return {"addresses": [*(peers.get("addresses") or ()), *own]}
