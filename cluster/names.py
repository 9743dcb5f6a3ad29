"""Names and tags of machines: made of what they are, so that a machine is known when its creation's answer is lost.

A name is `inplay-CLUSTER-w-REQUEST-INDEX-CHECK`. REQUEST is a digest of the launch request, CHECK one of all the rest.
A machine is ours when its name says so and CHECK is right; tags are put on later than the machine is made, so they
can't decide. Nobody types such a name by accident, so what carries another is a stranger's and is never touched.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cluster.errors import ClusterConfigError

Role = Literal["head", "worker"]

CLUSTER_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?\Z")
NAME = re.compile(r"inplay-(?P<cluster>[a-z][a-z0-9-]*)-(?P<role>[hw])-(?P<request>[0-9a-f]{12})-(?P<index>\d{1,4})-(?P<check>[0-9a-f]{8})\Z")  # fmt: skip  # noqa: E501
TAG = re.compile(r"[a-zA-Z0-9_\-:]{1,255}\Z")
OURS = "inplay"
CLUSTER_TAG, ROLE_TAG, TYPE_TAG = "inplay-cluster", "inplay-role", "inplay-type"
REQUEST_TAG, LAUNCH_TAG, DEADLINE_TAG = "inplay-request", "inplay-launch", "inplay-until"
UNFINISHED_TAG = "inplay-unfinished"
"""On a head until `ray up` has set it up; its value is a deadline."""
BAKES = "-bake"
LONGEST_HOST_NAME = 63
"""Source: RFC 1035, 2.3.4, of a label; Linux itself takes 64 (sethostname(2))."""
LONGEST_CLUSTER = 25
"""So that `inplay-CLUSTER-bake-h-REQUEST-0-CHECK` and a worker with an index of four digits fit."""
RESOURCE_NAME = re.compile(r"inplay-(?P<cluster>[a-z][a-z0-9-]*)-[0-9a-f]{8}\Z")


@dataclass(frozen=True)
class MachineName:
    """What a name says."""

    cluster: str
    role: Role
    request: str
    index: int

    def __str__(self) -> str:
        stem = f"{OURS}-{self.cluster}-{self.role[0]}-{self.request}-{self.index}"
        return f"{stem}-{_digest(stem, 8)}"


def check_cluster_name(name: str) -> str:
    """The name, if a new cluster can have it: its machines, also those that bake, have names of 63 characters at most.

    Raises:
        ClusterConfigError: when it can't. What runs under such a name is reaped all the same.
    """
    if not CLUSTER_NAME.match(name) or len(name) > LONGEST_CLUSTER or name.endswith(BAKES):
        raise ClusterConfigError(
            f"{name!r} can't name a cluster. Nothing was created. Use 1 to {LONGEST_CLUSTER} small letters, digits and "
            f"hyphens, beginning with a letter and ending with neither a hyphen nor `{BAKES}`: a machine's name begins "
            f"with it and may have 63 characters. What runs under this name is taken down by `inplay cluster reap "
            f"--cluster {name} --all`."
        )
    return name


def baking(cluster: str) -> str:
    """The name of the cluster in which that cluster's images are made."""
    return f"{check_cluster_name(cluster)}{BAKES}"


def known_name(name: str) -> str:
    """The name, if a cluster of any version of ours may have it. Raises: ClusterConfigError."""
    if not CLUSTER_NAME.match(name):
        raise ClusterConfigError(f"{name!r} is no name of a cluster. Nothing was changed.")
    return name


def name_of(cluster: str, role: Role, node_type: str, request_id: str, index: int) -> MachineName:
    """The name of the `index`-th machine of a launch request; the same question always has the same answer."""
    # One request of the autoscaler may ask for several types.
    request = _digest(f"{cluster}\n{role}\n{node_type}\n{request_id}", 12)
    return MachineName(known_name(cluster), role, request, index)


def parse_name(name: str) -> MachineName | None:
    """What the name says, or None when it isn't one of ours."""
    found = NAME.match(name)
    if found is None:
        return None
    role: Role = "head" if found["role"] == "h" else "worker"
    parsed = MachineName(found["cluster"], role, found["request"], int(found["index"]))
    return parsed if str(parsed) == name else None


def tag(key: str, cluster: str, value: str) -> str:
    """`key:cluster:value`, written so that any value survives DigitalOcean's character set and folding of case.

    The cluster is in it because tags are the account's: what a cluster leaves behind can be removed without asking
    whose it is.
    """
    written = "".join(c if c in "abcdefghijklmnopqrstuvwxyz0123456789-" else f"_{ord(c):x}_" for c in value)
    made = f"{key}:{known_name(cluster)}:{written}"
    if not TAG.match(made):
        raise ClusterConfigError(f"{value!r} is too long for a tag. Nothing was created. Shorten it.")
    return made


def tag_value(tags: Iterable[str], key: str, cluster: str) -> str | None:
    """The value under `key`, as it was before `tag`, or None."""
    prefix = f"{key}:{cluster}:"
    for each in tags:
        if each.startswith(prefix):
            return re.sub(r"_([0-9a-f]+)_", lambda found: chr(int(found[1], 16)), each[len(prefix) :])
    return None


def cluster_tag(cluster: str) -> str:
    """The tag that the firewall follows."""
    return f"{CLUSTER_TAG}:{known_name(cluster)}"


def is_tag_of(name: str, cluster: str) -> bool:
    """Whether that cluster made the tag."""
    keys = (ROLE_TAG, TYPE_TAG, REQUEST_TAG, LAUNCH_TAG, DEADLINE_TAG, UNFINISHED_TAG)
    return name == cluster_tag(cluster) or any(name.startswith(f"{key}:{cluster}:") for key in keys)


def resource_name(cluster: str) -> str:
    """The name of the cluster's network, firewall and key; with a digest, so that a stranger's can't have it."""
    stem = f"{OURS}-{known_name(cluster)}"
    return f"{stem}-{_digest(stem, 8)}"


def snapshot_name(cluster: str, node_type: str, fingerprint: str) -> str:
    """The name of a baked image; with a digest, so that a stranger's can't have it."""
    kind = re.sub(r"[^a-z0-9]+", "-", node_type.lower()).strip("-")
    stem = f"{OURS}-{known_name(cluster)}-{kind}-{fingerprint[:12]}"
    return f"{stem}-{_digest(f'{cluster} {stem}', 8)}"


def is_snapshot_of(name: str, cluster: str) -> bool:
    """Whether that cluster baked it."""
    stem, _, check = name.rpartition("-")
    return stem.startswith(f"{OURS}-{cluster}-") and check == _digest(f"{cluster} {stem}", 8)


def cluster_of_resource(name: str) -> str | None:
    """Whose network, firewall or key it is, or None when it isn't one of ours."""
    found = RESOURCE_NAME.match(name)
    if found is None or not CLUSTER_NAME.match(found["cluster"]):
        return None
    return found["cluster"] if resource_name(found["cluster"]) == name else None


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
