"""Stops of machines in the records of costs: those of a reaper, and those that a process that died left open."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace

from cluster.errors import ApiError
from cluster.machines import Machine
from cluster.names import Role
from cluster.spend_ledger import SpendLedger, ledger_path
from cluster.spend_lines import Entry, Event

log = logging.getLogger(__name__)


def close_stops(ledger: SpendLedger, known: Container[int], is_gone: Callable[[int], bool]) -> None:
    """What another process began to destroy, and is gone, is booked as stopped when that was begun.

    Args:
        ledger: of the cluster.
        known: numbers of machines that are listed; one that is to be destroyed may refuse to go.
        is_gone: asks DigitalOcean for a machine, twice.
    """
    for entry in ledger.open_stops():
        if entry.machine_id in known:
            continue
        try:
            gone = is_gone(entry.machine_id)
        except ApiError as error:
            log.warning("whether %s is gone can't be said, so its stop isn't booked yet: %s", entry.label, error)
            continue
        if gone:
            ledger.record(replace(entry, event="stopped"))


@dataclass(frozen=True)
class StopBooks:
    """Books the stops of machines whose cluster has a record here; of others there is none to keep right.

    Attributes:
        now_s: the time, in seconds since 1970.
        folder: of the records, as `provider.ledger_folder` has it by default.
    """

    now_s: Callable[[], float]
    folder: str = "~/.inplay"
    _ledgers: dict[str, SpendLedger] = field(default_factory=dict)

    def __call__(self, event: Event, machine: Machine) -> None:
        """The stop, begun or done, is on record. Never fails: no bookkeeping stands before destroying."""
        if machine.name is None:
            return
        path, cluster = ledger_path(self.folder, machine.name.cluster), machine.name.cluster
        try:
            if not path.exists():
                return
        except OSError:
            return
        ledger = self._ledgers.setdefault(cluster, SpendLedger(path))
        role: Role = machine.name.role
        prices = machine.price_usd_per_h, machine.price_usd_per_month
        ledger.record(Entry(event, self.now_s(), machine.id, machine.label, role, machine.size, *prices))
