"""Finds machines that nobody needs any more and destroys them; runs anywhere, with nothing but a token.

What is reaped: a machine past its deadline; a worker whose cluster has no head; a worker that never got its tags, and
so no firewall. Strangers' machines are never looked at twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cluster.api import NOT_FOUND, DigitalOcean
from cluster.clock import Clock
from cluster.errors import ApiError, LeftoverError
from cluster.machines import Machine, list_machines

ORPHAN_AFTER_S = 900.0
"""A head is listed long before its first worker is asked for; this covers one that is being replaced."""
UNGUARDED_AFTER_S = 1_800.0
GONE_LOOKS, GONE_PAUSE_S = 60, 5.0


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
    todo = list(condemned)
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
    """What was reaped. Raises: ApiError when the machines can't be listed; LeftoverError."""
    return reap(api, condemn(list_machines(api), clock.now_s(), cluster), clock)


def _reason(machine: Machine, now_s: float, with_head: set[str]) -> str:
    age_s = now_s - machine.created_at_s
    if machine.deadline_s is not None and now_s > machine.deadline_s:
        return f"past its deadline by {(now_s - machine.deadline_s) / 60:.0f} min"
    if machine.name is None or machine.name.role == "head":
        return ""
    if machine.name.cluster not in with_head and age_s > ORPHAN_AFTER_S:
        return "its cluster has no head"
    if not machine.guarded() and age_s > UNGUARDED_AFTER_S:
        return "its tags, and so its firewall, never came"
    return ""


def _is_there(api: DigitalOcean, number: int) -> bool:
    try:
        api.get(f"droplets/{number}")
    except ApiError as error:
        return error.status != NOT_FOUND  # any other answer doesn't say that it is gone
    return True
