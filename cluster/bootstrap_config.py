"""What Ray's `bootstrap_config` asks: is the cluster's file right, what are its machines to Ray, which key opens them.

Nothing is made here but a local SSH key and the local file of the token. The network is laid before the first machine
instead: Ray keeps the answer of `bootstrap_config` in a cache that outlives `ray down`, so a network made here would be
missing the next time. Nothing volatile gets into a type's `node_config` either, since its digest decides whether the
head is replaced.
"""

from __future__ import annotations

import copy
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cluster.api import NOT_FOUND, TOKEN_FILE, TOKEN_VARIABLES, DigitalOcean, quoted
from cluster.catalogue import Catalogue, Size
from cluster.errors import ApiError, ClusterConfigError
from cluster.machines import Machine, list_machines
from cluster.spec import NodeSpec, read_node, read_spec

Config = dict[str, Any]
ON_HEAD = "runs_on_head"
"""The key of `provider` that says that this is the head's own copy of the file."""


def node_specs(config: Mapping[str, Any]) -> dict[str, NodeSpec]:
    """The types of the file, the head's among them. Raises: ClusterConfigError, naming the type."""
    found = {}
    for name, node_type in config["available_node_types"].items():
        role = "head" if name == config["head_node_type"] else "worker"
        try:
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
        if not machines:
            raise
        raise ClusterConfigError(
            f"{error} Of {cluster} {len(machines)} machines run; `inplay cluster reap --cluster {cluster} --all` takes "
            "them down without this file."
        ) from None


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
        _make_key(Path(auth["ssh_private_key"]).expanduser(), spec.name)
    filled["provider"]["ssh_public_key_text"] = public_key_of(Path(auth["ssh_private_key"]).expanduser())
    return filled


def public_key_of(private: Path) -> str:
    """The public half of a key. Raises: ClusterConfigError."""
    if not private.is_file():
        raise ClusterConfigError(
            f"The SSH key {private} isn't there. Nothing was created. Correct `auth.ssh_private_key`, or remove the "
            "line and one is made."
        )
    beside = private.with_name(private.name + ".pub")
    if beside.is_file():
        return beside.read_text(encoding="utf-8").strip()
    # -P "" rather than a prompt: nobody can type a passphrase on the head either.
    made = subprocess.run(
        ["ssh-keygen", "-y", "-P", "", "-f", str(private)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise ClusterConfigError(f"The SSH key {private} can't be read without a passphrase. Nothing was created.")
    return made.stdout.strip()


def with_token_mount(config: Config, environment: Mapping[str, str], token_file: str = TOKEN_FILE) -> Config:
    """A copy in which the token goes to the head as a file of its own, mode 600; its text is nowhere in the config."""
    filled = copy.deepcopy(config)
    path = save_token(environment, token_file)
    filled["file_mounts"] = {**(filled.get("file_mounts") or {}), TOKEN_FILE: str(path)}
    return filled


def save_token(environment: Mapping[str, str], token_file: str = TOKEN_FILE) -> Path:
    """The environment's token, if it has one, is in the file, which only its owner can read. Returns: the file."""
    given = next((environment[name].strip() for name in TOKEN_VARIABLES if environment.get(name, "").strip()), "")
    path = Path(token_file).expanduser()
    if given and not (path.is_file() and path.read_text(encoding="utf-8").strip() == given):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)  # also when it was there before
            file.write(given + "\n")
    elif given:
        path.chmod(0o600)  # the head refuses a file that others can read
    return path


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
    filled["provider"].pop("_config_cache_path", None)
    return filled


def _make_key(path: Path, cluster: str) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"inplay-{cluster}", "-f", str(path)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise ClusterConfigError(f"No SSH key could be made at {path}: {made.stderr.strip()}. Nothing was created.")
