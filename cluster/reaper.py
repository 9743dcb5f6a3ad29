"""Garbage collection: finds machines that leaked and destroys them; runs anywhere, with nothing but a token.

What is reaped: a machine past its deadline, which a head has only until `ray up` has set it up, or by `max_hours`; a
worker whose cluster has no head, an orphan; a machine that never got its tags, and so no firewall. Then networks,
firewalls and keys of clusters that have had no machine for a while. Strangers' machines are never looked at twice.

Nothing is destroyed after one look. A list may be old, so the second follows `LOOK_AGAIN_S` later. An orphan's head
must have been missing for `ORPHAN_AFTER_S`, however old the worker is. A head that is off is there: it may be in the
middle of a power cycle, a snapshot or a resize. It is named instead, since it is billed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from cluster import names
from cluster.absences import Absences
from cluster.api import NOT_FOUND, DigitalOcean
from cluster.clock import Clock
from cluster.errors import ApiError, LeftoverError
from cluster.machines import Machine, list_machines
from cluster.network import idle_clusters, remove_idle_foundations
from cluster.spend_lines import Event

LOOK_AGAIN_S = 25.0
"""Between two looks; lists were seen that were 20 s old."""
ORPHAN_AFTER_S = 900.0
"""How long a head must be missing; this covers one that is being replaced."""
HEADLESS = "its cluster has no head"
UNGUARDED_AFTER_S = 1_800.0
GONE_LOOKS, GONE_PAUSE_S = 60, 5.0
TEARDOWN_ROUNDS = 5


@dataclass(frozen=True)
class Condemned:
    """A machine to destroy and why."""

    machine: Machine
    reason: str


@dataclass(frozen=True)
class Swept:
    """What a sweep found.

    Attributes:
        reaped: destroyed, each proven.
        waiting: workers whose head is missing, and not yet for long enough.
        off: heads that are off, and billed.
    """

    reaped: list[Condemned]
    waiting: list[Condemned]
    off: list[Machine]


def condemn(machines: Iterable[Machine], now_s: float, cluster: str | None = None) -> list[Condemned]:
    """The machines of ours that nobody needs, by one look.

    Args:
        machines: all of the account, strangers' too.
        now_s: seconds since 1970.
        cluster: only of that cluster; all of ours without it.
    """
    ours = [each for each in machines if each.name is not None and cluster in (None, each.name.cluster)]
    with_head = {
        each.name.cluster for each in ours if each.name and each.is_head() and each.status in ("new", "active", "off")
    }
    found = []
    for each in ours:
        reason = _reason(each, now_s, with_head)
        if reason:
            found.append(Condemned(each, reason))
    return found


BookStop = Callable[[Event, Machine], None]
"""Books `stopping` before a machine is asked to go, and `stopped` once it is gone; never fails."""


def no_books(_event: Event, _machine: Machine) -> None:
    """Where nobody keeps books."""


def reap(api: DigitalOcean, condemned: Iterable[Condemned], clock: Clock, book: BookStop = no_books) -> list[Condemned]:
    """The condemned machines are gone, each proven by asking for it.

    Args:
        api: of the account.
        condemned: machines to destroy.
        clock: for pauses.
        book: where stops are booked. Should this process die in between, the next refresh finishes the entry.

    Raises:
        LeftoverError: naming those that are still there after several minutes; the others are gone.
    """
    todo = sorted(condemned, key=lambda each: not each.machine.is_head())  # a head would replace its workers
    refusals: dict[int, str] = {}
    left = todo
    for each in todo:
        book("stopping", each.machine)
    for _ in range(GONE_LOOKS):
        for each in left:
            try:
                api.delete(f"droplets/{each.machine.id}")
            except ApiError as error:
                refusals[each.machine.id] = str(error)  # asked again in the next round, and told at the end
        there = {each.machine.id for each in left if _is_there(api, each.machine.id)}
        for each in left:
            if each.machine.id not in there:
                book("stopped", each.machine)
        left = [each for each in left if each.machine.id in there]
        if not left:
            return todo
        clock.sleep(GONE_PAUSE_S)
    told = ", ".join(f"{each.machine.label} {refusals.get(each.machine.id, '')}".strip() for each in left)
    raise LeftoverError(
        f"Still there and still costing money: {told}. Reap again, or destroy them in the control panel."
    )


def off_heads(machines: Iterable[Machine], cluster: str | None = None) -> list[Machine]:
    """The heads of ours that are switched off, which DigitalOcean bills like any other machine."""
    return [
        each
        for each in machines
        if each.name and each.is_head() and each.status == "off" and cluster in (None, each.name.cluster)
    ]


def sweep(api: DigitalOcean, clock: Clock, cluster: str | None = None) -> list[Condemned]:
    """As `sweep_noted` without notes, so that it waits here when a head is missing. Returns: what was reaped."""
    return sweep_noted(api, clock, Absences(), cluster).reaped


def sweep_noted(
    api: DigitalOcean, clock: Clock, absences: Absences, cluster: str | None = None, *, book: BookStop = no_books
) -> Swept:
    """What two looks found that nobody needs is gone, and so is what clusters without machines left behind.

    Args:
        api: of the account.
        clock: for pauses.
        absences: of heads, from earlier runs; where they can't be kept, the second look follows in this run.
        cluster: only of that one; all of ours without it.
        book: where stops are booked.

    Raises:
        ApiError: when the machines can't be listed.
        LeftoverError: naming what could not be removed.
    """
    machines = list_machines(api)  # before the time is asked for, which comes with the answer
    looked = list(machines)
    suspected = condemn(machines, api.now_s(), cluster)
    missing_s = absences.note(_headless(machines), api.now_s())
    certain: list[Condemned] = []
    if suspected:
        waits = not absences.kept and any(_is_early(each, missing_s) for each in suspected)
        clock.sleep(ORPHAN_AFTER_S if waits else LOOK_AGAIN_S)
        machines = list_machines(api)
        looked += machines
        numbers = {each.machine.id for each in suspected}
        certain = [each for each in condemn(machines, api.now_s(), cluster) if each.machine.id in numbers]
        missing_s = absences.note(_headless(machines), api.now_s())
    due = [each for each in certain if not _is_early(each, missing_s)]
    reaped = reap(api, due, clock, book)
    # What was reaped is proven gone; what was seen otherwise may only be missing from the latest list.
    gone = {each.machine.id for each in reaped}
    busy = _clusters(each for each in looked if each.id not in gone)
    busy |= _clusters(list_machines(api))
    if idle_clusters(api, busy, cluster):
        clock.sleep(LOOK_AGAIN_S)
        remove_idle_foundations(api, busy | _clusters(list_machines(api)), clock, cluster)
    return Swept(reaped, [each for each in certain if each not in due], off_heads(machines, cluster))


def _with_head(machines: Iterable[Machine]) -> set[str]:
    """The clusters whose head is there, be it off."""
    return _clusters(each for each in machines if each.is_head() and each.status in ("new", "active", "off"))


def _headless(machines: Collection[Machine]) -> set[str]:
    """The clusters, of all, that have workers and no head."""
    return _clusters(each for each in machines if not each.is_head()) - _with_head(machines)


def _is_early(condemned: Condemned, missing_s: Mapping[str, float]) -> bool:
    """Whether it is an orphan whose head may be coming back yet."""
    name = condemned.machine.name
    return condemned.reason == HEADLESS and name is not None and missing_s.get(name.cluster, 0.0) < ORPHAN_AFTER_S


def _clusters(machines: Iterable[Machine]) -> set[str]:
    return {each.name.cluster for each in machines if each.name}


def destroy_cluster(
    api: DigitalOcean,
    cluster: str,
    clock: Clock,
    look: Callable[[], list[Machine]] | None = None,
    *,
    but: Collection[int] = (),
    book: BookStop = no_books,
) -> list[Condemned]:
    """No machine of the cluster is listed, twice in a row: one empty list may be an old one.

    Args:
        api: of the account.
        cluster: whose machines go, whatever their deadlines.
        clock: for pauses.
        look: lists its machines first, such as one that keeps books.
        but: numbers of machines that stay.
        book: where stops are booked.

    Returns:
        What was destroyed.

    Raises:
        LeftoverError: when machines appear as often as they are destroyed.
    """
    destroyed: list[Condemned] = []
    for _ in range(TEARDOWN_ROUNDS):
        machines = [each for each in (look() if look else []) if each.id not in but]
        machines = machines or [each for each in list_machines(api) if each.of(cluster) and each.id not in but]
        if not machines:
            return destroyed
        destroyed += reap(api, [Condemned(machine, "the cluster is taken down") for machine in machines], clock, book)
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
        return HEADLESS
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
