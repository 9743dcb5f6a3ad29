"""The network of the rehearsal: a public bridge, a bridge for each VPC, and a pair of wires for each droplet on each.

All of it lies in a network namespace of the rehearsal's own, so no interface, route or rule of this machine is touched.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network

from cluster.rehearsal.commands import run
from cluster.rehearsal.firewall import ruleset

PUBLIC = IPv4Network("198.18.0.0/15")
"""Reserved for tests of networks (RFC 2544)."""
LAPTOP = "198.18.0.1"
"""Where `ray up` runs and the simulated API answers."""
STRANGER = "198.18.0.66"
METADATA = "169.254.169.254"
_PUBLIC_BRIDGE = "public"


@dataclass(frozen=True)
class Addresses:
    """A machine's addresses, with their networks. `private` is None outside any VPC."""

    public: IPv4Interface | None
    private: IPv4Interface | None
    vpc_uuid: str = ""


def lay_public_network() -> None:
    """The public bridge is there, and this side of it is the laptop's."""
    run("ip", "link", "set", "lo", "up")
    _bridge(_PUBLIC_BRIDGE)
    run("ip", "address", "add", f"{LAPTOP}/{PUBLIC.prefixlen}", "dev", _PUBLIC_BRIDGE)


def connect(netns: str, addresses: Addresses) -> None:
    """A network namespace of that name is there, on the wire with its addresses, and open to all."""
    run("ip", "netns", "add", netns)
    # No IPv6: the simulated API gives no such addresses, and the link-local ones would be a way around its rules.
    run(*_inside(netns), "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
    run("ip", "-n", netns, "link", "set", "lo", "up")
    run("ip", "-n", netns, "address", "add", f"{METADATA}/32", "dev", "lo")
    if addresses.public is not None:
        _wire(netns, "eth0", _PUBLIC_BRIDGE, addresses.public)
        run("ip", "-n", netns, "route", "add", "default", "via", LAPTOP)
    if addresses.private is not None:
        bridge = f"vpc-{addresses.vpc_uuid[:8]}"
        _bridge(bridge)
        _wire(netns, "eth1", bridge, addresses.private)


def guard(netns: str, firewalls: list[dict[str, object]]) -> None:
    """Exactly these firewalls hold there."""
    run(*_inside(netns), "nft", "-f", "-", stdin=ruleset(firewalls))


def disconnect(netns: str) -> None:
    """The network namespace and its wires are gone."""
    run("ip", "netns", "delete", netns)


def interfaces() -> list[str]:
    """The interfaces of the namespace that this runs in."""
    return [link["ifname"] for link in json.loads(run("ip", "-json", "link"))]


def _bridge(name: str) -> None:
    if name in interfaces():
        return
    run("ip", "link", "add", name, "type", "bridge")
    run("ip", "link", "set", name, "up")


def _wire(netns: str, inner: str, bridge: str, address: IPv4Interface) -> None:
    outer = f"{netns}-{inner}"[-15:]  # no longer name is possible
    run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner, "netns", netns)
    run("ip", "link", "set", outer, "master", bridge, "up")
    run("ip", "-n", netns, "address", "add", str(address), "dev", inner)
    run("ip", "-n", netns, "link", "set", inner, "up")


def _inside(netns: str) -> list[str]:
    return ["ip", "netns", "exec", netns]
