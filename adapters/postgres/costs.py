"""`costs`: what running the platform costs, as its owner entered it; nothing in it is ever changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from adapters.postgres.machine_events import MachineEvents
from adapters.postgres.pool import Cursor, Pool, transaction
from adapters.spend.costs import E6, MachineLife, lives, month_of
from trading.accounting.costs import Cost, Kind, NewCost, by_kind, require_period, same
from trading.errors import ConfigurationError

COLUMNS = "kind, first_day, last_day, amount_usd_e6, note, hours_e3, counters"


ON_RECORD: tuple[Kind, ...] = ("machines", "gpu")
"""Kinds that the starts and stops of machines tell of too."""


class CostLedger:
    """Writer and reader of `costs`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def add(self, cost: NewCost, at: datetime, *, again: bool = False) -> Cost:
        """The cost is on record.

        Args:
            cost: that isn't a counter-entry.
            at: now.
            again: an entry that says the same is on record, and this is another cost.

        Raises:
            ConfigurationError: when the period can't be, or the same was entered before and not taken back, or the
                starts and stops of machines tell of it already. Nothing is entered then.
        """
        require_period(cost.first, cost.last)
        with transaction(self._pool) as cursor:
            cursor.execute("LOCK TABLE costs IN SHARE ROW EXCLUSIVE MODE")
            before = next((one for one in _all(cursor) if one.counts and same(one, cost)), None)
            if before is not None and not again:
                raise ConfigurationError(
                    f"Entry {before.number} says the same: {_words(before)}. Nothing was entered. If this is another "
                    "cost, repeat the command with --again."
                )
            if not again:
                self._require_not_on_record(cost, at)
            return _insert(cursor, cost, at)

    def counter(self, number: int, note: str, at: datetime) -> Cost:
        """The entry is taken back by another one of the same amount below zero.

        Raises:
            ConfigurationError: when there is no such entry, it is a counter-entry itself, or was taken back before.
        """
        with transaction(self._pool) as cursor:
            cursor.execute("LOCK TABLE costs IN SHARE ROW EXCLUSIVE MODE")
            found = {one.number: one for one in _all(cursor)}.get(number)
            if found is None:
                raise ConfigurationError(f"There is no entry {number}. Nothing was entered. See `inplay costs list`.")
            if found.counters is not None:
                raise ConfigurationError(
                    f"Entry {number} takes back entry {found.counters}. Nothing was entered. Enter the cost again "
                    "with `inplay costs add` if it is one after all."
                )
            if found.countered_by is not None:
                raise ConfigurationError(
                    f"Entry {number} was taken back by entry {found.countered_by} already. Nothing was entered."
                )
            back = NewCost(
                kind=found.kind, first=found.first, last=found.last, amount_usd_e6=-found.amount_usd_e6, note=note,
                hours_e3=found.hours_e3, counters=number,
            )  # fmt: skip
            return _insert(cursor, back, at)

    def all(self) -> list[Cost]:
        """Every entry, the first one first."""
        with transaction(self._pool) as cursor:
            return _all(cursor)

    def _require_not_on_record(self, cost: NewCost, at: datetime) -> None:
        if cost.kind not in ON_RECORD:
            return
        known = machine_costs(self._pool, cost.first, cost.last, at).get(cost.kind, 0)
        if known:
            raise ConfigurationError(
                f"Starts and stops of machines on record tell of ${known / E6:,.2f} for {cost.kind} from {cost.first} "
                f"to {cost.last}, which reports count already. Nothing was entered. If these are other machines, "
                "repeat the command with --again."
            )


def machine_costs(pool: Pool, first: date, last: date, until: datetime) -> dict[Kind, int]:
    """What machines on record cost on the days (UTC) from `first` to `last`, in millionths of a dollar.

    Args:
        pool: of the record.
        first: of the days, which counts.
        last: of the days, which counts.
        until: now: nothing later is a cost yet.

    Returns:
        By kind: sizes with a GPU are `gpu`, all others `machines`; a kind without a machine is left out.
    """
    start = datetime.combine(first, time(), UTC)
    end = min(datetime.combine(last + timedelta(days=1), time(), UTC), until)
    found: dict[Kind, int] = {}
    for life in lives(MachineEvents(pool).load(start)):
        if life.start.at < end:
            kind: Kind = "gpu" if life.has_gpu else "machines"
            found[kind] = found.get(kind, 0) + round(_cost_usd(life, start, end) * E6)
    return found


def costs_between(pool: Pool, first: date, last: date, until: datetime) -> dict[Kind, int]:
    """What everything on record cost on the days from `first` to `last`, by kind, in millionths of a dollar.

    Empty where nothing is on record for these days: nobody said that they cost nothing.
    """
    entered = by_kind(CostLedger(pool).all(), first, last)
    machines = machine_costs(pool, first, last, until)
    kinds = [*entered, *(kind for kind in machines if kind not in entered)]
    return {kind: entered.get(kind, 0) + machines.get(kind, 0) for kind in kinds}


def _cost_usd(life: MachineLife, start: datetime, end: datetime) -> float:
    """Month by month, since a month of a machine has a highest price."""
    total, at = 0.0, start
    while at < end:
        until = min(month_of(at)[1], end)
        total += life.cost_usd(at, until)
        at = until
    return total


def _insert(cursor: Cursor, cost: NewCost, at: datetime) -> Cost:
    values = [
        cost.kind, cost.first, cost.last, cost.amount_usd_e6, cost.note, cost.hours_e3, cost.counters, at,
    ]  # fmt: skip
    cursor.execute(
        f"INSERT INTO costs ({COLUMNS}, entered_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING number",  # noqa: S608 - constants
        values,
    )
    (number,) = cursor.fetchone() or (0,)
    return Cost(
        cost.kind, cost.first, cost.last, cost.amount_usd_e6, note=cost.note, hours_e3=cost.hours_e3,
        counters=cost.counters, number=int(number),
    )  # fmt: skip


def _all(cursor: Cursor) -> list[Cost]:
    cursor.execute(f"SELECT {COLUMNS}, number FROM costs ORDER BY number")  # noqa: S608 - constants
    rows = [
        Cost(kind, first, last, amount, note=note, hours_e3=hours, counters=counters, number=number)
        for kind, first, last, amount, note, hours, counters, number in cursor.fetchall()
    ]
    taken = {one.counters: one.number for one in rows if one.counters is not None}
    return [replace(one, countered_by=taken.get(one.number)) for one in rows]


def _words(cost: Cost) -> str:
    return f"${cost.amount_usd_e6 / E6:,.2f} for {cost.kind}, {cost.first} to {cost.last}"
