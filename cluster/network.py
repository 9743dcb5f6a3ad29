"""What a cluster needs before its first machine: tag, private network, firewall, SSH key. And their removal.

All of it is found again by name, so it can be asked for as often as one likes. Firewalls follow the cluster's tag, so a
machine is behind the firewall as soon as its tags are on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cluster import names
from cluster.api import DigitalOcean, quoted
from cluster.clock import Clock
from cluster.errors import ApiError, LeftoverError, UnknownOutcomeError
from cluster.spec import ClusterSpec
from cluster.volumes import find_volume

log = logging.getLogger(__name__)

LOOKS, PAUSE_S = 4, 3.0
REMOVAL_ROUNDS, REMOVAL_PAUSE_S = 24, 5.0
IDLE_ROUNDS = 6
IDLE_AFTER_S = 7_200.0
"""A network is laid seconds before its first machine is asked for; this is as long as a head may take to be set up."""
KINDS = {"vpcs": "vpcs", "firewalls": "firewalls", "account/keys": "ssh_keys"}
ANYWHERE = ["0.0.0.0/0", "::/0"]
Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Foundation:
    """What machines are created with."""

    vpc_uuid: str
    firewall_id: str
    ssh_key_id: int


def lay_foundation(api: DigitalOcean, spec: ClusterSpec, clock: Clock) -> Foundation:
    """Tag, network, firewall and key are there, each once, and the firewall has the rules of the cluster's file.

    Raises:
        ApiError: when one of them can't be had; then no machine may be created.
    """
    name = names.resource_name(spec.name)
    _ensure_tag(api, names.cluster_tag(spec.name))
    vpc = _once(
        lambda: _named(api.list_all("vpcs", "vpcs"), name),
        lambda: api.post("vpcs", {"name": name, "region": spec.region}).body["vpc"],
        clock,
    )
    if vpc.get("region") != spec.region:
        raise ApiError(
            f"The cluster's network {name} is in {vpc.get('region')}, its file says {spec.region}. Nothing was "
            "created. Run `ray down` first, or give the cluster another name."
        )
    rules = firewall_rules(spec, str(vpc["ip_range"]))
    firewall = _once(
        lambda: _named(api.list_all("firewalls", "firewalls"), name),
        lambda: api.post("firewalls", {"name": name, "tags": [names.cluster_tag(spec.name)], **rules}).body["firewall"],
        clock,
    )
    if not _same_rules(firewall, rules, names.cluster_tag(spec.name)):
        wanted = {"name": name, "tags": [names.cluster_tag(spec.name)], **rules}
        api.put(f"firewalls/{quoted(firewall['id'])}", wanted)
    key = _once(
        lambda: known_key(api, spec.public_key),
        lambda: api.post("account/keys", {"name": name, "public_key": spec.public_key}).body["ssh_key"],
        clock,
    )
    return Foundation(str(vpc["id"]), str(firewall["id"]), int(key["id"]))


def firewall_rules(spec: ClusterSpec, vpc_cidr: str) -> dict[str, Any]:
    """22 from the admin's addresses, everything inside the network, HTTP only if asked for; all the way out."""
    inside = {"addresses": [vpc_cidr]}
    inbound: list[dict[str, Any]] = [
        {"protocol": "tcp", "ports": "22", "sources": {"addresses": list(spec.admin_cidrs)}},
        *({"protocol": protocol, "ports": "0", "sources": inside} for protocol in ("tcp", "udp", "icmp")),
    ]
    if spec.http_cidrs:
        http = {"protocol": "tcp", "ports": str(spec.http_port), "sources": {"addresses": list(spec.http_cidrs)}}
        inbound.append(http)
    outbound = [
        {"protocol": protocol, "ports": "0", "destinations": {"addresses": ANYWHERE}}
        for protocol in ("tcp", "udp", "icmp")
    ]
    return {"inbound_rules": inbound, "outbound_rules": outbound}


def remaining(api: DigitalOcean, cluster: str) -> list[str]:
    """What of the cluster is still there besides machines, as `kind id` texts; volumes that carry its tag included."""
    name = names.resource_name(cluster)
    left = [f"firewall {each['id']}" for each in api.list_all("firewalls", "firewalls") if each.get("name") == name]
    left += [f"vpc {each['id']}" for each in api.list_all("vpcs", "vpcs") if each.get("name") == name]
    left += [f"key {each['id']}" for each in api.list_all("account/keys", "ssh_keys") if each.get("name") == name]
    tagged = names.cluster_tag(cluster)
    volumes = api.list_all("volumes", "volumes")
    return left + [f"volume {each['id']}" for each in volumes if tagged in (each.get("tags") or ())]


def remove_foundation(api: DigitalOcean, cluster: str, clock: Clock) -> None:
    """Firewalls, networks, keys and tags of the cluster are gone, and two lists in a row prove it.

    Volumes are never deleted, since data may be on them. One with the cluster's tag is an error; that the volume of
    older bars stays, and costs money, is said.

    Raises:
        LeftoverError: naming what is left after all attempts.
    """
    paths = {"firewall": "firewalls", "vpc": "vpcs", "key": "account/keys"}
    left: list[str] = []
    refusals: dict[str, str] = {}
    proofs = 0
    for attempt in range(REMOVAL_ROUNDS):
        left = remaining(api, cluster)
        proofs = proofs + 1 if not left else 0
        if proofs == 2:  # noqa: PLR2004 - one empty list may be a stale one
            break
        for each in left:
            kind, _, identity = each.partition(" ")
            if kind in paths:
                _try_delete(api, f"{paths[kind]}/{quoted(identity)}", each, refusals)
        # Mostly all goes at once; what is refused waits for the last machine to leave the network.
        clock.sleep(REMOVAL_PAUSE_S if left and (refusals or attempt) else 1.0)
    if proofs < 2:  # noqa: PLR2004
        told = "; ".join(f"{each} ({refusals.get(each, 'still listed')})" for each in left)
        raise LeftoverError(
            f"Of the cluster {cluster} this could not be removed: {told}. All its machines are gone. Networks and keys "
            "cost nothing, volumes do. Run `ray down` again, or remove them in the control panel."
        )
    kept = find_volume(api, cluster)
    if kept is not None:
        log.warning(
            "the volume %s with older bars stays and costs $%.2f a month; `inplay cluster volume --delete` deletes it",
            kept.name, kept.usd_per_month,
        )  # fmt: skip
    for listed in api.list_all("tags", "tags"):
        if names.is_tag_of(str(listed.get("name")), cluster):
            api.delete(f"tags/{quoted(str(listed['name']))}")


def idle_clusters(api: DigitalOcean, with_machines: set[str], cluster: str | None = None) -> list[str]:
    """Clusters without machines that left a network, firewall or key behind, none of it new. Raises: ApiError."""
    return _idle({kind: api.list_all(kind, key) for kind, key in KINDS.items()}, with_machines, api.now_s(), cluster)


def _idle(
    listed: Mapping[str, list[dict[str, Any]]], with_machines: set[str], now_s: float, cluster: str | None
) -> list[str]:
    young = {_owner(each) for each in listed["vpcs"] if not _is_old(each, now_s)}
    owners = {_owner(each) for things in listed.values() for each in things}
    return sorted(
        each for each in owners - young if each is not None and each not in with_machines and cluster in (None, each)
    )


def remove_idle_foundations(
    api: DigitalOcean, with_machines: set[str], clock: Clock, cluster: str | None = None
) -> list[str]:
    """What clusters without machines left behind is gone, once their network is old enough not to be a beginning.

    The network goes first: a machine can't be made without it, and it can't go while it has one. So nobody who begins
    meanwhile gets a machine without a firewall.

    Args:
        api: of the account.
        with_machines: clusters that are left alone.
        clock: for pauses.
        cluster: only of that one.

    Returns:
        Names of the clusters.

    Raises:
        ApiError: when something can't be listed.
        LeftoverError: when something can't be removed.
    """
    listed = {kind: api.list_all(kind, key) for kind, key in KINDS.items()}
    idle = _idle(listed, with_machines, api.now_s(), cluster)
    for each in idle:
        if _networks_gone(api, listed["vpcs"], each, clock):
            remove_foundation(api, each, clock)
    return idle


def _networks_gone(api: DigitalOcean, vpcs: list[dict[str, Any]], cluster: str, clock: Clock) -> bool:
    for _ in range(IDLE_ROUNDS):
        refusals: dict[str, str] = {}
        for vpc in vpcs:
            if _owner(vpc) == cluster:
                _try_delete(api, f"vpcs/{quoted(vpc['id'])}", str(vpc["id"]), refusals)
        if not refusals:
            return True
        clock.sleep(REMOVAL_PAUSE_S)
    # It has a machine by now, or is the region's default network, which costs nothing.
    log.info("the network of %s stays: %s", cluster, "; ".join(refusals.values()))
    return False


def _owner(listed: Resource) -> str | None:
    return names.cluster_of_resource(str(listed.get("name")))


def _is_old(vpc: Resource, now_s: float) -> bool:
    try:
        made_at_s = datetime.fromisoformat(str(vpc.get("created_at"))).timestamp()
    except ValueError:
        return False  # without a date nobody can say so
    return now_s - made_at_s > IDLE_AFTER_S


def _try_delete(api: DigitalOcean, path: str, what: str, refusals: dict[str, str]) -> None:
    try:
        api.delete(path)
    except ApiError as error:
        # A network can't go before its last machine has left it; the next round asks again, and the caller is told.
        refusals[what] = str(error)


def _ensure_tag(api: DigitalOcean, name: str) -> None:
    try:
        api.post("tags", {"name": name})
    except ApiError:
        # There already, or the answer was lost: what counts is whether it is there.
        api.get(f"tags/{quoted(name)}")


def _once(find: Callable[[], Resource | None], make: Callable[[], Resource], clock: Clock) -> Resource:
    """The resource, found or made. A lost answer or a refusal is followed by looking, and only then by asking again."""
    found = find()
    if found is not None:
        return found
    try:
        return make()
    except UnknownOutcomeError as error:
        log.warning("looking whether it was made: %s", error)
    except ApiError:
        found = find()  # somebody else was faster
        if found is None:
            raise
        return found
    for _ in range(LOOKS):
        clock.sleep(PAUSE_S)
        found = find()
        if found is not None:
            return found
    return make()


def _named(listed: list[dict[str, Any]], name: str) -> Resource | None:
    return min((each for each in listed if each.get("name") == name), key=lambda each: str(each["id"]), default=None)


def knows_key(api: DigitalOcean, public_key: str) -> bool:
    """Whether the account has that SSH key, so that machines may have been made with it."""
    return known_key(api, public_key) is not None


def known_key(api: DigitalOcean, public_key: str) -> Resource | None:
    """The key with that text, whatever it is called: DigitalOcean takes a key only once."""
    wanted = public_key.split()[:2]
    keys = api.list_all("account/keys", "ssh_keys")
    return next((each for each in keys if str(each.get("public_key", "")).split()[:2] == wanted), None)


def _same_rules(firewall: Resource, wanted: Resource, tag: str) -> bool:
    def shape(rules: Any, side: str) -> set[tuple[str, ...]]:
        found = set()
        for rule in rules or ():
            # Whatever else is let in beside addresses (tags, droplets, balancers) counts as a difference.
            peers = [f"{kind}={each}" for kind, listed in (rule.get(side) or {}).items() for each in listed or ()]
            found.add((str(rule["protocol"]), str(rule.get("ports") or "0"), *sorted(peers)))
        return found

    return (
        tag in (firewall.get("tags") or ())
        and shape(firewall.get("inbound_rules"), "sources") == shape(wanted["inbound_rules"], "sources")
        and shape(firewall.get("outbound_rules"), "destinations") == shape(wanted["outbound_rules"], "destinations")
    )
