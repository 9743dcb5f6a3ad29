"""The machines of one cluster: seen as a whole, made exactly once, destroyed until gone.

Assumptions, each broken by the API at some time:
- A list may be old. A machine that was known and isn't listed is asked for by its number before it counts as gone.
- An answer may be lost. A machine is named after what asked for it, and looked for before it is asked for again.
- Tags come late. What was asked for is remembered here until they show.
- Two may create at once. Of machines of one name the lowest number stays, whoever looks.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterable, Mapping

from cluster import names
from cluster.api import NOT_FOUND, TOO_MANY, DigitalOcean, quoted
from cluster.breaker import CapacityBreaker, is_over_limit, is_sold_out
from cluster.catalogue import Catalogue, Size
from cluster.clock import Clock
from cluster.cost import HOUR_S, Running, refuse_over_cap
from cluster.errors import ApiError, BookingError, CapacityError, ClusterError, UnknownOutcomeError
from cluster.launch import Launch
from cluster.machines import Machine, list_machines, read_machine
from cluster.names import Role
from cluster.network import Foundation, lay_foundation
from cluster.spec import ClusterSpec
from cluster.spend_ledger import Entry, Event, SpendLedger, month_of
from cluster.stops import close_stops

log = logging.getLogger(__name__)

LOOKS, LOOK_PAUSE_S = 4, 3.0
POSTS = 4
"""How often a machine is asked for at most; a 429 should have made none, and it is looked for all the same."""
GONE_LOOKS, GONE_PAUSE_S = 15, 2.0
ACCOUNT = "the account"


class Fleet:
    """The machines of a cluster.

    Thread-safe: one lock guards what is known, and whoever reads or changes the account holds it, so that two threads
    can't both find room under the spend cap.
    """

    def __init__(
        self, api: DigitalOcean, spec: ClusterSpec, clock: Clock, ledger: SpendLedger, breaker: CapacityBreaker
    ) -> None:
        self._api = api
        self._spec = spec
        self._clock = clock
        self._ledger = ledger
        self._breaker = breaker
        self._lock = threading.RLock()
        self._known: dict[int, Machine] = {}
        self._asked_tags: dict[str, frozenset[str]] = {}
        self._gone: set[int] = set()

    def refresh(self) -> list[Machine]:
        """Every machine of the cluster that isn't gone, lowest number first.

        Raises:
            ApiError: when that can't be said for certain; what was known before stays.
        """
        with self._lock:
            listed = {each.id: each for each in list_machines(self._api) if each.of(self._spec.name)}
            seen = {number: each for number, each in listed.items() if number not in self._gone}
            for number in sorted(set(self._known) - set(seen)):
                found = self._ask(number) or self._ask_again(number)
                if found is None:
                    self._forget(self._known[number])
                else:
                    seen[number] = found
            self._known = seen
            self._drop_doubles()
            self._keep_books()
            close_stops(self._ledger, self._known, lambda number: not (self._ask(number) or self._ask_again(number)))
            return [self._known[number] for number in sorted(self._known)]

    def known(self, number: int) -> Machine | None:
        """The machine as it was last seen, or None."""
        with self._lock:
            return self._known.get(number)

    def tags(self, machine: Machine) -> frozenset[str]:
        """Its tags, or those that it was created with as long as they don't show."""
        with self._lock:
            return machine.tags if machine.guarded() else self._asked_tags.get(machine.label, machine.tags)

    def create(self, launch: Launch) -> list[Machine]:
        """The machines of the launch are there, each once: found, or made, on the first size that can be had.

        Raises:
            BookingError: their cost could not be booked; none was made, or it was destroyed again.
            SpendCapError: they would cost too much; none was made.
            CapacityError: none can be had now.
            ApiError: none could be made.
        """
        with self._lock:
            wanted = [str(name) for name in launch.machine_names(self._spec.name)]
            there = {each.label: each for each in reversed(self.refresh())}  # of doubles, the first
            missing = [label for label in wanted if label not in there]
            if not missing:
                return [there[label] for label in wanted]
            self._ledger.reserve()
            try:
                made, failure = self._create_missing(launch, missing)
            finally:
                self._ledger.release()
            made |= {label: there[label] for label in wanted if label in there}
            if failure is not None and not made:
                raise failure
            if failure is not None:
                log.warning("%s of %s machines are there: %s", len(made), len(wanted), failure)
            return [made[label] for label in wanted if label in made]

    def finish(self, number: int) -> None:
        """The head is set up: it stays beyond the time that setting it up may take.

        Raises:
            ApiError: when its tag could not be removed; the reaper would destroy it at the tag's deadline.
        """
        with self._lock:
            machine = self._known.get(number) or self._ask(number)
            if machine is None or machine.name is None or machine.name.role != "head":
                return
            for each in sorted(self.tags(machine)):
                if each.startswith(f"{names.UNFINISHED_TAG}:{self._spec.name}:"):
                    # The tag is this head's alone, so removing it from the account takes one request and no body.
                    self._api.delete(f"tags/{quoted(each)}")
                    self._asked_tags[machine.label] = self.tags(machine) - {each}

    def destroy(self, numbers: Iterable[int], *, but_heads: bool = False) -> None:
        """The machines are gone, or going and still listed. Strangers' machines are refused.

        The head goes first: its autoscaler would replace workers, and workers without a head are reaped, should this
        process die in between.

        Args:
            numbers: of the machines.
            but_heads: heads among them stay, which is logged.

        Raises:
            ClusterError: for a machine that isn't the cluster's; nothing was destroyed.
            ApiError: when a deletion was refused.
        """
        with self._lock:
            ours = [machine for machine in map(self._owned, numbers) if machine is not None]
            if but_heads and any(each.is_head() for each in ours):
                log.error("Ray's autoscaler asked to destroy the head that it runs on; the head stays")
                ours = [machine for machine in ours if not machine.is_head()]
            for machine in sorted(ours, key=lambda each: (not each.is_head(), each.id)):
                self._book("stopping", machine, self._api.now_s())
                self._api.delete(f"droplets/{machine.id}")
            for _ in range(GONE_LOOKS):
                ours = [machine for machine in ours if not self._is_gone(machine)]
                if not ours:
                    return
                self._clock.sleep(GONE_PAUSE_S)

    def spent_this_month_usd(self) -> float:
        """By machines that run, from their listing, and by those that are gone, from the ledger."""
        with self._lock:
            now_s = self._api.now_s()
            start_s, _ = month_of(now_s)
            running = sum(each.cost_usd(start_s, now_s) for each in map(self._running, self._known.values()))
            return running + self._ledger.gone_usd(start_s, now_s, self._known)

    def _create_missing(self, launch: Launch, missing: list[str]) -> tuple[dict[str, Machine], ClusterError | None]:
        """The machines that were made, by name, and the latest failure."""
        catalogue = Catalogue(self._api.list_all("sizes", "sizes"))
        made: dict[str, Machine] = {}
        failure: ClusterError | None = None
        for slug in (launch.node.size, *launch.node.fallback_sizes):
            failure = self._create_on(catalogue.size(slug), launch, missing, made)
            missing = [label for label in missing if label not in made]
            if not missing or not isinstance(failure, CapacityError):
                break
        return made, failure

    def _create_on(
        self, size: Size, launch: Launch, missing: list[str], made: dict[str, Machine]
    ) -> ClusterError | None:
        """The first failure, or None; what was made is in `made`. One request each, so that each has one outcome."""
        self._refuse_over_cap(size, launch, len(missing))
        region = self._spec.region
        foundation: Foundation | None = None
        for label in missing:
            closed_s = max(self._breaker.open_for_s(size.slug, region), self._breaker.open_for_s(ACCOUNT, ""))
            if closed_s or not size.sold_in(region):
                when = f"isn't asked for for another {closed_s:.0f} s" if closed_s else "isn't sold there now"
                return CapacityError(
                    f"{size.slug} can't be had in {region}: it {when}. No machine was created. The autoscaler asks "
                    "again by itself; `fallback_sizes` would give it a choice."
                )
            try:
                self._ledger.reserve()
                foundation = foundation or lay_foundation(self._api, self._spec, self._clock)
                made[label] = self._create_one(size, launch, foundation, label)
            except BookingError as error:
                return error
            except ApiError as error:
                return self._judged(error, size)
            self._breaker.reset(size.slug, region)
        return None

    def _create_one(self, size: Size, launch: Launch, foundation: Foundation, label: str) -> Machine:
        tags = launch.tags(self._spec.name, self._api.now_s())
        self._asked_tags[label] = frozenset(tags)
        body = {
            "name": label,
            "region": self._spec.region,
            "size": size.slug,
            "image": launch.node.image,
            "ssh_keys": [foundation.ssh_key_id],
            "vpc_uuid": foundation.vpc_uuid,
            "tags": tags,
            "monitoring": True,
        }
        machine = self._made_once(body, label)
        self._known[machine.id] = machine
        if not self._book("started", machine, machine.created_at_s):
            self._take_back(machine)
        return machine

    def _made_once(self, body: Mapping[str, object], label: str) -> Machine:
        """The machine, asked for again only when a lost answer made none, as far as lists tell.

        Raises:
            UnknownOutcomeError: when there may be one all the same.
            ApiError: when it was refused, and nothing can have been made before.
        """
        failed: ApiError
        doubt: ApiError | None = None
        for _ in range(POSTS):
            try:
                return self._post(body)
            except UnknownOutcomeError as lost:
                failed, looks = lost, LOOKS
            except ApiError as refused:
                failed, looks = refused, 1
                if doubt is None and refused.status != TOO_MANY:
                    raise
            found = self._look_for(label, looks)
            if found is not None:
                return found
            if doubt is not None:  # the first may be what the second was refused for
                raise UnknownOutcomeError(f"{doubt} Asked again: {failed}", status=failed.status, body=failed.body)
            doubt = failed if isinstance(failed, UnknownOutcomeError) else None
        raise failed

    def _take_back(self, machine: Machine) -> None:
        """The machine whose start can't be booked is destroyed. Raises: BookingError always, saying what is there."""
        what = f"{machine.label} (number {machine.id}, ${machine.price_usd_per_h:.2f}/h) was created, and its start"
        what += f" could not be booked in {self._ledger.path}."
        try:
            self.destroy([machine.id])
        except ClusterError as error:
            raise BookingError(
                f"{what} It could not be destroyed either: {error} It runs and is billed; `inplay cluster reap "
                f"--cluster {self._spec.name} --all` destroys the whole cluster, the control panel this machine."
            ) from None
        gone = "is destroyed again" if machine.id in self._gone else "is being destroyed; it is listed until it is gone"
        raise BookingError(f"{what} It {gone}. What else runs goes on. Make room on the disk, and repeat it.")

    def _post(self, body: Mapping[str, object]) -> Machine:
        answer = self._api.post("droplets", body, repeat=False).body.get("droplet")
        if not isinstance(answer, dict):
            raise UnknownOutcomeError(
                "DigitalOcean accepted a machine without describing it; look before asking again."
            )
        return read_machine(answer)

    def _look_for(self, label: str, looks: int) -> Machine | None:
        """The machine that a lost answer made, if it was made; given time to appear."""
        for _ in range(looks):
            self._clock.sleep(LOOK_PAUSE_S)
            found = [each for each in list_machines(self._api) if each.label == label and each.id not in self._gone]
            if found:
                return found[0]
        return None

    def _judged(self, error: ApiError, size: Size) -> ClusterError:
        """A refusal for want of machines, remembered as such; any other failure as it is."""
        if is_over_limit(error.status, error.body):
            cooldown_s = self._breaker.trip(ACCOUNT, "")
            return CapacityError(
                f"The account may have no more machines: {error} No machine was created. Ask DigitalOcean for a "
                f"higher limit, or destroy others; asked again in {cooldown_s:.0f} s at the earliest."
            )
        if is_sold_out(error.status, error.body):
            cooldown_s = self._breaker.trip(size.slug, self._spec.region)
            elsewhere = (error.body.get("error_attributes") or {}).get("available_regions") or ()
            hint = f" It can be had in {', '.join(map(str, elsewhere))}." if elsewhere else ""
            return CapacityError(
                f"{size.slug} is sold out in {self._spec.region}: {error}{hint} No machine was created; asked again "
                f"in {cooldown_s:.0f} s at the earliest."
            )
        return error

    def _refuse_over_cap(self, size: Size, launch: Launch, count: int) -> None:
        now_s = self._api.now_s()
        until_s = now_s + launch.node.max_hours * HOUR_S
        prices = (size.price_usd_per_h, size.price_usd_per_month)
        refuse_over_cap(
            self._spec.caps,
            [self._running(each) for each in self._known.values()],
            [Running(size.slug, launch.role, *prices, now_s, until_s)] * count,
            now_s=now_s,
            month_end_s=month_of(now_s)[1],
            spent_this_month_usd=self.spent_this_month_usd(),
        )

    def _running(self, machine: Machine) -> Running:
        role: Role = machine.name.role if machine.name else "worker"
        # The deadline of an unfinished head isn't one for its costs: it is meant to stay.
        deadline = names.tag_value(self.tags(machine), names.DEADLINE_TAG, self._spec.name)
        until_s = float(deadline) if deadline and deadline.isdigit() else math.inf
        prices = (machine.price_usd_per_h, machine.price_usd_per_month)
        if until_s <= self._api.now_s():
            until_s = math.inf  # still there past its deadline, so it goes on costing money
        return Running(machine.label, role, *prices, machine.created_at_s, until_s)

    def _ask(self, number: int) -> Machine | None:
        try:
            found = read_machine(self._api.get(f"droplets/{number}").body["droplet"])
        except ApiError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return found if found.status != "archive" else None

    def _ask_again(self, number: int) -> Machine | None:
        """The second look: one answer that a machine isn't there would make another in its place."""
        self._clock.sleep(GONE_PAUSE_S)
        return self._ask(number)

    def _owned(self, number: int) -> Machine | None:
        if number in self._gone:
            return None
        machine = self._known.get(number) or self._ask(number)
        if machine is not None and not machine.of(self._spec.name):
            raise ClusterError(
                f"The machine {number} ({machine.label}) isn't one of the cluster {self._spec.name}. It was left "
                "alone, and nothing else was destroyed."
            )
        return machine

    def _is_gone(self, machine: Machine) -> bool:
        if self._ask(machine.id) is not None:
            return False
        self._forget(machine)
        return True

    def _forget(self, machine: Machine) -> None:
        self._gone.add(machine.id)
        self._known.pop(machine.id, None)
        self._book("stopped", machine, self._api.now_s())

    def _drop_doubles(self) -> None:
        first: dict[str, int] = {}
        for number in sorted(self._known):
            label = self._known[number].label
            if label in first:
                self._book("stopping", self._known[number], self._api.now_s())
                self._api.delete(f"droplets/{number}")
            else:
                first[label] = number
        doubles = [self._known[number] for number in self._known if number not in first.values()]
        for machine in doubles:
            if self._ask(machine.id) is None:
                self._forget(machine)

    def _keep_books(self) -> None:
        for machine in self._known.values():
            self._book("started", machine, machine.created_at_s)

    def book_stop(self, event: Event, machine: Machine) -> None:
        """That a machine is about to be destroyed, or gone, is on record; see `cluster.reaper.reap`."""
        with self._lock:
            self._book(event, machine, self._api.now_s())

    def _book(self, event: Event, machine: Machine, at_s: float) -> bool:
        """Whether it is on record; else it waits to be."""
        role: Role = machine.name.role if machine.name else "worker"
        prices = (machine.price_usd_per_h, machine.price_usd_per_month)
        return self._ledger.record(Entry(event, at_s, machine.id, machine.label, role, machine.size, *prices))
