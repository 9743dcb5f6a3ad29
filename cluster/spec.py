"""What a cluster is to be: the `provider` section of its file and a type's `node_config`, read and checked."""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cluster.cost import SpendCaps
from cluster.errors import ClusterConfigError
from cluster.fields import NODE, PROVIDER, check_section, is_number
from cluster.names import check_cluster_name

SECRET_KEYS = ("token", "api_token", "digitalocean_token", "do_token", "access_token")
NODE_KEYS = {"size", "image", "fallback_sizes", "max_hours"}
LONGEST_H = 24 * 31


@dataclass(frozen=True)
class NodeSpec:
    """A type of machine.

    Attributes:
        image: a slug, or the number of a snapshot.
        fallback_sizes: asked for in turn when `size` is sold out.
        max_hours: its deadline, counted from creation; infinite for a head that stays.
    """

    size: str
    image: str | int
    fallback_sizes: tuple[str, ...] = ()
    max_hours: float = math.inf


@dataclass(frozen=True)
class ClusterSpec:
    """A cluster.

    Attributes:
        admin_cidrs: may reach port 22.
        http_cidrs: may reach `http_port`; empty keeps it closed.
        public_key: of the SSH key that machines get; empty until `bootstrap_config` has read it.
    """

    name: str
    region: str
    admin_cidrs: tuple[str, ...]
    http_cidrs: tuple[str, ...] = ()
    http_port: int = 8000
    caps: SpendCaps = field(default_factory=SpendCaps)
    public_key: str = ""
    ledger_folder: str = "~/.inplay"


def read_spec(provider: Mapping[str, Any], cluster_name: str) -> ClusterSpec:
    """The cluster of a file's `provider` section. Raises: ClusterConfigError, saying which key is wrong."""
    for key in SECRET_KEYS:
        if key in provider:
            raise ClusterConfigError(
                f"`provider.{key}` stands in the cluster's file, from where it would reach logs and other machines. "
                "Nothing was created. Remove it, revoke that token, and set DIGITALOCEAN_TOKEN."
            )
    check_section(provider, "provider", PROVIDER)
    return ClusterSpec(
        name=check_cluster_name(cluster_name),
        region=_text(provider, "region"),
        admin_cidrs=_cidrs(provider, "admin_cidrs", needed=True),
        http_cidrs=_cidrs(provider, "http_cidrs", needed=False),
        http_port=8000 if provider.get("http_port") is None else provider["http_port"],
        caps=_caps(provider.get("spend_caps")),
        public_key=str(provider.get("ssh_public_key_text", "")),
        ledger_folder=_folder(provider.get("ledger_folder", "~/.inplay")),
    )


def read_node(node_config: Mapping[str, Any], role: str) -> NodeSpec:
    """A type of machine from its `node_config`.

    Raises:
        ClusterConfigError: for an unknown or wrong key, or a worker without `max_hours`.
    """
    unknown = sorted(set(node_config) - NODE_KEYS)
    if unknown:
        raise ClusterConfigError(
            f"`node_config` has {unknown[0]}, which means nothing here. Nothing was created. It knows: "
            f"{', '.join(sorted(NODE_KEYS))}."
        )
    if role == "worker" and "max_hours" not in node_config:
        raise ClusterConfigError(
            "A worker type has no `max_hours`. Nothing was created, since a forgotten machine would cost money for "
            "ever. Say how long one may live at most."
        )
    check_section(node_config, "node_config", NODE)
    if node_config.get("image") is None:
        raise ClusterConfigError("`node_config.image` is missing: a slug, or the number of a snapshot.")
    hours = node_config.get("max_hours")
    return NodeSpec(
        size=_text(node_config, "size"),
        image=node_config["image"],
        fallback_sizes=tuple(node_config.get("fallback_sizes") or ()),
        max_hours=math.inf if hours is None else _number(hours, "max_hours", 0.1, LONGEST_H),
    )


def _text(section: Mapping[str, Any], key: str) -> str:
    value = section.get(key)
    if not isinstance(value, str) or not value:
        raise ClusterConfigError(f"`{key}` is missing in the cluster's file. Nothing was created.")
    return value


def _folder(value: Any) -> str:
    if not isinstance(value, str) or not value or "\0" in value or os.path.expanduser(value).startswith("~"):  # noqa: PTH111
        raise ClusterConfigError(
            f"`provider.ledger_folder` is {value!r}; it must be a folder, such as ~/.inplay. Nothing was created."
        )
    return value


def _number(value: Any, key: str, least: float, most: float) -> float:
    if not is_number(value, least, most):
        raise ClusterConfigError(f"`{key}` is {value!r}; it must be a number from {least:g} to {most:g}.")
    return float(value)


def _cidrs(provider: Mapping[str, Any], key: str, *, needed: bool) -> tuple[str, ...]:
    given = provider.get(key) or []
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise ClusterConfigError(f"`provider.{key}` must be a list such as [203.0.113.7/32]. Nothing was created.")
    if needed and not given:
        raise ClusterConfigError(
            f"`provider.{key}` is missing, so nobody could reach the machines. Nothing was created. Give the addresses "
            "from which you administer the cluster, such as [203.0.113.7/32]."
        )
    try:
        return tuple(sorted(str(ipaddress.ip_network(str(each))) for each in given))
    except ValueError as error:
        raise ClusterConfigError(f"`provider.{key}`: {error}. Nothing was created.") from None


def _caps(given: Any) -> SpendCaps:
    keys = ("usd_per_h", "usd_per_session", "usd_per_month")
    if not isinstance(given, Mapping) or set(given) != set(keys):
        raise ClusterConfigError(
            "`provider.spend_caps` must name usd_per_h, usd_per_session and usd_per_month. Nothing was created. A "
            "cluster without caps is not started; give high ones if you mean it."
        )
    return SpendCaps(*(_number(given[key], f"spend_caps.{key}", 0, 1_000_000) for key in keys))
