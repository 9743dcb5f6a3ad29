"""A snapshot of a machine that is set up already, so that the next one is ready in a minute.

One machine is made from the base image, set up as `ray up` would, switched off, made into an image and destroyed. It is
the head of a cluster of its own, NAME-bake, that `ray up` never finishes: should all else fail, the reaper destroys it
after two hours, and its network too. The image is named after all that went into it, so a repeat makes no second.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cluster import bootstrap_config as bootstrap
from cluster import names, reaper
from cluster.api import DigitalOcean
from cluster.breaker import CapacityBreaker
from cluster.clock import Clock
from cluster.errors import ApiError, ClusterError, LeftoverError, UnknownOutcomeError
from cluster.fleet import Fleet
from cluster.launch import Launch
from cluster.machines import Machine
from cluster.network import remove_foundation
from cluster.spec import read_node, read_spec
from cluster.spend_ledger import SpendLedger, ledger_path
from cluster.ssh import Shell

BOOT_S, OFF_S, SNAPSHOT_S = 900.0, 180.0, 3_600.0
LOOK_EVERY_S = 5.0
MAX_HOURS = 2.0
LAST_COMMAND = (
    "rm -f /etc/ssh/ssh_host_* ~/.ssh/authorized_keys ~/.inplay/digitalocean_token ~/.ray/auth_token; "
    "truncate -s 0 /etc/machine-id; cloud-init clean --logs > /dev/null 2>&1 || true"
)
"""A machine made from the image gets keys and an identity of its own at its first start."""


@dataclass(frozen=True)
class Image:
    """A baked image. `number` is what `image:` of a type may say; `made`: now, and not earlier."""

    number: int
    name: str
    created_at: str
    size_gb: float
    made: bool = False


def list_images(api: DigitalOcean, cluster: str) -> list[Image]:
    """The images that this cluster baked, the newest first."""
    listed = api.list_all("snapshots", "snapshots", resource_type="droplet")
    ours = [_image(each) for each in listed if names.is_snapshot_of(str(each.get("name")), cluster)]
    return sorted(ours, key=lambda image: (image.created_at, image.number), reverse=True)


def delete_old(api: DigitalOcean, config: Mapping[str, Any]) -> list[Image]:
    """Of each type only the newest image is left, and those that the file names. Returns: what was deleted."""
    named = {str(spec.image) for spec in bootstrap.node_specs(config).values()}
    kept: set[str] = set()
    deleted = []
    for image in list_images(api, str(config["cluster_name"])):
        kind = image.name.rsplit("-", 2)[0]
        if kind in kept and str(image.number) not in named:
            api.delete(f"snapshots/{image.number}")
            deleted.append(image)
        kept.add(kind)
    return deleted


def fingerprint_of(config: Mapping[str, Any], node_type: str) -> str:
    """A digest of everything that goes into the image: base, size, commands, and the bytes of the files."""
    node = config["available_node_types"][node_type]["node_config"]
    files = {remote: _digest_of(Path(local).expanduser()) for remote, local in sorted(_mounts(config).items())}
    facts = [str(node["image"]), node["size"], _commands(config), files]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


class Oven:
    """Bakes images of one cluster's file."""

    def __init__(
        self,
        api: DigitalOcean,
        config: Mapping[str, Any],
        clock: Clock,
        shell: Shell,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._api, self._config, self._clock, self._shell, self._say = api, config, clock, shell, say
        spec = read_spec(config["provider"], str(config["cluster_name"]))
        self._cluster = spec.name
        self._spec = replace(spec, name=names.baking(spec.name))
        # In the ledger of the cluster itself, so that the month's sum and cap count both.
        ledger = SpendLedger(ledger_path(spec.ledger_folder, spec.name))
        self._fleet = Fleet(api, self._spec, clock, ledger, CapacityBreaker(clock))

    def bake(self, node_type: str) -> Image:
        """The image of the type is there, and nothing else of the baking.

        Raises:
            ClusterError: when it couldn't be made; machine and network are gone all the same, or named.
        """
        fingerprint = fingerprint_of(self._config, node_type)
        name = names.snapshot_name(self._cluster, node_type, fingerprint)
        there = self._found(name)
        if there is not None:
            return there
        try:
            machine = self._machine(node_type, fingerprint)
            self._set_up(machine)
            image = self._snapshot(machine, name)
        except BaseException as error:
            self._clean_after(error)
            raise
        self._clean()
        return replace(image, made=True)

    def _found(self, name: str) -> Image | None:
        """The image of that name; should a lost answer have made two, the first."""
        found = [image for image in list_images(self._api, self._cluster) if image.name == name]
        for double in found[:-1]:
            self._api.delete(f"snapshots/{double.number}")
        return found[-1] if found else None

    def _machine(self, node_type: str, fingerprint: str) -> Machine:
        node = dict(self._config["available_node_types"][node_type]["node_config"]) | {"max_hours": MAX_HOURS}
        launch = Launch("head", node_type, read_node(node, "head"), fingerprint, fingerprint[:12], 1)
        (made,) = self._fleet.create(launch)
        self._say(f"made {made.label}, {made.size}")
        until_s = self._clock.now_s() + BOOT_S
        while self._clock.now_s() < until_s:
            found = next((each for each in self._fleet.refresh() if each.id == made.id), None)
            if found is not None and found.status == "active" and found.guarded() and found.public_ip:
                return found
            self._clock.sleep(LOOK_EVERY_S)
        raise ClusterError(f"{made.label} didn't come up within {BOOT_S / 60:.0f} min. No image was made. Try again.")

    def _set_up(self, machine: Machine) -> None:
        address = str(machine.public_ip)
        self._shell.wait(address)
        for command in self._config.get("initialization_commands") or ():
            self._shell.run(address, command)
        self._shell.copy(address, _mounts(self._config))
        for command in self._config.get("setup_commands") or ():
            self._say(f"running {command[:70]}")
            self._shell.run(address, command)
        self._shell.run(address, LAST_COMMAND)

    def _snapshot(self, machine: Machine, name: str) -> Image:
        """The image; of a machine that is off, since one that runs may be caught in the middle of a write."""
        self._act(machine, {"type": "shutdown"}, OFF_S)
        if self._status(machine) != "off":
            self._act(machine, {"type": "power_off"}, OFF_S)
        self._say(f"taking the snapshot {name}")
        self._act(machine, {"type": "snapshot", "name": name}, SNAPSHOT_S)
        until_s = self._clock.now_s() + OFF_S
        while self._clock.now_s() < until_s:
            image = self._found(name)
            if image is not None:
                return image
            self._clock.sleep(LOOK_EVERY_S)
        raise ClusterError(f"The snapshot {name} isn't listed although it was taken. Look with `--list` later.")

    def _act(self, machine: Machine, body: Mapping[str, str], wait_s: float) -> None:
        """The action has ended well.

        Raises:
            ClusterError: when it failed or didn't end in time.
        """
        number = self._asked(machine, body)
        until_s = self._clock.now_s() + wait_s
        while self._clock.now_s() < until_s:
            status = self._api.get(f"droplets/{machine.id}/actions/{number}").body["action"]["status"]
            if status == "completed":
                return
            if status == "errored":
                raise ClusterError(
                    f"DigitalOcean could not {body['type']} {machine.label}. No image was made. Try again."
                )
            self._clock.sleep(LOOK_EVERY_S)
        raise ClusterError(f"{body['type']} of {machine.label} took over {wait_s / 60:.0f} min. No image was made.")

    def _asked(self, machine: Machine, body: Mapping[str, str]) -> int:
        """The number of the action; after a lost answer it is looked for before it is asked for again."""
        before = self._actions(machine, body["type"])
        try:
            return int(self._api.post(f"droplets/{machine.id}/actions", body).body["action"]["id"])
        except UnknownOutcomeError:
            self._clock.sleep(LOOK_EVERY_S)
            new = self._actions(machine, body["type"]) - before
            if new:
                return min(new)
            return int(self._api.post(f"droplets/{machine.id}/actions", body).body["action"]["id"])

    def _actions(self, machine: Machine, kind: str) -> set[int]:
        listed = self._api.list_all(f"droplets/{machine.id}/actions", "actions")
        return {int(each["id"]) for each in listed if each.get("type") == kind}

    def _status(self, machine: Machine) -> str:
        return str(self._api.get(f"droplets/{machine.id}").body["droplet"]["status"])

    def _clean(self) -> None:
        reaper.destroy_cluster(self._api, self._spec.name, self._clock, self._fleet.refresh)
        remove_foundation(self._api, self._spec.name, self._clock)

    def _clean_after(self, error: BaseException) -> None:
        """The first error is the one to tell; what the cleaning leaves is told with it."""
        if not isinstance(error, Exception | KeyboardInterrupt):
            return  # this process is being ended; the reaper does the rest
        try:
            self._clean()
        except ClusterError as left:
            raise LeftoverError(
                f"{error} And not everything of the baking could be removed: {left} `inplay cluster reap --cluster "
                f"{self._spec.name} --all` does it."
            ) from error


def _mounts(config: Mapping[str, Any]) -> dict[str, str]:
    return dict(config.get("file_mounts") or {})


def _commands(config: Mapping[str, Any]) -> list[str]:
    return [*(config.get("initialization_commands") or ()), *(config.get("setup_commands") or ())]


def _digest_of(path: Path) -> str:
    """Of a file, or of all files of a folder with their paths."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(path) if path.is_dir() else [(str(path.parent), [], [path.name])]:
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            each = Path(folder) / name
            digest.update(f"{each.relative_to(path.parent)}\n".encode())
            digest.update(hashlib.sha256(each.read_bytes()).digest())
    return digest.hexdigest()


def _image(listed: Mapping[str, Any]) -> Image:
    try:
        return Image(int(listed["id"]), str(listed["name"]), str(listed["created_at"]), float(listed["size_gigabytes"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ApiError(
            f"DigitalOcean listed a snapshot that can't be read ({type(error).__name__}: {error}). Nothing was "
            "changed. Try again later."
        ) from None
