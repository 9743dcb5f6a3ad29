"""Room for a training on Ray: named, waited for with a bound, and taken back in every ending.

xgboost-ray leaves its placement group behind when a fit fails, and so does Tune when its process is killed. A group
that is left keeps its machine rented, or asks the autoscaler for another one. So every group of a training is made
here and carries the training's name: whoever is left removes it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ray
from ray.util.placement_group import PlacementGroup, placement_group, placement_group_table, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from trading.errors import ModelError
from tune.on_ray.causes import told_in_words

HEAD = "node:__internal_head__"
ON_HEAD = {HEAD: 0.001}
"""Work on CPUs stays on the head: to an autoscaler it would be a reason to rent a machine."""
SESSIONS = "session"
"""What the names of the training scheduler's own trainings begin with."""
ELSEWHERE = "ray.io/node-id"
"""Ray's own label of each node. Work that names every node but the head by it is a reason to rent a machine."""
WAIT_S = 100.0
MACHINE_WAIT_S = 1_800.0
"""For a machine that is rented and set up first."""
LOOK_EVERY_S = 1.0
LOST = "a machine was lost in mid-fit; room for its part is waited for, up to {:g} s"
BACK = "a machine was lost in mid-fit; its part has room elsewhere and goes on from its last checkpoint"
Bundle = Mapping[str, float]
Say = Callable[[str], None]


def print_nothing(_: str) -> None:
    """Who isn't to be told is told nothing."""


@dataclass(frozen=True)
class Placements:
    """The placement groups of one training. Plain values, so they travel to the process that trains.

    Attributes:
        training: names it; letters, digits and dashes.
        wait_s: for the resources that a step needs, before it is given up.
    """

    training: str = field(default_factory=lambda: f"run-{uuid.uuid4().hex[:12]}")
    wait_s: float = WAIT_S

    def remove(self) -> int:
        """No group of this training is left, and nothing that ran in one. Returns: how many there were."""
        return _remove(f"{_prefix(self.training)}/")

    def states(self) -> dict[str, str]:
        """The state in Ray's books of each group that holds or asks for resources, by its identifier."""
        return _live(f"{_prefix(self.training)}/")

    def named(self, bundles: Sequence[Bundle], strategy: str = "PACK", *, elsewhere: bool = False) -> PlacementGroup:
        """A further group, which has its resources sooner or later; each has a name of its own, as Ray wants it.

        Args:
            bundles: that are placed together.
            strategy: Ray's word of how.
            elsewhere: those that don't ask for the head are on other machines, which an autoscaler may bring.
        """
        name = f"{_prefix(self.training)}/{uuid.uuid4().hex}"
        away = {ELSEWHERE: f"!{_head_id()}"} if elsewhere else {}
        selectors = [{} if HEAD in bundle else away for bundle in bundles] if away else None
        return placement_group(
            [dict(bundle) for bundle in bundles], strategy, name=name, bundle_label_selector=selectors
        )

    def require(self, bundles: Sequence[Bundle], *, elsewhere: bool = False) -> None:
        """The bundles can be placed now, or within the bound. Raises: ModelError."""
        remove_placement_group(self._placed(bundles, elsewhere=elsewhere))

    def crew(self, machines: int) -> list[int]:
        """So many machines beside the head are there; the CPUs of each. Raises: ModelError when they don't come."""
        if self.wait_s < MACHINE_WAIT_S:
            return replace(self, wait_s=MACHINE_WAIT_S).crew(machines)
        group = self._placed([{"CPU": 1.0}] * machines, strategy="STRICT_SPREAD", elsewhere=True)
        there = set(placement_group_table(group)["bundles_to_node_id"].values())
        remove_placement_group(group)
        return [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["NodeID"] in there]

    def run(
        self, function: Callable[..., Any], *args: Any, bundles: Sequence[Bundle], elsewhere: bool = False,
        say: Say = print_nothing,
    ) -> Any:  # fmt: skip
        """What the function returns; it runs in a process on the head, and its own actors in the bundles.

        Args:
            function: that is run.
            args: of it.
            bundles: of its actors.
            elsewhere: these are on other machines, one each while there are enough; one that goes away is replaced by
                another one or by room on those that are left.
            say: told in words when a machine is lost, and when there is room again.

        Raises:
            ModelError: when the bundles can't be placed in time, a machine of theirs went away, or the function failed.
        """
        strategy = "SPREAD" if elsewhere else "PACK"
        group = self._placed([ON_HEAD, *bundles], strategy=strategy, elsewhere=elsewhere)
        try:
            inside = PlacementGroupSchedulingStrategy(group, 0, placement_group_capture_child_tasks=True)
            with told_in_words(), TemporaryDirectory(prefix="inplay-begun-") as folder:
                begun = Path(folder) / "begun"
                task: Any = ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=inside)(_beginning)
                reference = task.remote(function, str(begun), *args)
                return _watched(
                    reference, group, begun, self.wait_s, patience_s=self.wait_s if elsewhere else 0.0, say=say
                )
        finally:
            remove_placement_group(group)

    def _placed(self, bundles: Sequence[Bundle], *, strategy: str = "PACK", elsewhere: bool = False) -> PlacementGroup:
        _refuse_beyond_head(bundles)
        group = self.named(bundles, strategy, elsewhere=elsewhere)
        placed = False
        try:
            placed = group.wait(self.wait_s)
        finally:
            if not placed:
                remove_placement_group(group)
        if not placed:
            names = [name for name in ("CPU", "GPU") if any(bundle.get(name) for bundle in bundles)]
            asked, free = _words(bundles, names), _words([ray.available_resources()], names)
            raise ModelError(
                f"No room for the training within {self.wait_s:g} s: it asks Ray for {asked}, of which {free} are "
                "free. Nothing was replaced. Let other work on this Ray end, or give it more."
            )
        return group


def remove_of_sessions() -> int:
    """No group of any training of the scheduler is left. Returns: how many there were."""
    return _remove(_prefix(SESSIONS))


def head_cpus() -> float:
    """How many CPUs Ray's head has in its books, whoever uses them."""
    heads = [node["Resources"] for node in ray.nodes() if node["Alive"] and HEAD in node["Resources"]]
    return sum(float(resources.get("CPU", 0.0)) for resources in heads)


def _head_id() -> str:
    return next(str(node["NodeID"]) for node in ray.nodes() if node["Alive"] and HEAD in node["Resources"])


def _refuse_beyond_head(bundles: Sequence[Bundle]) -> None:
    asked, there = sum(bundle.get("CPU", 0) for bundle in bundles if HEAD in bundle), head_cpus()
    if asked > there:
        raise ModelError(
            f"This training asks for {asked:g} CPU on Ray's head, which has {there:g}. Nothing was started and nothing "
            f"was replaced. Start the head with --num-cpus={asked:g} or more; in a cluster's file that is "
            "`resources: {CPU: …}` of the head's type."
        )


def _beginning(function: Callable[..., Any], begun: str, *args: Any) -> Any:
    """What the function returns, once it is known that it began."""
    Path(begun).touch()
    return function(*args)


def _watched(
    reference: Any, group: PlacementGroup, begun: Path, wait_s: float, *, patience_s: float, say: Say = print_nothing
) -> Any:
    """The answer. A group that lost a machine waits for another one, and its task with it: after a while it is over.

    So it is when the task doesn't begin in time, such as for want of room for its arguments in Ray's object store.
    """
    asked_s = whole_s = time.monotonic()
    news = _News(say, patience_s)
    while not ray.wait([reference], timeout=LOOK_EVERY_S)[0]:
        if time.monotonic() - asked_s > wait_s and not begun.exists():
            raise ModelError(
                f"The training had its room on Ray and didn't begin within {wait_s:g} s. No model was made and none "
                "was replaced. Free memory, or give Ray's object store more."
            )
        table = placement_group_table(group)
        state = table["state"]
        if patience_s:
            news.look(table)
        if state == "CREATED":
            whole_s = time.monotonic()
        elif state == "REMOVED" or time.monotonic() - whole_s > patience_s:
            why = "was ended from outside" if state == "REMOVED" else "lost a machine that it ran on"
            raise ModelError(f"The training {why}. No model was made and none was replaced; train again.")
    return ray.get(reference)


@dataclass
class _News:
    """Tells of machines that are lost, and of room that is found again."""

    say: Say
    patience_s: float
    where: Mapping[Any, str] = field(default_factory=dict)
    waiting: bool = False

    def look(self, table: Mapping[str, Any]) -> None:
        """At Ray's table of the group."""
        if table["state"] != "CREATED":
            if not self.waiting and table["state"] != "REMOVED":
                self.say(LOST.format(self.patience_s))
            self.waiting = True
            return
        where = dict(table["bundles_to_node_id"])
        if self.where and where != self.where:
            self.say(BACK)
        self.where, self.waiting = where, False


def _prefix(training: str) -> str:
    return f"inplay-training/{training}"


def _live(prefix: str) -> dict[str, str]:
    """State by identifier of the groups that hold or ask for resources."""
    table = placement_group_table()
    return {
        identifier: group["state"]
        for identifier, group in table.items()
        if group["name"].startswith(prefix) and group["state"] != "REMOVED"
    }


def _remove(prefix: str) -> int:
    if not ray.is_initialized():
        return 0
    found = _live(prefix)
    for identifier in found:
        remove_placement_group(PlacementGroup(ray.PlacementGroupID(bytes.fromhex(identifier))))
    return len(found)


def _words(bundles: Sequence[Bundle], names: Sequence[str]) -> str:
    """Sums by resource, without Ray's own bookkeeping."""
    return ", ".join(f"{sum(bundle.get(name, 0) for bundle in bundles):g} {name}" for name in names)
