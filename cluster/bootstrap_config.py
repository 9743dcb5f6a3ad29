"""What Ray's `bootstrap_config` asks: is the cluster's file right, what are its machines to Ray, which key opens them.

Nothing is made here but a local SSH key and the local file of the token. The network is laid before the first machine
instead: Ray keeps the answer of `bootstrap_config` in a cache that outlives `ray down`, so a network made here would be
missing the next time. Nothing volatile gets into a type's `node_config` either, since its digest decides whether the
head is replaced.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cluster.api import NOT_FOUND, DigitalOcean, quoted
from cluster.catalogue import Catalogue, Size
from cluster.errors import ApiError, ClusterConfigError
from cluster.keys import key_path, make_key, public_key_of
from cluster.machines import Machine, list_machines
from cluster.names import TYPE_TAG, tag
from cluster.spec import NodeSpec, read_node, read_spec
from cluster.token import TOKEN_FILE, check_token, given_token

Config = dict[str, Any]
MIN_WORKERS = "min_workers"
ON_HEAD = "runs_on_head"
"""The key of `provider` that says that this is the head's own copy of the file."""
KEY_PATH = "ssh_private_key_path"
"""The key of `provider` that says where the SSH key is; Ray may take the rest from its cache, so it is tried anew."""


def node_specs(config: Mapping[str, Any]) -> dict[str, NodeSpec]:
    """The types of the file, the head's among them. Raises: ClusterConfigError, naming the type."""
    found = {}
    for name, node_type in config["available_node_types"].items():
        role = "head" if name == config["head_node_type"] else "worker"
        try:
            tag(TYPE_TAG, str(config["cluster_name"]), str(name))
            found[name] = read_node(node_type["node_config"], role)
        except ClusterConfigError as error:
            raise ClusterConfigError(f"{name}: {error}") from None
    return found


def with_room_for_resources(config: Config) -> Config:
    """A copy in which each type has the key `resources`, without which Ray refuses the file."""
    filled = copy.deepcopy(config)
    for node_type in filled["available_node_types"].values():
        node_type["resources"] = node_type.get("resources") or {}
    return filled


def detect_resources(config: Config, catalogue: Catalogue) -> Config:
    """A copy in which each type has the CPUs, memory, GPUs and labels of its size; what the file says itself wins."""
    filled = copy.deepcopy(config)
    region = str(filled["provider"].get("region", ""))
    for name, spec in node_specs(filled).items():
        size = catalogue.size(spec.size)
        node_type = filled["available_node_types"][name]
        node_type["resources"] = {**size.resources(), **(node_type.get("resources") or {})}
        node_type["labels"] = {**size.labels(region), **(node_type.get("labels") or {})}
    return filled


def check_types(config: Mapping[str, Any], catalogue: Catalogue, *, head_is_there: bool = False) -> dict[str, Size]:
    """Each type's size, with fallbacks that can do the same work; the head's is sold now, unless the head is there.

    Raises:
        ClusterConfigError: naming what is wrong.
    """
    region = str(config["provider"]["region"])
    found = {}
    for name, spec in node_specs(config).items():
        # A size that is sold out today is the autoscaler's problem; the head's has to be had now.
        is_bought_now = name == config["head_node_type"] and not head_is_there
        size = catalogue.check(spec.size, region) if is_bought_now else catalogue.size(spec.size)
        for slug in spec.fallback_sizes:
            other = catalogue.size(slug)
            if other.vcpus < size.vcpus or other.memory_mib < size.memory_mib or other.gpu_count != size.gpu_count:
                raise ClusterConfigError(
                    f"{name}: {slug} can't stand in for {size.slug}, since Ray counts on {size.vcpus} CPUs, "
                    f"{size.memory_mib} MiB and {size.gpu_count} GPUs. Nothing was created. Remove it, or make it a "
                    "type of its own."
                )
        found[name] = size
    return found


def with_way_out(error: ClusterConfigError, cluster: str, machines: list[Machine]) -> ClusterConfigError:
    """The error, with how to take down what runs all the same: `ray down` reads the file, too."""
    if not machines:
        return error
    return ClusterConfigError(
        f"{error} Of {cluster} {len(machines)} machines run; `inplay cluster reap --cluster {cluster} --all` takes "
        "them down without this file."
    )


def check_live(api: DigitalOcean, config: Config) -> tuple[Config, list[Machine]]:
    """A copy with each type's resources and labels, checked against what DigitalOcean has, and the cluster's machines.

    `ray down` and `ray attach` come here, too: what can't be bought any more is no trouble for what runs already.

    Raises:
        ClusterConfigError: naming what is wrong, and how to take down what runs all the same.
    """
    cluster = str(config["cluster_name"])
    machines = [each for each in list_machines(api) if each.of(cluster)]
    catalogue = Catalogue(api.list_all("sizes", "sizes"))
    try:
        check_types(config, catalogue, head_is_there=any(each.is_head() for each in machines))
        check_images(api, config)
        return detect_resources(config, catalogue), machines
    except ClusterConfigError as error:
        raise with_way_out(error, cluster, machines) from None


def check_images(api: DigitalOcean, config: Mapping[str, Any]) -> None:
    """Every image is there and can be used in the region. Raises: ClusterConfigError."""
    region = str(config["provider"]["region"])
    for image in sorted({str(spec.image) for spec in node_specs(config).values()}):
        try:
            listed = api.get(f"images/{quoted(image)}").body.get("image") or {}
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            raise ClusterConfigError(
                f"DigitalOcean has no image {image}. Nothing was created. Choose another in the cluster's file."
            ) from None
        if region not in (listed.get("regions") or ()):
            raise ClusterConfigError(
                f"The image {image} isn't in {region}. Nothing was created. Transfer the snapshot there, or choose "
                "another image."
            )


def with_key(config: Config) -> Config:
    """A copy that names the SSH key and carries its public half; the key is made when the file names none.

    Raises:
        ClusterConfigError: when the named key isn't there or can't be read.
    """
    filled = copy.deepcopy(config)
    spec = read_spec(filled["provider"], filled["cluster_name"])
    auth = filled.setdefault("auth", {})
    if "ssh_private_key" not in auth:
        auth["ssh_private_key"] = f"~/.ssh/inplay-{spec.name}"
        make_key(key_path(auth["ssh_private_key"]), spec.name)
    path = key_path(auth["ssh_private_key"])
    filled["provider"] |= {"ssh_public_key_text": public_key_of(path), KEY_PATH: str(path)}
    return filled


def with_min_workers(config: Config) -> Config:
    """A copy with the sum of all types' `min_workers` where `ray down --keep-min-workers` reads it, and finds 0 else.

    Ray's schema refuses it in a file, so it comes in afterwards, and is no part of the head's copy.

    Source: Ray 2.60, `teardown_cluster` in ray/autoscaler/_private/commands.py.
    """
    types = config["available_node_types"].values()
    return {**copy.deepcopy(config), MIN_WORKERS: sum(int(each.get(MIN_WORKERS) or 0) for each in types)}


def check_key(provider: Mapping[str, Any]) -> None:
    """The SSH key is still the one that machines get. Raises: ClusterConfigError; nothing was created."""
    path, known = provider.get(KEY_PATH), str(provider.get("ssh_public_key_text", ""))
    if path and public_key_of(Path(path)).split()[:2] != known.split()[:2]:
        raise ClusterConfigError(
            f"The SSH key {path} is another than Ray remembers from earlier, so the machine wouldn't open to it. "
            "Nothing was created. Repeat it with `--no-config-cache`."
        )


def with_token_mount(config: Config, environment: Mapping[str, str], token_file: str = TOKEN_FILE) -> Config:
    """A copy in which the token goes to the head as a file of its own, mode 600; its text is nowhere in the config."""
    filled = copy.deepcopy(config)
    path = save_token(environment, token_file)
    filled["file_mounts"] = {**(filled.get("file_mounts") or {}), TOKEN_FILE: str(path)}
    return filled


def save_token(environment: Mapping[str, str], token_file: str = TOKEN_FILE) -> Path:
    """The environment's token, if it has one, is in the file, which only its owner can read. Returns: the file."""
    given = given_token(environment)
    path = Path(token_file).expanduser()
    if not given:
        return path
    try:
        if not (path.is_file() and path.read_bytes().strip() == given.encode()):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _replace(path, check_token(given, "use") + "\n")
        path.chmod(0o600)  # the head refuses a file that others can read
    except OSError as error:
        raise ClusterConfigError(
            f"The token can't be kept in {token_file}, from where the head gets it: {error.strerror}. Nothing was "
            "created, and a token that was there before still is. Make room, or correct the folder's permissions."
        ) from None
    return path


def _replace(path: Path, text: str) -> None:
    """The file holds the text and only its owner can read it; on a full disk it holds what it held before."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)  # also when it was there before
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def for_head(config: Config) -> Config:
    """A copy for the head's autoscaler: without the token's mount, with each setup command once, and marked as its.

    The head passes its mounts on to workers, so the token isn't among them. `worker_setup_commands` begin with the
    `setup_commands` already: Ray puts them there whenever it reads a config, here and, since autoscaler version 2, on
    the head again, so a worker would be set up twice while its GPU is billed.

    Source: Ray 2.60, `merge_setup_commands` in ray/autoscaler/_private/util.py.
    """
    filled = copy.deepcopy(config)
    filled["setup_commands"] = []
    filled["provider"][ON_HEAD] = True
    mounts = filled.get("file_mounts") or {}
    filled["file_mounts"] = {remote: local for remote, local in mounts.items() if remote != TOKEN_FILE}
    filled.pop(MIN_WORKERS, None)
    for key in ("_config_cache_path", KEY_PATH):  # of this machine
        filled["provider"].pop(key, None)
    return filled
