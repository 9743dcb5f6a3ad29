"""Ray's view of the machines: a node provider for `ray up` and for the autoscaler, versions 1 and 2.

It only translates between Ray's words and `Fleet`, which knows the machines.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from ray.autoscaler.node_launch_exception import NodeLaunchException
from ray.autoscaler.node_provider import NodeProvider
from ray.autoscaler.tags import (
    STATUS_UP_TO_DATE,
    TAG_RAY_CLUSTER_NAME,
    TAG_RAY_LAUNCH_CONFIG,
    TAG_RAY_LAUNCH_REQUEST,
    TAG_RAY_NODE_KIND,
    TAG_RAY_NODE_NAME,
    TAG_RAY_NODE_STATUS,
    TAG_RAY_USER_NODE_TYPE,
)

from cluster import bootstrap_config as bootstrap
from cluster import names, reaper
from cluster.api import DigitalOcean, connect
from cluster.breaker import CapacityBreaker
from cluster.clock import Clock, SystemClock
from cluster.errors import CapacityError, ClusterConfigError, ClusterError, SpendCapError
from cluster.fleet import Fleet
from cluster.launch import Launch
from cluster.machines import Machine
from cluster.names import Role
from cluster.network import knows_key, remove_foundation
from cluster.spec import read_node, read_spec
from cluster.spend_ledger import SpendLedger, ledger_path
from cluster.token import refuse_secrets

log = logging.getLogger(__name__)

HEAD_REQUEST = "head"
"""A cluster has one head, so whoever asks for it asks for the same one."""
FROM_RAY = {
    TAG_RAY_NODE_KIND: names.ROLE_TAG,
    TAG_RAY_USER_NODE_TYPE: names.TYPE_TAG,
    TAG_RAY_LAUNCH_REQUEST: names.REQUEST_TAG,
    TAG_RAY_LAUNCH_CONFIG: names.LAUNCH_TAG,
}
Config = dict[str, Any]


class LaunchRefused(NodeLaunchException, click.ClickException):  # type: ignore[misc]
    """What the autoscaler keeps as the reason, and `ray up` shows as one text without a traceback."""


class DigitalOceanNodeProvider(NodeProvider):  # type: ignore[misc]
    """The machines of one cluster, as Ray asks for them. Thread-safe.

    Args:
        provider_config: the `provider` section of the cluster's file.
        cluster_name: of the file.
        api: a client other than the one that the environment describes.
        clock: other than the machine's.
        new_id: makes ids for requests that Ray gives none (autoscaler version 1).
    """

    def __init__(
        self,
        provider_config: Config,
        cluster_name: str,
        *,
        api: DigitalOcean | None = None,
        clock: Clock | None = None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        super().__init__(provider_config, cluster_name)
        self._clock = clock or SystemClock()
        self._spec = read_spec(provider_config, cluster_name)
        self._api = api or connect()
        self._new_id = new_id
        ledger = SpendLedger(ledger_path(self._spec.ledger_folder, cluster_name))
        self._fleet = Fleet(self._api, self._spec, self._clock, ledger, CapacityBreaker(self._clock))
        self._lock = threading.Lock()
        self._volatile: dict[str, dict[str, str]] = defaultdict(dict)
        self._left_by_ray: set[str] = set()
        self._next_index: dict[tuple[str, str], int] = defaultdict(int)

    def non_terminated_nodes(self, tag_filters: dict[str, str]) -> list[str]:
        """Numbers of the machines that carry the tags. Raises: ApiError when the list isn't whole."""
        first: dict[str, str] = {}
        for machine in self._fleet.refresh():
            first.setdefault(machine.label, str(machine.id))  # a double is on its way out and none of Ray's business
        wanted = tag_filters.items()
        return [node_id for node_id in first.values() if wanted <= self.node_tags(node_id).items()]

    def nodes_for_teardown(self, tag_filters: dict[str, str]) -> list[str]:
        """As `non_terminated_nodes`. What `ray down` still finds when it is done, it means to keep."""
        found = self.non_terminated_nodes(tag_filters)
        if tag_filters.get(TAG_RAY_NODE_KIND) == "worker":
            self._left_by_ray = set(found)
        return found

    def is_running(self, node_id: str) -> bool:
        """Whether it is up and behind its firewall, which follows tags that come late."""
        machine = self._fleet.known(int(node_id))
        return machine is not None and machine.status == "active" and machine.guarded()

    def is_terminated(self, node_id: str) -> bool:
        """Whether it is gone. Powered off isn't: it is billed."""
        return self._fleet.known(int(node_id)) is None

    def node_tags(self, node_id: str) -> dict[str, str]:
        """Ray's tags: the lasting ones from the machine, the changing ones from memory."""
        machine = self._fleet.known(int(node_id))
        if machine is None or machine.name is None:
            return {}
        tags = self._fleet.tags(machine)
        found = {
            TAG_RAY_CLUSTER_NAME: self.cluster_name,
            TAG_RAY_NODE_KIND: machine.name.role,
            TAG_RAY_NODE_NAME: f"ray-{self.cluster_name}-{machine.name.role}",
        }
        for ray_tag, key in FROM_RAY.items():
            value = names.tag_value(tags, key, self.cluster_name)
            if value and not (ray_tag == TAG_RAY_LAUNCH_REQUEST and machine.name.role == "head"):
                found[ray_tag] = value
        with self._lock:
            return found | self._volatile[node_id]

    def external_ip(self, node_id: str) -> str | None:
        """The public address, once the machine is behind its firewall."""
        machine = self._guarded(node_id)
        return machine.public_ip if machine else None

    def internal_ip(self, node_id: str) -> str | None:
        """The private address, once the machine is behind its firewall."""
        machine = self._guarded(node_id)
        return machine.private_ip if machine else None

    def set_node_tags(self, node_id: str, tags: dict[str, str]) -> None:
        """The tags are remembered here; on the API a change would cost three requests. A head that is set up stays.

        Raises:
            ApiError: when a head that is set up could not be freed of its deadline; `ray up` fails then, and repeating
                it helps.
        """
        if tags.get(TAG_RAY_NODE_STATUS) == STATUS_UP_TO_DATE:
            self._fleet.finish(int(node_id))
        with self._lock:
            self._volatile[node_id].update(tags)

    def create_node(self, node_config: Config, tags: dict[str, str], count: int) -> dict[str, Any]:
        """At least one of `count` machines is there, each once.

        Raises:
            LaunchRefused: when none could be had, saying why.
        """
        role: Role = "head" if tags.get(TAG_RAY_NODE_KIND) == "head" else "worker"
        try:
            machines = self._fleet.create(self._launch(role, node_config, tags, count))
        except ClusterError as error:
            log.error("the launch failed: %s", error)  # noqa: TRY400 - the text says it all, and Ray hides it
            raise LaunchRefused(_category(error), str(error), sys.exc_info()) from None  # type: ignore[call-arg]
        volatile = {key: tags[key] for key in (TAG_RAY_NODE_STATUS, TAG_RAY_NODE_NAME) if key in tags}
        for machine in machines:
            self.set_node_tags(str(machine.id), volatile)
        return {str(machine.id): {"name": machine.label, "size": machine.size} for machine in machines}

    def create_node_with_resources_and_labels(
        self,
        node_config: Config,
        tags: dict[str, str],
        count: int,
        resources: dict[str, float],  # noqa: ARG002 - Ray's signature; a size decides them
        labels: dict[str, str],  # noqa: ARG002
    ) -> dict[str, Any]:
        """As `create_node`."""
        return self.create_node(node_config, tags, count)

    def terminate_node(self, node_id: str) -> dict[str, Any] | None:
        """The machine is destroyed; until it is gone it stays listed."""
        return self.terminate_nodes([node_id])

    def terminate_nodes(self, node_ids: list[str]) -> dict[str, Any] | None:
        """The machines are destroyed; those that aren't gone yet stay listed. Strangers' are refused.

        On a head its own machine stays. After a reboot Ray finds the node that the head was before, which is dead, and
        destroys its machine, unless the new node has joined within the same five seconds (Ray 2.60, `Reconciler`).
        """
        self._fleet.destroy(map(int, node_ids), but_heads=bool(self.provider_config.get(bootstrap.ON_HEAD)))
        return None

    def prepare_for_head_node(self, cluster_config: Config) -> Config:
        """The config for the head: no token's file, which it would hand to workers, and setup commands once."""
        # Ray may have taken the rest from its cache, and the token of today needn't be that of then.
        bootstrap.save_token(os.environ)
        return bootstrap.for_head(cluster_config)

    def cleanup_cluster_resources(self) -> None:
        """Nothing of the cluster is left: machines, firewall, network, key, tags; called at the end of `ray down`.

        `ray down` goes on until its list of workers is empty, but for those that `--keep-min-workers` keeps. They stay,
        and so do the firewall and the network that they are in.

        Raises:
            LeftoverError: naming what is left.
        """
        kept = self._kept()
        try:
            reaper.destroy_cluster(
                self._api, self.cluster_name, self._clock, self._fleet.refresh, but=kept, book=self._fleet.book_stop
            )
            if not kept:
                remove_foundation(self._api, self.cluster_name, self._clock)
        except ClusterError as error:
            log.error("ray down left something behind: %s", error)  # noqa: TRY400 - Ray shows it only with -v
            raise
        if kept:
            log.warning("%s", kept_text(kept.values()))
        cache = self.provider_config.get("_config_cache_path")
        if cache:
            Path(cache).unlink(missing_ok=True)

    def _kept(self) -> dict[int, Machine]:
        known = ((int(each), self._fleet.known(int(each))) for each in self._left_by_ray)
        return {number: machine for number, machine in known if machine is not None}

    @staticmethod
    def fillout_available_node_types_resources(cluster_config: Config) -> Config:
        """Each type has a place for its resources, which `bootstrap_config` fills.

        Not here: Ray only warns when this fails and goes on, with a GPU machine that has no GPU in its books.
        """
        return bootstrap.with_room_for_resources(cluster_config)

    @staticmethod
    def bootstrap_config(cluster_config: Config) -> Config:
        """The config checked against the live catalogue, with each type's resources, labels and the SSH key.

        The same question has the same answer.

        Raises:
            ClusterConfigError: when the file is wrong; nothing was created.
        """
        refuse_secrets(cluster_config)
        api = connect()
        cluster = str(cluster_config["cluster_name"])
        read_spec(cluster_config["provider"], cluster)
        filled, machines = bootstrap.check_live(api, cluster_config)
        try:
            filled = bootstrap.with_token_mount(bootstrap.with_key(filled), os.environ)
        except ClusterConfigError as error:
            raise bootstrap.with_way_out(error, cluster, machines) from None
        if machines and not knows_key(api, filled["provider"]["ssh_public_key_text"]):
            # No error: `ray down` needs no key.
            log.warning(
                "%s runs and was made with another SSH key than yours, %s, so you can't get in. Copy the key of whoever"
                " made it, or give your cluster another name",
                cluster,
                filled["auth"]["ssh_private_key"],
            )
        return bootstrap.with_min_workers(filled)

    def _launch(self, role: Role, node_config: Config, tags: dict[str, str], count: int) -> Launch:
        if not self._spec.public_key:
            raise ClusterConfigError("The file wasn't bootstrapped, so no SSH key is known. Nothing was created.")
        bootstrap.check_key(self.provider_config)
        node_type = tags.get(TAG_RAY_USER_NODE_TYPE, "")
        request_id = HEAD_REQUEST if role == "head" else tags.get(TAG_RAY_LAUNCH_REQUEST) or self._new_id()
        first = 0
        if role == "worker":
            # The autoscaler splits a large request into parts that differ in nothing, so parts are counted on.
            with self._lock:
                first = self._next_index[request_id, node_type]
                self._next_index[request_id, node_type] += count
        node = read_node(node_config, role)
        return Launch(role, node_type, node, request_id, tags.get(TAG_RAY_LAUNCH_CONFIG, ""), count, first)

    def _guarded(self, node_id: str) -> Machine | None:
        machine = self._fleet.known(int(node_id))
        if machine is None or not machine.guarded() or machine.private_ip is None:
            self._fleet.refresh()
            machine = self._fleet.known(int(node_id))
        return machine if machine is not None and machine.guarded() else None


def kept_text(kept: Iterable[Machine]) -> str:
    """In words, what `--keep-min-workers` kept, what it costs, and how long it stays."""
    machines = sorted(kept, key=lambda each: each.id)
    labels = ", ".join(each.label for each in machines)
    usd_per_h = sum(each.price_usd_per_h for each in machines)
    return (
        f"kept, with firewall and network, as --keep-min-workers says: {labels}, ${usd_per_h:.3f} an hour. They have "
        "no head now: a reaper destroys them once it has missed one for a quarter of an hour. Run `ray up` before, or "
        "`ray down` without that option"
    )


def _category(error: ClusterError) -> str:
    """Ray's short label of a failure."""
    if isinstance(error, CapacityError):
        return "SoldOut"
    return "SpendCap" if isinstance(error, SpendCapError) else "DigitalOcean"
