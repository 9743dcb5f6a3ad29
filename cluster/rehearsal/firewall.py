"""A droplet's firewalls as rules of nftables. Pure.

Source: DigitalOcean's specification, schemas firewall_rule_base and firewall_rule_target: what no rule lets through is
dropped; ports "0" or "all" are all of them; answers to what was let through pass. A droplet without a firewall is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from typing import Any

_METADATA = "169.254.169.254"


def ruleset(firewalls: Sequence[dict[str, Any]]) -> str:
    """What `nft -f -` has to read, so that these firewalls hold and no others.

    Args:
        firewalls: each with `inbound_rules` and `outbound_rules` whose peers are addresses.
    """
    policy = "drop" if firewalls else "accept"
    inbound = [line for each in firewalls for line in _lines(each["inbound_rules"], "sources", "saddr")]
    outbound = [line for each in firewalls for line in _lines(each["outbound_rules"], "destinations", "daddr")]
    return "\n".join([
        "flush ruleset",
        "table inet droplet {",
        f"  chain inbound {{ type filter hook input priority 0; policy {policy};",
        "    iif lo accept", "    ct state established,related accept",
        *inbound,
        "  }",
        f"  chain outbound {{ type filter hook output priority 0; policy {policy};",
        "    oif lo accept", "    ct state established,related accept", f"    ip daddr {_METADATA} accept",
        *outbound,
        "  }",
        "}", "",
    ])  # fmt: skip


def allowed_tcp_ports(firewalls: Iterable[dict[str, Any]], source: str) -> list[tuple[int, int]]:
    """First and last of each range of TCP ports that the firewalls open to an address."""
    address = ip_network(source)
    found = set()
    for firewall in firewalls:
        for rule in firewall["inbound_rules"]:
            peers = [ip_network(each, strict=False) for each in rule["sources"].get("addresses") or ()]
            if rule["protocol"] == "tcp" and any(p.version == 4 and p.supernet_of(address) for p in peers):  # type: ignore[arg-type]  # noqa: PLR2004
                found.add(_range(str(rule.get("ports") or "0")))
    return sorted(found)


def _lines(rules: Iterable[dict[str, Any]], side: str, field: str) -> list[str]:
    lines = []
    for rule in rules:
        for address in rule[side].get("addresses") or ():
            family = "ip6" if ":" in address else "ip"
            lines.append(f"    {family} {field} {address} {_matching(rule, family)} accept")
    return lines


def _matching(rule: dict[str, Any], family: str) -> str:
    protocol = str(rule["protocol"])
    if protocol == "icmp":
        return f"meta l4proto {'ipv6-icmp' if family == 'ip6' else 'icmp'}"
    first, last = _range(str(rule.get("ports") or "0"))
    return f"{protocol} dport {first}-{last}"


def _range(ports: str) -> tuple[int, int]:
    if ports in ("0", "all"):
        return 0, 65_535
    first, _, last = ports.partition("-")
    return int(first), int(last or first)
