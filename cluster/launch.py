"""What one request of Ray's autoscaler asks for, and the names and tags of its machines."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cluster import names
from cluster.cost import HOUR_S
from cluster.names import MachineName, Role
from cluster.spec import NodeSpec

UNFINISHED_HEAD_S = 7_200.0
"""How long `ray up` may take to set a head up; Ray gives each of its steps half an hour at most."""


@dataclass(frozen=True)
class Launch:
    """What to create: `count` machines of a type, for one request of the autoscaler.

    Attributes:
        request_id: the same for a repeat.
        launch_hash: Ray's digest of the type's configuration.
        first_index: of the first machine, since one request may come in several parts.
    """

    role: Role
    node_type: str
    node: NodeSpec
    request_id: str
    launch_hash: str
    count: int
    first_index: int = 0

    def machine_names(self, cluster: str) -> list[MachineName]:
        """The names of its machines, in order."""
        indexes = range(self.first_index, self.first_index + self.count)
        return [names.name_of(cluster, self.role, self.node_type, self.request_id, index) for index in indexes]

    def tags(self, cluster: str, now_s: float) -> list[str]:
        """The tags that its machines get; they never change."""
        made = [
            names.OURS,
            names.cluster_tag(cluster),
            names.tag(names.ROLE_TAG, cluster, self.role),
            names.tag(names.TYPE_TAG, cluster, self.node_type),
            names.tag(names.REQUEST_TAG, cluster, self.request_id),
            names.tag(names.LAUNCH_TAG, cluster, self.launch_hash),
        ]
        if math.isfinite(self.node.max_hours):
            made.append(names.tag(names.DEADLINE_TAG, cluster, str(int(now_s + self.node.max_hours * HOUR_S))))
        if self.role == "head":
            made.append(names.tag(names.UNFINISHED_TAG, cluster, str(int(now_s + UNFINISHED_HEAD_S))))
        return made
