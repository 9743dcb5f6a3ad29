"""The copy of the user's file that is rehearsed: what has to differ, and a sentence for each difference. Pure."""

from __future__ import annotations

import copy
from ipaddress import ip_address, ip_network
from typing import Any

from cluster.rehearsal.wires import LAPTOP

Config = dict[str, Any]
IDLE_TIMEOUT_S = 5


def adapt(config: Config) -> tuple[Config, list[str]]:
    """What is rehearsed, and how it differs from the file, one sentence each."""
    made = copy.deepcopy(config)
    differences: list[str] = []
    for name, node_type in made["available_node_types"].items():
        if name != made["head_node_type"]:
            asked = node_type.get("idle_timeout_s")
            node_type["idle_timeout_s"] = IDLE_TIMEOUT_S
            differences.append(f"{name}.idle_timeout_s is {IDLE_TIMEOUT_S}, not {asked}: a rehearsal lasts minutes")
    auth = made.setdefault("auth", {})
    if "ssh_private_key" in auth:
        differences.append(f"auth.ssh_private_key isn't {auth.pop('ssh_private_key')}: a key is made for the rehearsal")
    provider = made["provider"]
    cidrs = [str(each) for each in provider.get("admin_cidrs") or ()]
    if cidrs and not any(ip_address(LAPTOP) in ip_network(each) for each in cidrs):
        provider["admin_cidrs"] = [*cidrs, f"{LAPTOP}/32"]
        differences.append(f"provider.admin_cidrs has {LAPTOP}/32 too: that is where `ray up` runs in the rehearsal")
    if provider.get("ledger_folder", "~/.inplay") != "~/.inplay":
        differences.append(
            f"provider.ledger_folder isn't {provider['ledger_folder']}: your record of costs isn't touched"
        )
        provider["ledger_folder"] = "~/.inplay"
    return made, differences


def keep_one_gpu(config: Config) -> str:
    """The first type of worker with a GPU, or the first of all, has one machine. Returns: a sentence for that."""
    workers = [name for name in config["available_node_types"] if name != config["head_node_type"]]
    chosen = next((name for name in workers if "gpu" in name.lower()), workers[0])
    config["available_node_types"][chosen] |= {"min_workers": 1, "max_workers": 1}
    return f"{chosen}.min_workers is 1: there has to be something to keep"
