"""What each field of the cluster's file may be; the first check names the field, what it is and what it may be."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cluster.errors import ClusterConfigError

SSH_PORT = 22
LAST_PORT = 65_535
RAY_PORTS = frozenset((6379, 8076, 8265, 10001))
"""Ray's own on the head: control store, object manager, dashboard, client."""
SHOWN_CHARS = 60
_SLUG = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")
_REGION = re.compile(r"[a-z]{2,20}[0-9]{1,2}")


@dataclass(frozen=True)
class Field:
    """What a field may be: the test that its value passes, and the same in words."""

    fits: Callable[[Any], bool]
    may_be: str


def is_number(value: Any, least: float, most: float) -> bool:
    """Whether it is a number within both bounds; `true`, NaN and texts are none."""
    return type(value) in (int, float) and math.isfinite(value) and least <= value <= most


def _number(least: float, most: float) -> Field:
    return Field(lambda value: is_number(value, least, most), f"a number from {least:g} to {most:g}")


def _whole(least: int, most: int) -> Field:
    return Field(lambda value: type(value) is int and least <= value <= most, f"a whole number from {least} to {most}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def _is_list(each: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list | tuple) and all(map(each, value))


def _is_slug(value: Any) -> bool:
    return isinstance(value, str) and _SLUG.fullmatch(value) is not None and ".." not in value


def _is_image(value: Any) -> bool:
    return (type(value) is int and value > 0) or _is_slug(value)


def _is_port(value: Any) -> bool:
    return type(value) is int and 1 <= value <= LAST_PORT and value != SSH_PORT and value not in RAY_PORTS


def _is_command(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


TEXT = Field(_is_text, "a text on one line")
SLUG = Field(_is_slug, "a slug in small letters, digits, hyphens and points, such as s-2vcpu-4gb")
SWITCH = Field(lambda value: isinstance(value, bool), "true or false")
TEXTS = Field(_is_list(_is_text), "a list of texts, or [] for none")
COMMANDS = Field(_is_list(_is_command), "a list of commands, or [] for none")
TABLE = Field(lambda value: isinstance(value, Mapping), "a table of fields, or {} for none")
COUNT = _whole(0, 10_000)
SECONDS = _number(0, 31 * 86_400)
AMOUNTS = Field(
    lambda value: (
        isinstance(value, Mapping) and all(_is_text(name) and is_number(each, 0, 1e15) for name, each in value.items())
    ),
    "a table of names and numbers from 0 on, such as {CPU: 4}, or {} for those of its size",
)
PLACES = Field(
    lambda value: isinstance(value, Mapping) and all(_is_text(each) for pair in value.items() for each in pair),
    "a table of paths on the machines and paths here",
)
TOP = {
    "cluster_name": TEXT, "max_workers": COUNT, "upscaling_speed": _number(0, 1_000),
    "idle_timeout_minutes": _number(0, 31 * 1_440), "provider": TABLE, "auth": TABLE, "head_node_type": TEXT,
    "available_node_types": TABLE, "file_mounts": PLACES, "cluster_synced_files": TEXTS,
    "file_mounts_sync_continuously": SWITCH, "rsync_exclude": TEXTS, "rsync_filter": TEXTS, "docker": TABLE,
    "initialization_commands": COMMANDS, "setup_commands": COMMANDS, "head_setup_commands": COMMANDS,
    "worker_setup_commands": COMMANDS, "head_start_ray_commands": COMMANDS, "worker_start_ray_commands": COMMANDS,
    "no_restart": SWITCH,
}  # fmt: skip
PROVIDER = {
    "type": Field(lambda value: value == "external", "external"),
    "module": Field(_is_text, "cluster.provider.DigitalOceanNodeProvider"),
    "region": Field(
        lambda value: isinstance(value, str) and _REGION.fullmatch(value) is not None,
        "a region in small letters, such as tor1",
    ),
    "http_port": Field(
        _is_port, f"a whole number from 1 to 65535, but not {SSH_PORT}, which is SSH's, nor one of Ray's "
        f"({', '.join(map(str, sorted(RAY_PORTS)))})",
    ),
    "admin_cidrs": Field(_is_list(_is_text), "a list such as [203.0.113.7/32]"),
    "http_cidrs": Field(_is_list(_is_text), "a list such as [203.0.113.7/32], or [] to keep the port closed"),
    "spend_caps": Field(
        lambda value: isinstance(value, Mapping), "a table of usd_per_h, usd_per_session and usd_per_month"
    ),
    "ledger_folder": Field(_is_text, "a folder, such as ~/.inplay"),
}  # fmt: skip
CAPS = dict.fromkeys(("usd_per_h", "usd_per_session", "usd_per_month"), _number(0, 1_000_000))
AUTH = {"ssh_user": TEXT, "ssh_private_key": Field(_is_text, "the path of a private key")}
TYPE = {
    "resources": AMOUNTS, "min_workers": COUNT, "max_workers": COUNT, "idle_timeout_s": SECONDS,
    "priority": _whole(-10_000, 10_000), "labels": PLACES, "node_config": TABLE, "worker_setup_commands": COMMANDS,
    "docker": TABLE,
}  # fmt: skip
NODE = {
    "size": SLUG,
    "image": Field(
        _is_image, "a slug in small letters, such as ubuntu-24-04-x64, or the number of a snapshot, 1 or more"
    ),
    "fallback_sizes": Field(_is_list(_is_slug), "a list of sizes, such as [s-8vcpu-16gb]"),
    "max_hours": _number(0.1, 24 * 31),
}


def check_section(section: Any, named: str, fields: Mapping[str, Field]) -> None:
    """Each field of the section that is given is what it may be; one that is empty counts as left out.

    Raises:
        ClusterConfigError: naming the first field that isn't, what it is, and what it may be.
    """
    if not isinstance(section, Mapping):
        raise ClusterConfigError(
            f"`{named or 'the file'}` is {shown(section)}; it must be a table of fields. Nothing was created."
        )
    for key, value in section.items():
        where = f"{named}.{key}" if named else str(key)
        field = fields.get(key)
        if field is None:
            near = difflib.get_close_matches(str(key), fields, n=1, cutoff=0.8)
            if near:
                raise ClusterConfigError(f"`{where}` means nothing here; `{near[0]}` does. Nothing was created.")
        elif value is not None and not field.fits(value):
            raise ClusterConfigError(f"`{where}` is {shown(value)}; it must be {field.may_be}. Nothing was created.")


def check_fields(config: Any) -> None:
    """Every field of the cluster's file that is given is what it may be. Raises: ClusterConfigError, naming it."""
    check_section(config, "", TOP)
    provider = config.get("provider") or {}
    check_section(provider, "provider", PROVIDER)
    check_section(provider.get("spend_caps") or {}, "provider.spend_caps", CAPS)
    check_section(config.get("auth") or {}, "auth", AUTH)
    types = config.get("available_node_types") or {}
    for name, node_type in types.items():
        where = f"available_node_types.{name}"
        check_section(node_type, where, TYPE)
        check_section(node_type.get("node_config") or {}, f"{where}.node_config", NODE)
    head = config.get("head_node_type")
    if types and head is not None and head not in types:
        raise ClusterConfigError(
            f"`head_node_type` is {shown(head)}; it must be one of available_node_types: {', '.join(map(str, types))}. "
            "Nothing was created."
        )


def shown(value: Any) -> str:
    """The value as it stands in a sentence, and not all of a long one."""
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
