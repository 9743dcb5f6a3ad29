"""Garbage collection: finds machines that leaked and destroys them; runs anywhere, with nothing but a token.

What is reaped: a machine past its deadline, which a head has only until `ray up` has set it up, or by `max_hours`; a
worker whose cluster has no head, an orphan; a machine that never got its tags, and so no firewall. Then networks,
firewalls and keys of clusters that have had no machine for a while. Strangers' machines are never looked at twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cluster import names
from cluster.api import NOT_FOUND, DigitalOcean
from cluster.clock import Clock
from cluster.errors import ApiError, LeftoverError
from cluster.machines import Machine, list_machines
from cluster.network import remove_idle_foundations

ORPHAN_AFTER_S = 900.0
"""A head is listed long before its first worker is asked for; this covers one that is being replaced."""
UNGUARDED_AFTER_S = 1_800.0
GONE_LOOKS, GONE_PAUSE_S = 60, 5.0
TEARDOWN_ROUNDS = 5


@dataclass(frozen=True)
class Condemned:
    """A machine to destroy and why."""

    machine: Machine
    reason: str


def condemn(machines: Iterable[Machine], now_s: float, cluster: str | None = None) -> list[Condemned]:
    """The machines of ours that nobody needs.

    Args:
        machines: all of the account, strangers' too.
        now_s: seconds since 1970.
        cluster: only of that cluster; all of ours without it.
    """
    ours = [each for each in machines if each.name is not None and cluster in (None, each.name.cluster)]
    with_head = {
        each.name.cluster
        for each in ours
        if each.name and each.name.role == "head" and each.status in ("new", "active")
    }
    found = []
    for each in ours:
        reason = _reason(each, now_s, with_head)
        if reason:
            found.append(Condemned(each, reason))
    return found


def reap(api: DigitalOcean, condemned: Iterable[Condemned], clock: Clock) -> list[Condemned]:
    """The condemned machines are gone, each proven by asking for it.

    Raises:
        LeftoverError: naming those that are still there after several minutes; the others are gone.
    """
    todo = sorted(condemned, key=lambda each: not each.machine.is_head())  # a head would replace its workers
    refusals: dict[int, str] = {}
    left = todo
    for _ in range(GONE_LOOKS):
        for each in left:
            try:
                api.delete(f"droplets/{each.machine.id}")
            except ApiError as error:
                refusals[each.machine.id] = str(error)  # asked again in the next round, and told at the end
        left = [each for each in left if _is_there(api, each.machine.id)]
        if not left:
            return todo
        clock.sleep(GONE_PAUSE_S)
    told = ", ".join(f"{each.machine.label} {refusals.get(each.machine.id, '')}".strip() for each in left)
    raise LeftoverError(
        f"Still there and still costing money: {told}. Reap again, or destroy them in the control panel."
    )


def sweep(api: DigitalOcean, clock: Clock, cluster: str | None = None) -> list[Condemned]:
    """What was reaped; nothing is left of clusters that have no machine and whose network is old.

    Raises:
        ApiError: when the machines can't be listed.
        LeftoverError: naming what could not be removed.
    """
    machines = list_machines(api)  # before the time is asked for, which comes with the answer
    reaped = reap(api, condemn(machines, api.now_s(), cluster), clock)
    remove_idle_foundations(api, {each.name.cluster for each in list_machines(api) if each.name}, clock, cluster)
    return reaped


def destroy_cluster(
    api: DigitalOcean, cluster: str, clock: Clock, look: Callable[[], list[Machine]] | None = None
) -> list[Condemned]:
    """No machine of the cluster is listed, twice in a row: one empty list may be an old one.

    Args:
        api: of the account.
        cluster: whose machines go, whatever their deadlines.
        clock: for pauses.
        look: lists its machines first, such as one that keeps books.

    Returns:
        What was destroyed.

    Raises:
        LeftoverError: when machines appear as often as they are destroyed.
    """
    destroyed: list[Condemned] = []
    for _ in range(TEARDOWN_ROUNDS):
        machines = look() if look else []
        machines = machines or [each for each in list_machines(api) if each.of(cluster)]
        if not machines:
            return destroyed
        destroyed += reap(api, [Condemned(machine, "the cluster is taken down") for machine in machines], clock)
    raise LeftoverError(
        f"Machines of {cluster} appear as often as they are destroyed. Stop what makes them, and reap again."
    )


def _reason(machine: Machine, now_s: float, with_head: set[str]) -> str:
    age_s = now_s - machine.created_at_s
    if machine.deadline_s is not None and now_s > machine.deadline_s:
        late = f"past its deadline by {(now_s - machine.deadline_s) / 60:.0f} min"
        return f"never set up by `ray up`, and {late}" if machine.unfinished else late
    if machine.name is None:
        return ""
    if not machine.is_head() and machine.name.cluster not in with_head and age_s > ORPHAN_AFTER_S:
        return "its cluster has no head"
    # Data may lie on a head, so it goes only if none of its tags is there; one may have been removed by hand.
    tagged = machine.guarded() or (
        machine.is_head() and any(names.is_tag_of(each, machine.name.cluster) for each in machine.tags)
    )
    if not tagged and age_s > UNGUARDED_AFTER_S:
        return "its tags, and so its firewall, never came"
    return ""


def _is_there(api: DigitalOcean, number: int) -> bool:
    try:
        api.get(f"droplets/{number}")
    except ApiError as error:
        return error.status != NOT_FOUND  # any other answer doesn't say that it is gone
    return True
