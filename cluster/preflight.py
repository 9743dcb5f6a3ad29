"""Says before `ray up` whether it will work, what it would make and what that costs; makes nothing.

The first half reads the cluster's file only. The second asks DigitalOcean, and needs a token that may read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jsonschema
import yaml
from ray.autoscaler._private.util import validate_config

from cluster import bootstrap_config as bootstrap
from cluster import timer
from cluster.api import FORBIDDEN, SKEW_TOLD_S, UNAUTHORIZED, DigitalOcean, skew_text
from cluster.catalogue import Catalogue
from cluster.cost import SpendCaps
from cluster.errors import ApiError, ClusterConfigError, ClusterError
from cluster.machines import list_machines
from cluster.spec import ClusterSpec, read_spec
from cluster.spend_ledger import SpendLedger, ledger_path

READABLE = {
    "account": "account:read",
    "sizes": "sizes:read",
    "regions": "regions:read",
    "droplets": "droplet:read",
    "vpcs": "vpc:read",
    "firewalls": "firewall:read",
    "account/keys": "ssh_key:read",
    "tags": "tag:read",
    "volumes": "block_storage:read",
    "images": "image:read",
}
"""Paths that are asked once to see whether the token may read them, and the scope that each needs."""
NEEDED = (
    "max_workers", "head_node_type", "available_node_types", "file_mounts", "cluster_synced_files", "docker",
    "initialization_commands", "setup_commands", "head_setup_commands", "worker_setup_commands",
    "head_start_ray_commands", "worker_start_ray_commands",
)  # fmt: skip
"""Keys that Ray reads and fills in for its own clouds only."""
LACKS = "it lacks "
Result = Literal["ok", "warning", "wrong", "skipped"]


@dataclass(frozen=True)
class Check:
    """One thing looked at. `detail` says what was found, and what to do when it isn't right."""

    check: str
    result: Result
    detail: str


def read_file(path: Path) -> dict[str, Any]:
    """The cluster's file, accepted by Ray's schema and complete. Raises: ClusterConfigError."""
    try:
        loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        validate_config(loaded)
    except OSError as error:
        raise ClusterConfigError(f"{path} can't be read: {error.strerror}. Name the cluster's file.") from None
    except (yaml.YAMLError, jsonschema.ValidationError) as error:
        why = getattr(error, "message", None) or str(error)
        raise ClusterConfigError(f"{path} isn't a cluster's file: {why}. Nothing was created.") from None
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ClusterConfigError(f"{path} lacks something that Ray needs: {error}. Nothing was created.") from None
    missing = [key for key in NEEDED if key not in loaded]
    if missing:
        raise ClusterConfigError(
            f"{path} lacks {', '.join(missing)}, for which Ray has no defaults here. Nothing was created. Add them "
            "as in the ray-cluster.yaml that comes with inplay."
        )
    return loaded


def check_offline(config: Mapping[str, Any]) -> list[Check]:
    """What the file alone tells."""
    checks = [
        _checked("file", lambda: _file_detail(config)),
        _checked("machine types", lambda: ", ".join(bootstrap.node_specs(config))),
        _checked("ssh key", lambda: _key_detail(config)),
    ]
    try:
        spec = read_spec(config["provider"], str(config["cluster_name"]))
    except ClusterConfigError:
        return checks
    return [
        *checks,
        _checked("record of costs", lambda: _books_detail(spec)),
        _ssh_door(spec),
        _reaper(timer.installed()),
    ]


def check_live(api: DigitalOcean, config: Mapping[str, Any]) -> list[Check]:
    """What DigitalOcean says about the file: access, room, sizes, images, prices. Never changes anything."""
    checks = [_readable(api)]
    if checks[0].result == "wrong" and not checks[0].detail.startswith(LACKS):
        return checks  # the others would say the same once more
    return [
        *checks,
        _clock(api),
        _checked("room in the account", lambda: _room(api, config)),
        _checked("sizes and prices", lambda: _prices(api, config)),
        _checked("images", lambda: _images(api, config)),
        _checked("already there", lambda: _there(api, str(config["cluster_name"]))),
    ]


def _checked(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", look())
    except ClusterError as error:
        return Check(name, "wrong", str(error))


def _file_detail(config: Mapping[str, Any]) -> str:
    spec = read_spec(config["provider"], str(config["cluster_name"]))
    return f"cluster {spec.name} in {spec.region}; caps {_caps(spec.caps)}"


def _caps(caps: SpendCaps) -> str:
    return f"${caps.usd_per_h:g} an hour, ${caps.usd_per_session:g} a session, ${caps.usd_per_month:g} a month"


def _key_detail(config: Mapping[str, Any]) -> str:
    named = (config.get("auth") or {}).get("ssh_private_key")
    if named is None:
        return f"none named; ~/.ssh/inplay-{config['cluster_name']} is used, and made if it isn't there"
    bootstrap.public_key_of(Path(named).expanduser())
    return str(named)


def _books_detail(spec: ClusterSpec) -> str:
    """The next start can be booked, as it would be: by writing room for it, which is given back."""
    ledger = SpendLedger(ledger_path(spec.ledger_folder, spec.name))
    ledger.reserve()
    ledger.release()
    return str(ledger.path)


def _ssh_door(spec: ClusterSpec) -> Check:
    if any(cidr.endswith("/0") for cidr in spec.admin_cidrs):
        text = "port 22 is open to everyone who has the key; put your own address into `provider.admin_cidrs`"
        return Check("who may reach port 22", "warning", text)
    return Check("who may reach port 22", "ok", ", ".join(spec.admin_cidrs))


def _reaper(runs_here: bool) -> Check:  # noqa: FBT001  the only thing it asks
    if runs_here:
        return Check("reaper", "ok", "runs on this machine every quarter of an hour")
    text = (
        "doesn't run on this machine by itself. A GPU whose head is gone would be billed until somebody reaps; "
        "`inplay cluster reap --install-timer` lets this machine do it"
    )
    return Check("reaper", "warning", text)


def _readable(api: DigitalOcean) -> Check:
    missing = []
    for path, scope in READABLE.items():
        try:
            api.get(path, per_page=1) if path != "account" else api.get(path)
        except ApiError as error:
            if error.status == UNAUTHORIZED:
                return Check("token", "wrong", "DigitalOcean doesn't know this token. Make a new one: docs/cluster.md.")
            if error.status != FORBIDDEN:
                return Check("DigitalOcean", "wrong", str(error))
            missing.append(scope)
        except ClusterError as error:
            return Check("DigitalOcean", "wrong", str(error))
    if missing:
        return Check("token", "wrong", f"{LACKS}{', '.join(missing)}. Make another: docs/cluster.md lists the scopes.")
    return Check("token", "ok", "may read all it must; whether it may create and delete shows when it does")


def _clock(api: DigitalOcean) -> Check:
    if api.ahead_s is None:
        return Check("clock", "skipped", "DigitalOcean's answers had no date")
    if abs(api.ahead_s) > SKEW_TOLD_S:
        return Check("clock", "warning", skew_text(api.ahead_s))
    return Check("clock", "ok", "that of DigitalOcean, within a minute")


def _room(api: DigitalOcean, config: Mapping[str, Any]) -> str:
    account = api.get("account").body.get("account") or {}
    if account.get("status") == "locked":
        raise ClusterConfigError(f"The account is locked: {account.get('status_message')}. Ask DigitalOcean's support.")
    limit, there = int(account.get("droplet_limit") or 0), len(list_machines(api))
    wanted = 1 + int(config["max_workers"])
    if there >= limit:
        raise ClusterConfigError(
            f"The account may have {limit} machines and has {there}. Ask for more, or destroy some."
        )
    tight = "" if there + wanted <= limit else f"; too few for the head and all {wanted - 1} workers at once"
    return f"{there} of {limit} machines in use{tight}"


def _prices(api: DigitalOcean, config: Mapping[str, Any]) -> str:
    found = bootstrap.check_types(config, Catalogue(api.list_all("sizes", "sizes")))
    region = str(config["provider"]["region"])
    lines = []
    for name, spec in bootstrap.node_specs(config).items():
        size = found[name]
        sold = "" if size.sold_in(region) else f", not sold in {region} now"
        life = (
            "" if math.isinf(spec.max_hours) else f", ${size.price_usd_per_h * spec.max_hours:.2f} until its deadline"
        )
        lines.append(f"{name}: {size.slug} ${size.price_usd_per_h:.3f}/h{life}{sold}")
    return "; ".join(lines)


def _images(api: DigitalOcean, config: Mapping[str, Any]) -> str:
    bootstrap.check_images(api, config)
    return ", ".join(sorted({str(spec.image) for spec in bootstrap.node_specs(config).values()}))


def _there(api: DigitalOcean, cluster: str) -> str:
    labels = [machine.label for machine in list_machines(api) if machine.of(cluster)]
    return ", ".join(labels) or "no machine of this cluster"
