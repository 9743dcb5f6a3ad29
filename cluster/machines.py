"""Droplets as the API lists them, and which of them are a cluster's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cluster import names
from cluster.api import DigitalOcean
from cluster.errors import ApiError


@dataclass(frozen=True)
class Machine:
    """A droplet.

    Attributes:
        name: what its name says; None for a stranger's.
        deadline_s: seconds since 1970 after which it may be destroyed; None without one, or before its tags show.
        unfinished: a head that `ray up` hasn't set up yet; its deadline is that of the setting up.
    """

    id: int
    label: str
    name: names.MachineName | None
    status: str
    tags: frozenset[str]
    size: str
    region: str
    created_at_s: float
    private_ip: str | None
    public_ip: str | None
    price_usd_per_h: float
    price_usd_per_month: float
    deadline_s: float | None
    unfinished: bool = False

    def of(self, cluster: str) -> bool:
        """Whether it is a machine of that cluster."""
        return self.name is not None and self.name.cluster == cluster

    def is_head(self) -> bool:
        """Whether it is a cluster's head."""
        return self.name is not None and self.name.role == "head"

    def guarded(self) -> bool:
        """Whether its tags are on, and so the firewall."""
        return self.name is not None and names.cluster_tag(self.name.cluster) in self.tags


def list_machines(api: DigitalOcean) -> list[Machine]:
    """Every droplet of the account, CPU and GPU, strangers' too.

    Without `type` the API leaves machines with GPUs out, and `type=gpus` lists nothing else. Neither goes with a tag.

    Raises:
        ApiError: when a list isn't whole. A machine that is missing would be taken for gone and made again.
    """
    found: dict[int, Machine] = {}
    for kind in ("droplets", "gpus"):
        for listed in api.list_all("droplets", "droplets", type=kind):
            machine = read_machine(listed)
            found[machine.id] = machine
    return sorted(found.values(), key=lambda machine: machine.id)


def read_machine(listed: Mapping[str, Any]) -> Machine:
    """The droplet of an answer. Raises: ApiError when it can't be read."""
    try:
        tags = frozenset(map(str, listed.get("tags") or ()))
        size = listed["size"]
        return Machine(
            id=int(listed["id"]),
            label=str(listed["name"]),
            name=names.parse_name(str(listed["name"])),
            status=str(listed["status"]),
            tags=tags,
            size=str(listed["size_slug"]),
            region=str((listed.get("region") or {}).get("slug") or ""),
            created_at_s=datetime.fromisoformat(str(listed["created_at"])).timestamp(),
            private_ip=_address(listed, "private"),
            public_ip=_address(listed, "public"),
            price_usd_per_h=float(size["price_hourly"]),
            price_usd_per_month=float(size["price_monthly"]),
            deadline_s=_deadline_s(str(listed["name"]), tags),
            unfinished=_value(str(listed["name"]), tags, names.UNFINISHED_TAG) is not None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ApiError(
            f"DigitalOcean listed a droplet that can't be read ({type(error).__name__}: {error}). Nothing was changed. "
            "Try again later."
        ) from None


def _address(listed: Mapping[str, Any], kind: str) -> str | None:
    for network in (listed.get("networks") or {}).get("v4") or ():
        if network.get("type") == kind and network.get("ip_address"):
            return str(network["ip_address"])
    return None


def _deadline_s(label: str, tags: frozenset[str]) -> float | None:
    values = [_value(label, tags, key) for key in (names.DEADLINE_TAG, names.UNFINISHED_TAG)]
    return min((float(value) for value in values if value and value.isdigit()), default=None)


def _value(label: str, tags: frozenset[str], key: str) -> str | None:
    name = names.parse_name(label)
    return None if name is None else names.tag_value(tags, key, name.cluster)
