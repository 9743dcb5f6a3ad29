"""Says before `ray up` whether it will work, what it would make and what that costs; makes nothing.

The first half reads the cluster's file only. The second asks DigitalOcean, and needs a token that may read.
"""

from __future__ import annotations

import math
import os
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
from cluster.fields import check_fields
from cluster.keys import fingerprint_of, key_path, public_key_of
from cluster.machines import list_machines
from cluster.network import known_key
from cluster.off import off_since_s, off_text
from cluster.reaper import off_heads
from cluster.spec import ClusterSpec, read_spec
from cluster.spend_ledger import SpendLedger, ledger_path
from cluster.token import refuse_secrets, without_tokens

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
        refuse_secrets(loaded)
        check_fields(loaded)
        validate_config(loaded)
    except OSError as error:
        raise ClusterConfigError(f"{path} can't be read: {error.strerror}. Name the cluster's file.") from None
    except UnicodeDecodeError:
        raise ClusterConfigError(f"{path} isn't UTF-8. Nothing was created. Save it as UTF-8.") from None
    except (yaml.YAMLError, jsonschema.ValidationError) as error:
        raise ClusterConfigError(f"{path} isn't a cluster's file: {_why(error)}. Nothing was created.") from None
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        why = without_tokens(str(error))
        raise ClusterConfigError(f"{path} lacks something that Ray needs: {why}. Nothing was created.") from None
    missing = [key for key in NEEDED if key not in loaded]
    if missing:
        raise ClusterConfigError(
            f"{path} lacks {', '.join(missing)}, for which Ray has no defaults here. Nothing was created. Add them "
            "as in the ray-cluster.yaml that comes with inplay."
        )
    return loaded


def _why(error: yaml.YAMLError | jsonschema.ValidationError) -> str:
    """What is wrong with the file, without the line itself, in which a secret may stand."""
    if isinstance(error, jsonschema.ValidationError):
        return without_tokens(error.message)
    mark = getattr(error, "problem_mark", None)
    where = "" if mark is None else f" in line {mark.line + 1}"
    return f"{without_tokens(getattr(error, 'problem', None) or type(error).__name__)}{where}"


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
        *_head_without_cpus(config),
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
        _checked("ssh key in the account", lambda: _key_there(api, config)),
        _checked("already there", lambda: _there(api, str(config["cluster_name"]))),
        _off_heads(api),
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
    path = key_path(f"~/.ssh/inplay-{config['cluster_name']}" if named is None else named)
    if named is None and not os.path.lexists(path):
        return f"none named; {path} is made"
    public_key_of(path)
    return str(path)


def _key_there(api: DigitalOcean, config: Mapping[str, Any]) -> str:
    """The key as DigitalOcean has it is the one that opens here. Raises: ClusterConfigError."""
    cluster = str(config["cluster_name"])
    path = key_path((config.get("auth") or {}).get("ssh_private_key") or f"~/.ssh/inplay-{cluster}")
    public = public_key_of(path) if os.path.lexists(path) else ""
    known = known_key(api, public) if public else None
    if known is not None and known.get("fingerprint") not in (None, fingerprint_of(public)):
        raise ClusterConfigError(
            f"DigitalOcean has the key of {path} under the fingerprint {known['fingerprint']}, and its own is "
            f"{fingerprint_of(public)}. Nothing was created. Remove it from the account, and it is uploaded anew."
        )
    if known is None and any(machine.of(cluster) for machine in list_machines(api)):
        raise ClusterConfigError(
            f"{cluster} runs and was made with another SSH key than {path}, so you can't get in. Copy the key of "
            "whoever made it, or give your cluster another name. `ray down` needs no key."
        )
    return "uploaded with the first machine" if known is None else f"known as {known.get('name')}"


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


def _head_without_cpus(config: Mapping[str, Any]) -> list[Check]:
    """A warning where the file leaves the head no CPU, as Ray advises for large clusters: models are fitted there."""
    name = str(config["head_node_type"])
    cpus = (config["available_node_types"][name].get("resources") or {}).get("CPU")
    if cpus is None or cpus >= 1:
        return []
    text = f"{name}.resources.CPU is {cpus}, and models are trained on the head: none would be. Leave it out, or set 1"
    return [Check("the head's CPUs", "warning", text)]


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


def _off_heads(api: DigitalOcean) -> Check:
    """Of all clusters: who left one off may not remember which."""
    try:
        off = off_heads(list_machines(api))
    except ClusterError as error:
        return Check("heads that are off", "wrong", str(error))
    if off:
        return Check(
            "heads that are off",
            "warning",
            "; ".join(off_text(each, off_since_s(api, each), api.now_s()) for each in off),
        )
    return Check("heads that are off", "ok", "none")


def _there(api: DigitalOcean, cluster: str) -> str:
    labels = [machine.label for machine in list_machines(api) if machine.of(cluster)]
    return ", ".join(labels) or "no machine of this cluster"
